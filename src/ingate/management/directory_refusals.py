"""Why roles, assignments and principals are not what somebody asked for. Values that know no HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ingate.domain.principal import PrincipalKind, PrincipalType


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeInvalid:
    """Not the id of a subscription, or of something in one; nor a management group's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementGroupNotFound:
    name: str
    known: str
    """The only one that there is: the tenant's root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleNotFound:
    """No such role, or none that can be assigned at this scope."""

    role_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleInvalid:
    member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleNameTaken:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleBuiltIn:
    """Built-in roles can be neither changed nor deleted."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleInUse:
    """It has assignments, and so cannot be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentNotFound:
    assignment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentExists:
    """Another assignment gives the same role to the same principal at the same scope."""

    assignment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentImmutable:
    """Scope, role and principal of an assignment stay what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionNotSupported:
    """A condition would narrow what is granted. Without it, more would be granted than was meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalNotFound:
    """An assignment's."""

    object_id: str
    tenant_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalTypeUnmatched:
    object_id: str
    actual: PrincipalType
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalUnknown:
    """No principal has this name or object id."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalInvalid:
    """`reason` never repeats a value."""

    member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalTaken:
    """Another principal has the same."""

    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalOfResource:
    """A system-assigned managed identity comes and goes with its resource."""

    resource_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialNotPossible:
    """Principals of this kind do not have credentials of this kind."""

    kind: PrincipalKind
    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialNotFound:
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyCredentials:
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAGroup:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphObjectNotFound:
    object_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphQueryNotSupported:
    """A `$filter` in words that Ingate does not understand."""

    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphReadOnly:
    """Principals are not made or changed by way of Microsoft Graph, as `az ad sp create-for-rbac` would."""


DirectoryRefusal: TypeAlias = (
    ScopeInvalid
    | ManagementGroupNotFound
    | RoleNotFound
    | RoleInvalid
    | RoleNameTaken
    | RoleBuiltIn
    | RoleInUse
    | AssignmentNotFound
    | AssignmentExists
    | AssignmentImmutable
    | ConditionNotSupported
    | PrincipalNotFound
    | PrincipalTypeUnmatched
    | PrincipalUnknown
    | PrincipalInvalid
    | PrincipalTaken
    | PrincipalOfResource
    | CredentialNotPossible
    | CredentialNotFound
    | TooManyCredentials
    | NotAGroup
    | GraphObjectNotFound
    | GraphQueryNotSupported
    | GraphReadOnly
)
