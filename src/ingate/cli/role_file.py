"""A custom role in a file: JSON as `az role definition create` takes it, or as Azure's REST API does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from .failure import CommandFailed
from .json_value import JsonObject, get_object, get_text

LISTS = ("actions", "notActions", "dataActions", "notDataActions")


def read_role_file(path: Path) -> JsonObject:
    """The definition's `properties` for the REST API. Ends the command when the file is something else."""
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror or type(error).__name__}") from error
    except ValueError as error:
        raise CommandFailed(f"{path} is not JSON: {error}") from error
    # az writes names with a capital letter and reads both.
    members = {_lower_first(name): value for name, value in get_object(content).items()}
    if isinstance(members.get("properties"), dict):
        members = get_object(members, "properties")
    name = get_text(members, "roleName") or get_text(members, "name")
    if not name:
        raise CommandFailed(f"{path} gives the role no name: it needs a member Name.")
    role: JsonObject = {"roleName": name, "type": "CustomRole", "description": get_text(members, "description")}
    permissions = members.get("permissions")
    role["permissions"] = cast(object, permissions) if isinstance(permissions, list) else [_read_lists(members, path)]
    if scopes := members.get("assignableScopes"):
        role["assignableScopes"] = scopes
    return role


def _read_lists(members: JsonObject, path: Path) -> JsonObject:
    lists: JsonObject = {name: members.get(name) or [] for name in LISTS}
    wrong = [name for name, value in lists.items() if not isinstance(value, list)]
    if wrong:
        raise CommandFailed(f"{path}: {', '.join(wrong)} must be lists.")
    return lists


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
