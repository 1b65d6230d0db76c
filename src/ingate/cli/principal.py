"""`ingate principal`: users, applications, managed identities and groups of the tenant."""

from __future__ import annotations

import click

from .confirmation import confirm_delete, yes_option
from .connection import Connection, connected
from .failure import CommandFailed
from .json_value import JsonObject, get_text
from .output import OutputFormat, output_option, print_fields, print_rows, say
from .principal_lookup import PRINCIPALS, find_principal, principal_path, try_find_principal
from .principal_use import list_exports
from .secret_input import read_secret

KINDS = ("application", "user", "managed-identity", "group")


@click.group("principal")
def principal_commands() -> None:
    """Principals: who can be given a role."""


@principal_commands.command("create")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), default="application", show_default=True, help="What it is.")
@click.option("--user-principal-name", metavar="UPN", help="What a user signs in as, such as ada@example.com.")
@click.option("--password-stdin", is_flag=True, help="Read a user's password from standard input.")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    metavar="URI",
    help="Where an application's sign-ins may return to.",
)
@click.option("--no-secret", is_flag=True, help="Give an application no client secret, but a certificate later.")
@output_option
@connected
def create_principal(
    connection: Connection,
    name: str,
    kind: str,
    user_principal_name: str | None,
    password_stdin: bool,
    redirect_uris: tuple[str, ...],
    no_secret: bool,
    output: OutputFormat,
) -> None:
    """Create a principal. An application's client secret is shown this once."""
    _check_options(kind, user_principal_name, password_stdin, redirect_uris, no_secret)
    properties: JsonObject = {"kind": kind}
    if user_principal_name:
        properties["userPrincipalName"] = user_principal_name
    if redirect_uris:
        properties["redirectUris"] = list(redirect_uris)
    if password_stdin or (kind == "user" and connection.invocation.stdin_is_terminal):
        properties["password"] = read_secret(connection.invocation, what="password", from_stdin=password_stdin)
    if try_find_principal(connection, name) is not None:
        raise CommandFailed(f"there is a principal {name!r} already: ingate principal show {name}")
    _, created = connection.management.put(principal_path(name), {"properties": properties})
    secret = ""
    if kind == "application" and not no_secret:
        secret = _add_secret(connection, name)
    say(f"Created {kind} {name}.")
    if kind == "user" and "password" not in properties:
        say("It has no password, so nobody can sign in as it. Give one with --password-stdin when you create it.")
    _print_created(connection, created, secret, output)


@principal_commands.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only these.")
@output_option
@connected
def list_principals(connection: Connection, kind: str | None, output: OutputFormat) -> None:
    """List principals."""
    principals = connection.management.list(PRINCIPALS)
    print_principals([item for item in principals if kind in (None, get_text(item, "properties", "kind"))], output)


@principal_commands.command("show")
@click.argument("name")
@output_option
@connected
def show_principal(connection: Connection, name: str, output: OutputFormat) -> None:
    """Show one principal: by its name, object id, client id or user principal name."""
    principal = find_principal(connection, name)
    fields = [
        ("name", get_text(principal, "name")),
        ("kind", get_text(principal, "properties", "kind")),
        ("object id", get_text(principal, "properties", "objectId")),
        ("client id", get_text(principal, "properties", "clientId")),
        ("user principal name", get_text(principal, "properties", "userPrincipalName")),
        ("tenant", get_text(principal, "properties", "tenantId")),
        ("enabled", get_text(principal, "properties", "enabled")),
        ("created", get_text(principal, "properties", "createdDateTime")),
    ]
    print_fields(output, [(label, text) for label, text in fields if text], principal)


@principal_commands.command("delete")
@click.argument("name")
@yes_option
@connected
def delete_principal(connection: Connection, name: str, yes: bool) -> None:
    """Delete a principal with its credentials and its role assignments."""
    found = get_text(find_principal(connection, name), "name")
    confirm_delete(connection.invocation, f"principal {found}, its credentials and role assignments", yes=yes)
    if not connection.management.delete(principal_path(found)):
        raise CommandFailed(f"there is no principal {found!r}.")
    say(f"Deleted principal {found}.")


@principal_commands.command("disable")
@click.argument("name")
@connected
def disable_principal(connection: Connection, name: str) -> None:
    """Keep a principal from signing in and from being let in; its roles stay."""
    _enable(connection, name, enabled=False)


@principal_commands.command("enable")
@click.argument("name")
@connected
def enable_principal(connection: Connection, name: str) -> None:
    """Let a disabled principal in again."""
    _enable(connection, name, enabled=True)


def print_principals(principals: list[JsonObject], output: OutputFormat) -> None:
    columns = ("name", "kind", "object id", "client id", "user principal name", "enabled")
    members = ("kind", "objectId", "clientId", "userPrincipalName", "enabled")
    rows = [
        (get_text(item, "name"), *(get_text(item, "properties", member) for member in members)) for item in principals
    ]
    if not rows:
        say("There are none.")
    print_rows(output, columns, rows, principals)


def _add_secret(connection: Connection, name: str) -> str:
    try:
        return get_text(connection.management.post(principal_path(name, "addSecret"), {}), "secretText")
    except CommandFailed:
        say(f"Created application {name}, but no secret for it; try: ingate principal secret create {name}")
        raise


def _enable(connection: Connection, name: str, *, enabled: bool) -> None:
    name = get_text(find_principal(connection, name), "name")
    connection.management.put(principal_path(name), {"properties": {"enabled": enabled}})
    say(f"{'Enabled' if enabled else 'Disabled'} principal {name}.")


def _check_options(
    kind: str, user_principal_name: str | None, password_stdin: bool, redirect_uris: tuple[str, ...], no_secret: bool
) -> None:
    if kind != "user" and (user_principal_name or password_stdin):
        raise click.UsageError("--user-principal-name and --password-stdin are for users: --kind user.")
    if kind == "user" and not user_principal_name:
        raise click.UsageError("a user needs a name to sign in as: --user-principal-name ada@example.com.")
    if kind != "application" and (redirect_uris or no_secret):
        raise click.UsageError("--redirect-uri and --no-secret are for applications.")


def _print_created(connection: Connection, principal: JsonObject, secret: str, output: OutputFormat) -> None:
    properties = ("tenantId", "clientId", "clientSecret", "objectId", "userPrincipalName")
    value = {
        name: secret if name == "clientSecret" else get_text(principal, "properties", name) for name in properties
    }
    value = {name: text for name, text in value.items() if text}
    if output != "table":
        print_rows(output, (), list(value.items()), value)
        return
    fields = [("tenant id", "tenantId"), ("client id", "clientId"), ("object id", "objectId")]
    fields.append(("user principal name", "userPrincipalName"))
    print_fields(output, [(label, value[name]) for label, name in fields if name in value], value)
    if secret:
        click.echo("\nThe client secret is shown only now. For DefaultAzureCredential and az:\n")
        for line in list_exports(connection.location, value["tenantId"], value["clientId"], secret):
            click.echo(line)
