"""`ingate role`: what roles allow. Who has them is in `role_assignment`."""

from __future__ import annotations

import uuid
from pathlib import Path

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_objects, get_text, get_texts
from .output import OutputFormat, output_option, print_fields, print_rows, say
from .role_file import read_role_file
from .role_lookup import ROLE_DEFINITIONS, find_role, list_roles, role_id, role_name
from .scope import below

CUSTOM = "CustomRole"


@click.group("role")
def role_commands() -> None:
    """Roles: what they allow, and who has them where."""


@role_commands.command("list")
@click.option("--custom", "only", flag_value="CustomRole", help="Only those made here.")
@click.option("--built-in", "only", flag_value="BuiltInRole", help="Only Azure's own.")
@output_option
@connected
def show_roles(connection: Connection, only: str | None, output: OutputFormat) -> None:
    """List roles."""
    roles = [role for role in list_roles(connection) if only in (None, get_text(role, "properties", "type"))]
    if not roles:
        say("There are none.")
    columns = ("role", "id", "type", "data actions")
    rows = [
        (role_name(role), role_id(role), get_text(role, "properties", "type"), ", ".join(_list(role, "dataActions")))
        for role in roles
    ]
    print_rows(output, columns, rows, roles)


@role_commands.command("show")
@click.argument("role")
@output_option
@connected
def show_role(connection: Connection, role: str, output: OutputFormat) -> None:
    """Show one role: by its name or its GUID."""
    _print_role(find_role(connection, role), output)


@role_commands.command("create")
@click.option(
    "--file",
    "-f",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="The role as JSON, as `az role definition create` takes it or as the REST API does.",
)
@output_option
@connected
def create_role(connection: Connection, file: Path, output: OutputFormat) -> None:
    """Create a custom role, or change the one of that name."""
    properties = read_role_file(file)
    name = get_text(properties, "roleName")
    scope = connection.subscription_path()
    properties.setdefault("assignableScopes", [scope])
    named = [role for role in list_roles(connection) if role_name(role).lower() == name.lower()]
    if any(get_text(role, "properties", "type") != CUSTOM for role in named):
        raise CommandFailed(f"{name} is one of Azure's own roles; give yours another name.")
    # The same name gives the same id: to create it twice from two machines is still one role.
    identifier = role_id(named[0]) if named else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{scope}/{name}".lower()))
    _, created = connection.management.put(
        f"{below(scope, ROLE_DEFINITIONS)}/{identifier}", {"properties": properties}
    )
    say(f"{'Updated' if named else 'Created'} role {name}.")
    _print_role(created, output)


@role_commands.command("delete")
@click.argument("role")
@yes_option
@connected
def delete_role(connection: Connection, role: str, yes: bool) -> None:
    """Delete a custom role that nobody has."""
    found = find_role(connection, role)
    confirm_delete(connection.invocation, f"role {role_name(found)}", yes=yes)
    path = f"{below(connection.subscription_path(), ROLE_DEFINITIONS)}/{role_id(found)}"
    if not connection.management.delete(path):
        raise CommandFailed(f"there is no role {role!r}.")
    say(f"Deleted role {role_name(found)}.")


def _list(role: JsonObject, member: str) -> list[str]:
    permissions = get_objects(role, "properties", "permissions")
    return [action for permission in permissions for action in get_texts(permission, member)]


def _print_role(role: JsonObject, output: OutputFormat) -> None:
    fields = [
        ("role", role_name(role)),
        ("id", role_id(role)),
        ("type", get_text(role, "properties", "type")),
        ("description", get_text(role, "properties", "description")),
    ]
    labels = ("actions", "not actions", "data actions", "not data actions")
    for label, member in zip(labels, ("actions", "notActions", "dataActions", "notDataActions"), strict=True):
        fields += [(label, action) for action in _list(role, member)]
    fields += [("assignable at", scope) for scope in get_texts(role, "properties", "assignableScopes")]
    print_fields(output, [(label, text) for label, text in fields if text], role)
