"""`ingate resource list-deleted`, `recover` and `purge`: what was deleted less than 48 hours ago."""

from __future__ import annotations

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_text
from .lookup import ACCOUNTS, path_segment, resource_group_of, suggest
from .output import OutputFormat, output_option, print_rows, say
from .resource_fields import print_resource

PROVIDER = "providers/Microsoft.CognitiveServices"

group_option = click.option("--resource-group", "-g", metavar="NAME", help="The resource group it was in.")


@click.command("list-deleted")
@output_option
@connected
def list_deleted_resources(connection: Connection, output: OutputFormat) -> None:
    """List deleted resources that can still be recovered."""
    deleted = _list_deleted(connection)
    if not deleted:
        say("There are none.")
    rows = [
        (
            get_text(item, "name"),
            resource_group_of(item),
            get_text(item, "location"),
            get_text(item, "properties", "deletionDate"),
            get_text(item, "properties", "scheduledPurgeDate"),
        )
        for item in deleted
    ]
    print_rows(output, ("name", "resource group", "location", "deleted", "ends"), rows, deleted)


@click.command("recover")
@click.argument("name")
@group_option
@output_option
@connected
def recover_resource(connection: Connection, name: str, resource_group: str | None, output: OutputFormat) -> None:
    """Bring a deleted resource back, with its keys and deployments."""
    found = _find_deleted(connection, name, resource_group)
    group, segment = resource_group_of(found), path_segment(get_text(found, "name"))
    path = f"{connection.subscription_path()}/resourceGroups/{group}/{ACCOUNTS}/{segment}"
    body: JsonObject = {"location": get_text(found, "location"), "properties": {"restore": True}}
    _, recovered = connection.management.put(path, body)
    say(f"Recovered resource {get_text(found, 'name')}.")
    print_resource(recovered, output)


@click.command("purge")
@click.argument("name")
@group_option
@yes_option
@connected
def purge_resource(connection: Connection, name: str, resource_group: str | None, yes: bool) -> None:
    """End a deleted resource for good; its name and its quota are free then."""
    found = _find_deleted(connection, name, resource_group)
    confirm_delete(connection.invocation, f"resource {name} for good", yes=yes)
    location, group = path_segment(get_text(found, "location")), path_segment(resource_group_of(found))
    path = (
        f"{connection.subscription_path()}/{PROVIDER}/locations/{location}"
        f"/resourceGroups/{group}/deletedAccounts/{path_segment(get_text(found, 'name'))}"
    )
    if not connection.management.delete(path):
        raise CommandFailed(f"there is no deleted resource {name!r}.")
    say(f"Purged resource {name}.")


def _list_deleted(connection: Connection) -> list[JsonObject]:
    return connection.management.list(f"{connection.subscription_path()}/{PROVIDER}/deletedAccounts")


def _find_deleted(connection: Connection, name: str, resource_group: str | None) -> JsonObject:
    deleted = _list_deleted(connection)
    groups = {resource_group.lower()} if resource_group else {resource_group_of(item).lower() for item in deleted}
    matching = [
        item
        for item in deleted
        if get_text(item, "name").lower() == name.lower() and resource_group_of(item).lower() in groups
    ]
    if not matching:
        names = [get_text(item, "name") for item in deleted]
        raise CommandFailed(f"there is no deleted resource {name!r}.{suggest(name, names)}")
    if len(matching) > 1:
        raise CommandFailed(
            f"there are several deleted resources {name!r}; name its group with --resource-group: "
            + ", ".join(sorted(resource_group_of(item) for item in matching))
        )
    return matching[0]
