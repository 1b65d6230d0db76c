"""`ingate resource`: Foundry resources, each with its own keys and deployments."""

from __future__ import annotations

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_text
from .lookup import ACCOUNTS, find_resource, list_resources, path_segment, resource_group_of
from .output import OutputFormat, output_option, print_rows, say
from .resource_fields import print_resource

DEFAULT_LOCATION = "eastus2"

group_option = click.option("--resource-group", "-g", metavar="NAME", help="The resource group.")


@click.group("resource")
def resource_commands() -> None:
    """Foundry resources, each with its own keys and deployments."""


@resource_commands.command("create")
@click.argument("name")
@click.option("--location", "-l", default=DEFAULT_LOCATION, show_default=True, help="The Azure region it stands for.")
@group_option
@output_option
@connected
def create_resource(
    connection: Connection, name: str, location: str, resource_group: str | None, output: OutputFormat
) -> None:
    """Create a resource, with two keys and no deployments."""
    path = f"{connection.resource_group_path(resource_group)}/{ACCOUNTS}/{path_segment(name)}"
    body: JsonObject = {
        "location": location,
        "kind": "AIServices",
        "sku": {"name": "S0"},
        "properties": {"customSubDomainName": name, "allowProjectManagement": True},
    }
    is_new, created = connection.management.put(path, body)
    say(f"{'Created' if is_new else 'Updated'} resource {name}.")
    print_resource(created, output)


@resource_commands.command("list")
@group_option
@output_option
@connected
def show_resources(connection: Connection, resource_group: str | None, output: OutputFormat) -> None:
    """List resources."""
    resources = list_resources(connection, resource_group)
    columns = ("name", "resource group", "location", "state", "endpoint")
    rows = [
        (
            get_text(item, "name"),
            resource_group_of(item),
            get_text(item, "location"),
            get_text(item, "properties", "provisioningState"),
            get_text(item, "properties", "endpoint"),
        )
        for item in resources
    ]
    if not rows:
        say("There are no resources. Create one with: ingate resource create NAME")
    print_rows(output, columns, rows, resources)


@resource_commands.command("show")
@click.argument("name")
@group_option
@output_option
@connected
def show_resource(connection: Connection, name: str, resource_group: str | None, output: OutputFormat) -> None:
    """Show one resource."""
    print_resource(find_resource(connection, name, resource_group), output)


@resource_commands.command("delete")
@click.argument("name")
@group_option
@yes_option
@connected
def delete_resource(connection: Connection, name: str, resource_group: str | None, yes: bool) -> None:
    """Delete a resource with its keys and deployments. It can be recovered for 48 hours."""
    found = find_resource(connection, name, resource_group)
    confirm_delete(connection.invocation, f"resource {name}, its keys and its deployments", yes=yes)
    if not connection.management.delete(get_text(found, "id")):
        raise CommandFailed(f"there is no resource {name!r}.")
    say(f"Deleted resource {name}. For 48 hours this brings it back: ingate resource recover {name}")
