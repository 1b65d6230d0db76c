"""`ingate principal member`: who is in a group."""

from __future__ import annotations

import click

from .connection import Connection, connected
from .json_value import get_text
from .output import OutputFormat, output_option, say
from .principal import print_principals
from .principal_lookup import find_principal, principal_path


@click.group("member")
def member_commands() -> None:
    """Members of a group: they have its roles."""


@member_commands.command("add")
@click.argument("group")
@click.argument("member")
@connected
def add_member(connection: Connection, group: str, member: str) -> None:
    """Put MEMBER into GROUP: each by its name, object id, client id or user principal name."""
    _change(connection, group, member, "addMember")
    say(f"{member} is in {group}.")


@member_commands.command("remove")
@click.argument("group")
@click.argument("member")
@connected
def remove_member(connection: Connection, group: str, member: str) -> None:
    """Take MEMBER out of GROUP."""
    _change(connection, group, member, "removeMember")
    say(f"{member} is not in {group}.")


@member_commands.command("list")
@click.argument("group")
@output_option
@connected
def list_members(connection: Connection, group: str, output: OutputFormat) -> None:
    """List a group's direct members."""
    path = principal_path(get_text(find_principal(connection, group), "name"), "members")
    print_principals(connection.management.list(path), output)


def _change(connection: Connection, group: str, member: str, verb: str) -> None:
    path = principal_path(get_text(find_principal(connection, group), "name"), verb)
    member_id = get_text(find_principal(connection, member), "properties", "objectId")
    connection.management.post(path, {"memberId": member_id})
