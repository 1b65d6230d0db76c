"""`ingate workspace`: where logs are queried, and for how long they are kept."""

from __future__ import annotations

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_text
from .log_client import WORKSPACES, find_workspace, list_workspaces
from .lookup import path_segment, resource_group_of
from .output import OutputFormat, output_option, print_fields, print_rows, say

DEFAULT_LOCATION = "eastus2"

_group_option = click.option("--resource-group", "-g", metavar="NAME", help="Its resource group.")
_days = click.IntRange(4, 730)


@click.group("workspace")
def workspace_commands() -> None:
    """Log Analytics workspaces: where logs are queried."""


@workspace_commands.command("list")
@click.option("--resource-group", "-g", metavar="NAME", help="Only those in this resource group.")
@output_option
@connected
def list_all_workspaces(connection: Connection, resource_group: str | None, output: OutputFormat) -> None:
    """List workspaces."""
    items = list_workspaces(connection, resource_group)
    if not items:
        say("There are no workspaces.")
    columns = ("name", "resource group", "customer id", "days kept")
    rows = [
        (
            get_text(item, "name"),
            resource_group_of(item),
            get_text(item, "properties", "customerId"),
            get_text(item, "properties", "retentionInDays"),
        )
        for item in items
    ]
    print_rows(output, columns, rows, items)


@workspace_commands.command("create")
@click.argument("name")
@_group_option
@click.option("--days", type=_days, default=30, show_default=True, help="For how long logs are kept.")
@click.option("--location", default=DEFAULT_LOCATION, show_default=True, metavar="REGION", help="Azure's region.")
@output_option
@connected
def create_workspace(
    connection: Connection, name: str, resource_group: str | None, days: int, location: str, output: OutputFormat
) -> None:
    """Create a workspace. Each shows the same logs; the one that keeps them longest decides when they are deleted."""
    path = f"{connection.resource_group_path(resource_group)}/{WORKSPACES}/{path_segment(name)}"
    is_new, made = connection.management.put(path, {"location": location, "properties": {"retentionInDays": days}})
    say(f"{'Created' if is_new else 'Updated'} workspace {name}.")
    _print_workspace(made, output)


@workspace_commands.command("update")
@click.argument("name")
@_group_option
@click.option("--days", type=_days, required=True, help="For how long logs are kept.")
@output_option
@connected
def update_workspace(
    connection: Connection, name: str, resource_group: str | None, days: int, output: OutputFormat
) -> None:
    """Change for how long a workspace shows logs."""
    found = find_workspace(connection, name, resource_group)
    changed = connection.management.patch(get_text(found, "id"), {"properties": {"retentionInDays": days}})
    say(f"Updated workspace {name}.")
    _print_workspace(changed, output)


def _print_workspace(item: JsonObject, output: OutputFormat) -> None:
    fields = [
        ("name", get_text(item, "name")),
        ("resource group", resource_group_of(item)),
        ("customer id", get_text(item, "properties", "customerId")),
        ("days kept", get_text(item, "properties", "retentionInDays")),
    ]
    print_fields(output, fields, item)


@workspace_commands.command("delete")
@click.argument("name")
@_group_option
@yes_option
@connected
def delete_workspace(connection: Connection, name: str, resource_group: str | None, yes: bool) -> None:
    """Delete a workspace. The logs stay as long as another one keeps them."""
    found = find_workspace(connection, name, resource_group)
    confirm_delete(connection.invocation, f"workspace {name}", yes=yes)
    if not connection.management.delete(get_text(found, "id")):
        raise CommandFailed(f"there is no workspace {name!r}.")
    say(f"Deleted workspace {name}.")
