"""`ingate resource update`."""

from __future__ import annotations

import click

from .connection import Connection, connected
from .json_value import JsonObject, get_text
from .lookup import find_resource
from .output import OutputFormat, output_option, say
from .resource_fields import print_resource
from .tags import change_tags, tag_option


@click.command("update")
@click.argument("name")
@tag_option
@click.option(
    "--disable-local-auth/--enable-local-auth",
    "disable_local_auth",
    default=None,
    help="Refuse the resource's API keys, so that only Entra ID lets anybody in; or accept them again.",
)
@click.option(
    "--allow-projects/--refuse-projects",
    "allow_projects",
    default=None,
    help="Let projects be created in it, or no more.",
)
@click.option("--resource-group", "-g", metavar="NAME", help="The resource group.")
@output_option
@connected
def update_resource(
    connection: Connection,
    name: str,
    tags: tuple[tuple[str, str], ...],
    disable_local_auth: bool | None,
    allow_projects: bool | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Change a resource: what is not given stays as it is."""
    wanted = {"disableLocalAuth": disable_local_auth, "allowProjectManagement": allow_projects}
    properties: JsonObject = {member: value for member, value in wanted.items() if value is not None}
    if not tags and not properties:
        raise click.UsageError("there is nothing to change: give --tag, or what is to be allowed or not.")
    account = find_resource(connection, name, resource_group)
    body: JsonObject = {"properties": properties} if properties else {}
    if tags:
        body["tags"] = change_tags(account, tags)
    changed = connection.management.patch(get_text(account, "id"), body, etag=get_text(account, "etag"))
    say(f"Updated resource {get_text(account, 'name')}.")
    print_resource(changed, output)
