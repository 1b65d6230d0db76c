"""Finding a role by its name or GUID."""

from __future__ import annotations

from .connection import Connection
from .failure import CommandFailed
from .json_value import JsonObject, get_text
from .lookup import suggest
from .scope import below

ROLE_DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
OLDER_PREFIX, PREFIX = "azure ai ", "foundry "
"""Microsoft renamed its roles `Azure AI User` and so on; documents and scripts have both."""


def list_roles(connection: Connection, scope: str | None = None) -> list[JsonObject]:
    return connection.management.list(below(scope or connection.subscription_path(), ROLE_DEFINITIONS))


def find_role(connection: Connection, wanted: str) -> JsonObject:
    """Ends the command when there is none of that name, in any case, or with that GUID."""
    roles = list_roles(connection)
    name = wanted.strip().lower()
    for called in (name, PREFIX + name.removeprefix(OLDER_PREFIX) if name.startswith(OLDER_PREFIX) else name):
        for role in roles:
            if called in (role_name(role).lower(), role_id(role)):
                return role
    closest = {role_name(role).lower(): role_name(role) for role in roles}
    hint = suggest(name, closest)
    for lower, proper in closest.items():
        hint = hint.replace(lower, proper)
    raise CommandFailed(f"there is no role {wanted!r}.{hint or ' See: ingate role list'}")


def role_name(role: JsonObject) -> str:
    return get_text(role, "properties", "roleName")


def role_id(role: JsonObject) -> str:
    """The GUID, in lower case."""
    return get_text(role, "name").lower()
