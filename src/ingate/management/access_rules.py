"""What a caller may do, out of the roles and assignments of one revision of the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingate.domain.directory import TrustedIssuer
from ingate.domain.permission import covers, decide_permission
from ingate.domain.role import RoleAssignment, RoleDefinition
from ingate.domain.state import StateSession

from .operations import TENANT_OWNER_ACTION, Operation, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRules:
    """Everything that decides about callers, but for the callers themselves."""

    revision: int
    issuers: tuple[TrustedIssuer, ...]
    """Ingate's own."""
    roles: Mapping[str, RoleDefinition]
    """By id."""
    assignments: tuple[RoleAssignment, ...]


class AccessRulesReader:
    """Reads them again when the state has another revision: each change of a role, an assignment, a principal or a
    signing key makes one."""

    def __init__(self) -> None:
        self._newest: AccessRules | None = None

    async def read(self, session: StateSession, built_in_roles: tuple[RoleDefinition, ...]) -> AccessRules:
        revision = await session.directory.get_revision()
        if self._newest is None or self._newest.revision != revision:
            directory = await session.directory.get_directory()
            self._newest = AccessRules(
                revision=revision,
                issuers=directory.issuers,
                roles={role.role_id: role for role in (*built_in_roles, *await session.roles.list_roles())},
                assignments=tuple(await session.roles.list_assignments()),
            )
        return self._newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One caller's permissions."""

    is_unlimited: bool = False
    """The holder of admin.token, and Ingate itself when nobody asks."""
    is_of_our_tenant: bool = True
    principal_ids: frozenset[str] = frozenset()
    """The caller's object id, and those of every group that it is in."""
    roles: Mapping[str, RoleDefinition]
    assignments: tuple[RoleAssignment, ...]

    def permits(self, action: str, scope: str) -> bool:
        return self.is_unlimited or decide_permission(
            action,
            is_data_action=False,
            scope=scope,
            principal_ids=self.principal_ids,
            assignments=self.assignments,
            roles=self.roles,
        )

    def reads(self, type_: str, resource_id: str) -> bool:
        """Whether the caller may see the document of a resource of this type."""
        return self.permits(f"{type_}/read", resource_id)

    def sees(self, scope: str) -> bool:
        """Whether the caller has any role on the scope, above it, or on something below it."""
        return self.is_unlimited or any(
            assignment.principal_id in self.principal_ids
            and assignment.role_id in self.roles
            and (covers(assignment.scope, scope) or covers(scope, assignment.scope))
            for assignment in self.assignments
        )

    def allows(self, operation: Operation) -> bool:
        match operation.rule:
            case Rule.PERMISSION | Rule.SCRAPE:
                return self.permits(operation.action, operation.scope)
            case Rule.TENANT:
                return self.permits(operation.action, operation.scope) and self.permits(TENANT_OWNER_ACTION, "/")
            case Rule.ANY_ROLE | Rule.METRICS:
                return self.sees(operation.scope)
            case Rule.DIRECTORY:
                return self.is_unlimited or self.is_of_our_tenant
            case Rule.FILTERED | Rule.LOGS:
                return True


UNLIMITED = Access(is_unlimited=True, roles={}, assignments=())
