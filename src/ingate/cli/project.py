"""`ingate project`: the projects of a Foundry resource."""

from __future__ import annotations

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_object, get_text
from .lookup import find_resource, path_segment, resource_options
from .output import OutputFormat, output_option, print_fields, print_rows, say


@click.group("project")
def project_commands() -> None:
    """Projects: named parts of a resource. Claude is called on the resource."""


@project_commands.command("create")
@click.argument("name")
@click.option("--display-name", metavar="TEXT", help="What people call it.")
@click.option("--description", metavar="TEXT", help="What it is for.")
@resource_options
@output_option
@connected
def create_project(
    connection: Connection,
    name: str,
    display_name: str | None,
    description: str | None,
    resource: str | None,
    resource_group: str | None,
    output: OutputFormat,
) -> None:
    """Create a project."""
    account = find_resource(connection, resource, resource_group)
    wanted = {"displayName": display_name, "description": description}
    body: JsonObject = {
        "location": get_text(account, "location"),
        "identity": {"type": "SystemAssigned"},
        "properties": {member: value for member, value in wanted.items() if value is not None},
    }
    is_new, created = connection.management.put(_path(account, name), body)
    say(f"{'Created' if is_new else 'Updated'} project {name} of {get_text(account, 'name')}.")
    _print_project(created, output)


@project_commands.command("list")
@resource_options
@output_option
@connected
def list_projects(
    connection: Connection, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """List a resource's projects."""
    account = find_resource(connection, resource, resource_group)
    projects = connection.management.list(f"{get_text(account, 'id')}/projects")
    if not projects:
        say(f"{get_text(account, 'name')} has no projects.")
    rows = [
        (
            _short_name(item),
            get_text(item, "properties", "displayName"),
            get_text(item, "properties", "isDefault"),
            get_text(item, "properties", "provisioningState"),
        )
        for item in projects
    ]
    print_rows(output, ("name", "display name", "default", "state"), rows, projects)


@project_commands.command("show")
@click.argument("name")
@resource_options
@output_option
@connected
def show_project(
    connection: Connection, name: str, resource: str | None, resource_group: str | None, output: OutputFormat
) -> None:
    """Show one project."""
    account = find_resource(connection, resource, resource_group)
    _print_project(connection.management.get(_path(account, name)), output)


@project_commands.command("delete")
@click.argument("name")
@resource_options
@yes_option
@connected
def delete_project(
    connection: Connection, name: str, resource: str | None, resource_group: str | None, yes: bool
) -> None:
    """Delete a project."""
    account = find_resource(connection, resource, resource_group)
    confirm_delete(connection.invocation, f"project {name} of {get_text(account, 'name')}", yes=yes)
    if not connection.management.delete(_path(account, name)):
        raise CommandFailed(f"{get_text(account, 'name')} has no project {name!r}.")
    say(f"Deleted project {name} of {get_text(account, 'name')}.")


def _path(account: JsonObject, name: str) -> str:
    return f"{get_text(account, 'id')}/projects/{path_segment(name)}"


def _short_name(project: JsonObject) -> str:
    """Azure names a project RESOURCE/PROJECT."""
    return get_text(project, "name").rpartition("/")[2]


def _print_project(project: JsonObject, output: OutputFormat) -> None:
    endpoints = get_object(project, "properties", "endpoints")
    fields = [
        ("name", _short_name(project)),
        ("display name", get_text(project, "properties", "displayName")),
        ("description", get_text(project, "properties", "description")),
        ("location", get_text(project, "location")),
        ("state", get_text(project, "properties", "provisioningState")),
        ("identity", get_text(project, "identity", "principalId")),
        *((f"endpoint {name}", get_text(endpoints, name)) for name in sorted(endpoints)),
        ("id", get_text(project, "id")),
    ]
    print_fields(output, [(label, text) for label, text in fields if text], project)
