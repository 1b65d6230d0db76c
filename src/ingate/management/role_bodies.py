"""Bodies of role definitions: what they have to say, and how they are shown."""

from __future__ import annotations

import re

import msgspec

from ingate.domain.role import ROLE_DEFINITION_TYPE, RoleDefinition, RolePermissions
from ingate.wire.arm.documents import JsonObject

from .directory_refusals import RoleInvalid

LONGEST_NAME = 128
LONGEST_DESCRIPTION = 1024
LONGEST_ACTION = 256
MOST_ACTIONS = 1000
"""In all permissions of a role."""
MOST_WILDCARDS = 4
"""In one action: `Microsoft.CognitiveServices/*/read` has one."""
MOST_SCOPES = 100

_ACTION = re.compile(r"\*|[A-Za-z0-9.*_-]+(/[A-Za-z0-9.*_-]+)+", re.ASCII)


class PermissionBody(msgspec.Struct, rename="camel"):
    actions: list[str] = []
    not_actions: list[str] = []
    data_actions: list[str] = []
    not_data_actions: list[str] = []


class RoleProperties(msgspec.Struct, rename="camel"):
    role_name: str = ""
    description: str | None = None
    type: str | None = None
    permissions: list[PermissionBody] = []
    assignable_scopes: list[str] = []


class RoleBody(msgspec.Struct):
    properties: RoleProperties


def decide_role(role_id: str, body: RoleBody, scopes: tuple[str, ...]) -> RoleDefinition | RoleInvalid:
    """`scopes` are the body's, in the spelling of what is there."""
    properties = body.properties
    name = properties.role_name.strip()
    fault = _find_fault(name, properties, scopes)
    if fault is not None:
        return fault
    return RoleDefinition(
        role_id=role_id,
        name=name,
        description=properties.description or "",
        permissions=tuple(
            RolePermissions(
                actions=tuple(entry.actions),
                not_actions=tuple(entry.not_actions),
                data_actions=tuple(entry.data_actions),
                not_data_actions=tuple(entry.not_data_actions),
            )
            for entry in properties.permissions
        ),
        assignable_scopes=scopes,
    )


def _find_fault(name: str, properties: RoleProperties, scopes: tuple[str, ...]) -> RoleInvalid | None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        return RoleInvalid(member="roleName", reason=f"must be 1 to {LONGEST_NAME} printable characters")
    if len(properties.description or "") > LONGEST_DESCRIPTION:
        return RoleInvalid(member="description", reason=f"must be at most {LONGEST_DESCRIPTION} characters")
    if properties.type is not None and properties.type.lower() != "customrole":
        return RoleInvalid(member="type", reason="must be CustomRole")
    if not 1 <= len(scopes) <= MOST_SCOPES or "/" in scopes:
        reason = (
            f"must be 1 to {MOST_SCOPES} ids of subscriptions, resource groups, resources or the management group"
        )
        return RoleInvalid(member="assignableScopes", reason=reason)
    return _find_fault_in_permissions(properties.permissions)


def _find_fault_in_permissions(permissions: list[PermissionBody]) -> RoleInvalid | None:
    actions = [
        action
        for entry in permissions
        for action in (*entry.actions, *entry.not_actions, *entry.data_actions, *entry.not_data_actions)
    ]
    if not any(entry.actions or entry.data_actions for entry in permissions) or len(actions) > MOST_ACTIONS:
        reason = f"must have an action or a data action, and at most {MOST_ACTIONS}"
        return RoleInvalid(member="permissions", reason=reason)
    if not all(_is_action(action) for action in actions):
        reason = (
            "must have actions such as Microsoft.CognitiveServices/*/read, or *: letters, digits, periods, hyphens "
            f"and underscores between slashes, {LONGEST_ACTION} characters and {MOST_WILDCARDS} wildcards at most"
        )
        return RoleInvalid(member="permissions", reason=reason)
    return None


def _is_action(text: str) -> bool:
    return (
        len(text) <= LONGEST_ACTION
        and text.count("*") <= MOST_WILDCARDS
        and "**" not in text
        and _ACTION.fullmatch(text) is not None
    )


def render_role_id(role_id: str, scope: str) -> str:
    """As seen from a scope: roles are the tenant's, and Azure puts the subscription before them that was asked."""
    segments = scope.split("/")
    prefix = "/".join(segments[:3]) if segments[1].lower() == "subscriptions" else ""
    return f"{prefix}/providers/{ROLE_DEFINITION_TYPE}/{role_id}"


def render_role(role: RoleDefinition, scope: str) -> JsonObject:
    return {
        "id": render_role_id(role.role_id, scope),
        "type": ROLE_DEFINITION_TYPE,
        "name": role.role_id,
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole" if role.is_built_in else "CustomRole",
            "description": role.description,
            "assignableScopes": list(role.assignable_scopes),
            "permissions": [
                {
                    "actions": list(entry.actions),
                    "notActions": list(entry.not_actions),
                    "dataActions": list(entry.data_actions),
                    "notDataActions": list(entry.not_data_actions),
                }
                for entry in role.permissions
            ],
        },
    }
