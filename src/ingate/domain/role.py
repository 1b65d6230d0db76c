"""Roles and their assignments: who may do what, and where (Azure RBAC).

https://learn.microsoft.com/azure/role-based-access-control/role-definitions
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from .principal import PrincipalType

ROLE_DEFINITION_TYPE = "Microsoft.Authorization/roleDefinitions"
ROLE_ASSIGNMENT_TYPE = "Microsoft.Authorization/roleAssignments"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePermissions:
    """Operations of the control plane (actions) and of the data plane; `*` is any run of characters."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinition:
    role_id: str
    """A GUID in lower case; a built-in role has the one that it has on Azure."""
    name: str
    description: str
    permissions: tuple[RolePermissions, ...]
    assignable_scopes: tuple[str, ...] = ("/",)
    is_built_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssignment:
    assignment_id: str
    """The GUID that its creator chose for a name."""
    scope: str
    """An ARM id: `/`, a management group, a subscription, a resource group or a resource, with everything below."""
    role_id: str
    principal_id: str
    principal_type: PrincipalType
    description: str | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class RoleStore(Protocol):
    """Keeps custom roles and assignments; the built-in roles are the caller's. Every change is a new revision of the
    directory."""

    async def get_role(self, role_id: str) -> RoleDefinition | None: ...

    async def list_roles(self) -> list[RoleDefinition]:
        """By name."""
        ...

    async def put_role(self, role: RoleDefinition) -> None: ...

    async def delete_role(self, role_id: str) -> bool: ...

    async def get_assignment(self, assignment_id: str) -> RoleAssignment | None: ...

    async def list_assignments(self) -> list[RoleAssignment]:
        """All of them, the oldest first."""
        ...

    async def put_assignment(self, assignment: RoleAssignment) -> None: ...

    async def delete_assignment(self, assignment_id: str) -> bool: ...


def parse_roles(data: bytes) -> tuple[RoleDefinition, ...]:
    """The built-in roles from their file. Raises msgspec.ValidationError."""
    return msgspec.json.decode(data, type=tuple[RoleDefinition, ...])
