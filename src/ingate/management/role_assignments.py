"""Microsoft.Authorization/roleAssignments: who has which role where."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import fold_name, is_guid
from ingate.domain.permission import covers
from ingate.domain.principal import PrincipalType
from ingate.domain.role import ROLE_ASSIGNMENT_TYPE, RoleAssignment
from ingate.domain.state import StateSession
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_time

from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome
from .directory_refusals import (
    AssignmentExists,
    AssignmentImmutable,
    AssignmentNotFound,
    ConditionNotSupported,
    PrincipalNotFound,
    PrincipalTypeUnmatched,
    RoleNotFound,
)
from .odata_terms import Term, parse_terms
from .paging import get_query, render_list
from .refusals import BodyInvalid, FilterInvalid, ManagementRefusal, NameInvalid
from .request_context import current, note
from .role_bodies import render_role_id
from .role_scopes import AUTHORIZATION_PROVIDER, ROOT, find_request_scope, mount_at_scopes
from .roles import find_role, is_assignable
from .scopes import path_part

ROLE_ASSIGNMENTS = AUTHORIZATION_PROVIDER + "/roleAssignments"
LONGEST_DESCRIPTION = 1024

_TYPES: dict[str, PrincipalType] = {"user": "User", "serviceprincipal": "ServicePrincipal", "group": "Group"}
_FILTERS = frozenset({("atscope", "call"), ("assignedto", "call"), ("principalid", "eq"), ("roledefinitionid", "eq")})


class AssignmentProperties(msgspec.Struct, rename="camel"):
    role_definition_id: str
    principal_id: str
    principal_type: str | None = None
    description: str | None = None
    condition: str | None = None


class AssignmentBody(msgspec.Struct):
    properties: AssignmentProperties


def role_assignment_routes(plane: ControlPlane) -> list[BaseRoute]:
    assignment = {"GET": get_assignment, "PUT": put_assignment, "DELETE": delete_assignment}
    return [
        *mount_at_scopes(plane, ROLE_ASSIGNMENTS, {"GET": list_assignments}),
        *mount_at_scopes(plane, ROLE_ASSIGNMENTS + "/{assignment}", assignment),
    ]


async def list_assignments(plane: ControlPlane, request: Request) -> Outcome:
    """At the scope, above and below it; with `atScope()` none below."""
    terms = parse_terms(get_query(request, "$filter"))
    if terms is None or not {term.key for term in terms} <= _FILTERS:
        return FilterInvalid(known=("atScope()", "assignedTo('...')", "principalId", "roleDefinitionId"))
    async with plane.state.reading() as session:
        scope = await find_request_scope(session, request)
        if not isinstance(scope, str):
            return scope
        wanted = await _collect_principals(session, terms)
        assignments = await session.roles.list_assignments()
    includes_below = not any(term.member == "atscope" for term in terms)
    role_ids = {term.value.rpartition("/")[2].lower() for term in terms if term.member == "roledefinitionid"}
    shown = [
        entry
        for entry in assignments
        if covers(entry.scope, scope) or (includes_below and covers(scope, entry.scope))
        if wanted is None or entry.principal_id in wanted
        if not role_ids or {entry.role_id} == role_ids
    ]
    return render_list(request, shown, _get_key, render_assignment)


def _get_key(assignment: RoleAssignment) -> str:
    """The oldest first."""
    return f"{assignment.created_at.isoformat()} {assignment.assignment_id}"


async def _collect_principals(session: StateSession, terms: tuple[Term, ...]) -> frozenset[str] | None:
    """Who the filter asks for; None for everybody. `assignedTo` has a principal's groups as well."""
    wanted: frozenset[str] | None = None
    for term in terms:
        if term.member not in {"principalid", "assignedto"}:
            continue
        found = frozenset({term.value.lower()})
        if term.member == "assignedto":
            found |= await session.principals.list_groups(term.value)
        wanted = found if wanted is None else wanted & found
    return wanted


async def get_assignment(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await _find(session, request)
    return Answer(document=render_assignment(found)) if isinstance(found, RoleAssignment) else found


async def _find(session: StateSession, request: Request) -> RoleAssignment | ManagementRefusal:
    """By its own scope. At the root by its name alone, which takes permissions at the root."""
    scope = await find_request_scope(session, request)
    if not isinstance(scope, str):
        return scope
    name = path_part(request, "assignment")
    found = await session.roles.get_assignment(name)
    if found is None or (scope != ROOT and fold_name(found.scope) != fold_name(scope)):
        return AssignmentNotFound(assignment_id=name)
    return found


async def put_assignment(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, AssignmentBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        scope = await find_request_scope(session, request)
        if not isinstance(scope, str):
            return scope
        name = path_part(request, "assignment").lower()
        if not is_guid(name):
            return NameInvalid(noun="role assignment", name=name, rule="a GUID")
        existing = await session.roles.get_assignment(name)
        assignment = await _decide(plane, session, name, scope, body.content.properties, existing)
        if not isinstance(assignment, RoleAssignment):
            return assignment
        await session.roles.put_assignment(assignment)
        note(f"role {assignment.role_id} for {assignment.principal_id}")
    return Answer(status=201 if existing is None else 200, document=render_assignment(assignment))


async def _decide(
    plane: ControlPlane,
    session: StateSession,
    name: str,
    scope: str,
    properties: AssignmentProperties,
    existing: RoleAssignment | None,
) -> RoleAssignment | ManagementRefusal:
    role_id = properties.role_definition_id.rpartition("/")[2].lower()
    principal_id = properties.principal_id.lower()
    fault = _find_fault(properties, role_id, principal_id)
    if fault is not None:
        return fault
    role = await find_role(plane, session, role_id)
    if role is None or not is_assignable(role, scope):
        return RoleNotFound(role_id=role_id)
    type_ = await _decide_type(plane, session, principal_id, properties.principal_type)
    if isinstance(type_, ManagementRefusal):
        return type_
    wanted = (fold_name(scope), role_id, principal_id)
    if existing is not None and _get_identity(existing) != wanted:
        return AssignmentImmutable()
    assignments = await session.roles.list_assignments()
    same = next((entry for entry in assignments if _get_identity(entry) == wanted), None)
    if same is not None and existing is None:
        return AssignmentExists(assignment_id=same.assignment_id)
    actor, now = _get_author(), plane.clock()
    return RoleAssignment(
        assignment_id=name,
        scope=scope,
        role_id=role_id,
        principal_id=principal_id,
        principal_type=type_,
        description=properties.description,
        created_at=now if existing is None else existing.created_at,
        created_by=actor if existing is None else existing.created_by,
        updated_at=now,
        updated_by=actor,
    )


def _find_fault(
    properties: AssignmentProperties, role_id: str, principal_id: str
) -> BodyInvalid | ConditionNotSupported | None:
    if properties.condition:
        return ConditionNotSupported()
    if not is_guid(role_id):
        return BodyInvalid(reason="properties.roleDefinitionId does not end with a GUID")
    if not is_guid(principal_id):
        return BodyInvalid(reason="properties.principalId is not a GUID")
    if len(properties.description or "") > LONGEST_DESCRIPTION:
        return BodyInvalid(reason=f"properties.description has more than {LONGEST_DESCRIPTION} characters")
    given = properties.principal_type
    if given is not None and given.lower() not in _TYPES:
        return BodyInvalid(reason="properties.principalType is none of User, Group and ServicePrincipal")
    return None


async def _decide_type(
    plane: ControlPlane, session: StateSession, principal_id: str, given: str | None
) -> PrincipalType | PrincipalNotFound | PrincipalTypeUnmatched:
    """The principals of trusted tenants are not in our directory: whoever assigns them a role says what they are."""
    principal = await session.principals.get_principal(principal_id)
    stated = None if given is None else _TYPES[given.lower()]
    if principal is None:
        if stated is not None and plane.list_trusted_issuers():
            return stated
        tenants = await session.tenants.list_tenants()
        return PrincipalNotFound(object_id=principal_id, tenant_id=tenants[0].tenant_id if tenants else "")
    if stated is not None and stated != principal.principal_type:
        return PrincipalTypeUnmatched(object_id=principal_id, actual=principal.principal_type, given=stated)
    return principal.principal_type


def _get_identity(assignment: RoleAssignment) -> tuple[str, str, str]:
    return fold_name(assignment.scope), assignment.role_id, assignment.principal_id


def _get_author() -> str:
    context = current.get()
    return "" if context is None else context.object_id or context.actor.name


async def delete_assignment(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        found = await _find(session, request)
        if isinstance(found, AssignmentNotFound):
            return Answer(status=204)
        if not isinstance(found, RoleAssignment):
            return found
        await session.roles.delete_assignment(found.assignment_id)
        note(f"role {found.role_id} for {found.principal_id}")
    return Answer(document=render_assignment(found))


def render_assignment(assignment: RoleAssignment) -> JsonObject:
    return {
        "id": f"{assignment.scope.rstrip('/')}{ROLE_ASSIGNMENTS}/{assignment.assignment_id}",
        "type": ROLE_ASSIGNMENT_TYPE,
        "name": assignment.assignment_id,
        "properties": {
            "roleDefinitionId": render_role_id(assignment.role_id, assignment.scope),
            "principalId": assignment.principal_id,
            "principalType": assignment.principal_type,
            "scope": assignment.scope,
            "description": assignment.description,
            "condition": None,
            "conditionVersion": None,
            "createdOn": render_time(assignment.created_at),
            "updatedOn": render_time(assignment.updated_at),
            "createdBy": assignment.created_by,
            "updatedBy": assignment.updated_by,
            "delegatedManagedIdentityResourceId": None,
        },
    }
