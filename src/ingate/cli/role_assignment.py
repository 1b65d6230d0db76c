"""`ingate role assign`, `unassign` and `assignments`: who has which role where."""

from __future__ import annotations

import uuid

import click

from .connection import Connection, connected
from .failure import CommandFailed, Refused
from .json_value import JsonObject, get_text
from .output import OutputFormat, output_option, print_fields, print_rows, say
from .principal_lookup import PRINCIPALS, find_principal, is_guid, try_find_principal
from .role_lookup import find_role, list_roles, role_id, role_name
from .scope import below, find_scope, scope_option

ROLE_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
TYPES = {"user": "User", "group": "Group"}
"""What an assignment calls a kind of principal; all others are service principals."""
SERVICE_PRINCIPAL = "ServicePrincipal"

principal_option = click.option(
    "--principal",
    "-p",
    metavar="NAME|OBJECT_ID|CLIENT_ID|UPN",
    required=True,
    help="Who: by name, object id, client id or user principal name.",
)


@click.command("assign")
@click.argument("role")
@principal_option
@click.option(
    "--principal-type",
    type=click.Choice(["User", "Group", SERVICE_PRINCIPAL]),
    help="Of an object id of another tenant, which Ingate does not know.",
)
@scope_option(default="the default resource")
@click.option("--description", metavar="TEXT", help="Why.")
@output_option
@connected
def assign_role(
    connection: Connection,
    role: str,
    principal: str,
    principal_type: str | None,
    scope: str | None,
    description: str | None,
    output: OutputFormat,
) -> None:
    """Give a principal a role, by its name or GUID. Done already is done."""
    object_id, its_type = _find_object_id(connection, principal, principal_type)
    found, where = find_role(connection, role), find_scope(connection, scope)
    existing = _find_assignment(connection, role_id(found), object_id, where)
    if existing is None:
        properties: JsonObject = {
            "roleDefinitionId": get_text(found, "id"),
            "principalId": object_id,
        }
        if its_type:
            properties["principalType"] = its_type
        if description:
            properties["description"] = description
        existing = _put_assignment(connection, role_id(found), object_id, where, {"properties": properties})
        say(f"{principal} has the role {role_name(found)} at {where}. It holds within a second.")
    else:
        say(f"{principal} had the role {role_name(found)} at {where} already.")
    fields = [
        ("principal", object_id),
        ("role", role_name(found)),
        ("scope", where),
        ("id", get_text(existing, "id")),
    ]
    print_fields(output, fields, existing)


@click.command("unassign")
@click.argument("role")
@principal_option
@scope_option(default="the default resource")
@connected
def unassign_role(connection: Connection, role: str, principal: str, scope: str | None) -> None:
    """Take a role from a principal, where exactly it was given. Done already is done."""
    object_id, _ = _find_object_id(connection, principal, SERVICE_PRINCIPAL)
    found, where = find_role(connection, role), find_scope(connection, scope)
    existing = _find_assignment(connection, role_id(found), object_id, where)
    if existing is None:
        say(f"{principal} did not have the role {role_name(found)} at {where}.")
        return
    connection.management.delete(get_text(existing, "id"))
    say(f"{principal} no longer has the role {role_name(found)} at {where}. It ends within a second.")


@click.command("assignments")
@click.option("--principal", "-p", metavar="NAME|OBJECT_ID|CLIENT_ID|UPN", help="Only those of this principal.")
@scope_option(default="the subscription")
@output_option
@connected
def list_role_assignments(
    connection: Connection, principal: str | None, scope: str | None, output: OutputFormat
) -> None:
    """List who has which role: at a scope, above it and below it."""
    where = find_scope(connection, scope) if scope else connection.subscription_path()
    query: dict[str, str] = {}
    if principal:
        query["$filter"] = f"principalId eq '{_find_object_id(connection, principal, SERVICE_PRINCIPAL)[0]}'"
    assignments = connection.management.list(below(where, ROLE_ASSIGNMENTS), **query)
    if not assignments:
        say("There are none.")
    roles = {role_id(role): role_name(role) for role in list_roles(connection)}
    names = _list_names(connection)
    rows = [
        (
            names.get(get_text(item, "properties", "principalId"), get_text(item, "properties", "principalId")),
            get_text(item, "properties", "principalType"),
            roles.get(_role_id_of(item), _role_id_of(item)),
            get_text(item, "properties", "scope"),
        )
        for item in assignments
    ]
    print_rows(output, ("principal", "type", "role", "scope"), rows, assignments)


def _find_object_id(connection: Connection, principal: str, principal_type: str | None) -> tuple[str, str]:
    """And the type, as assignments call it. Only with a type is an object id taken that Ingate does not know.

    Whoever may not look principals up can name one by its object id, and leaves its type to Ingate.
    """
    try:
        known = try_find_principal(connection, principal)
    except Refused as refusal:
        if refusal.status != 403 or not is_guid(principal):
            raise
        return principal.lower(), principal_type or ""
    if known is None and principal_type and is_guid(principal):
        return principal.lower(), principal_type
    properties = (known or find_principal(connection, principal))["properties"]
    return get_text(properties, "objectId"), TYPES.get(get_text(properties, "kind"), SERVICE_PRINCIPAL)


def _find_assignment(connection: Connection, role: str, object_id: str, scope: str) -> JsonObject | None:
    """The one at exactly this scope."""
    query = {"$filter": f"principalId eq '{object_id}'"}
    for item in connection.management.list(below(scope, ROLE_ASSIGNMENTS), **query):
        its_scope = get_text(item, "properties", "scope").rstrip("/").lower()
        if (_role_id_of(item), its_scope) == (role, scope.rstrip("/").lower()):
            return item
    return None


def _put_assignment(connection: Connection, role: str, object_id: str, scope: str, body: JsonObject) -> JsonObject:
    # A name that follows from what is assigned: two commands at once make one assignment.
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope.rstrip('/')}|{role}|{object_id}".lower())
    try:
        return connection.management.put(f"{below(scope, ROLE_ASSIGNMENTS)}/{name}", body)[1]
    except Refused as refusal:
        existing = _find_assignment(connection, role, object_id, scope) if refusal.status == 409 else None
        if existing is None:
            raise
        return existing


def _role_id_of(assignment: JsonObject) -> str:
    return get_text(assignment, "properties", "roleDefinitionId").rpartition("/")[2].lower()


def _list_names(connection: Connection) -> dict[str, str]:
    """Names of principals by their object ids; none for somebody who may not see them."""
    try:
        principals = connection.management.list(PRINCIPALS)
    except CommandFailed:
        return {}
    return {get_text(item, "properties", "objectId"): get_text(item, "name") for item in principals}
