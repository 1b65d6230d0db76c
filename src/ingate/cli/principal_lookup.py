"""Finding a principal by whatever people call it: its name, object id, client id or user principal name."""

from __future__ import annotations

import re

from .connection import Connection
from .failure import CommandFailed, Refused
from .json_value import JsonObject, get_text
from .lookup import path_segment, suggest

PRINCIPALS = "/providers/Ingate.Identity/principals"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


def principal_path(name: str, *rest: str) -> str:
    return "/".join([PRINCIPALS, path_segment(name), *rest])


def find_principal(connection: Connection, wanted: str) -> JsonObject:
    """Ends the command when there is none."""
    found = try_find_principal(connection, wanted)
    if found is None:
        names = [get_text(item, "name") for item in connection.management.list(PRINCIPALS)]
        raise CommandFailed(f"there is no principal {wanted!r}.{suggest(wanted, names)}")
    return found


def try_find_principal(connection: Connection, wanted: str) -> JsonObject | None:
    """The API knows names and object ids; for the others the list is searched."""
    try:
        return connection.management.get(principal_path(wanted))
    except Refused as refusal:
        if refusal.status not in (400, 404):
            raise
    for item in connection.management.list(PRINCIPALS):
        called = {
            get_text(item, "properties", member).lower() for member in ("objectId", "clientId", "userPrincipalName")
        }
        if wanted and wanted.lower() in called:
            return item
    return None
