"""Microsoft.Authorization/roleDefinitions: the built-in roles, and custom ones."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import fold_name, is_guid
from ingate.domain.permission import covers
from ingate.domain.role import ROLE_DEFINITION_TYPE, RoleDefinition
from ingate.domain.state import StateSession
from ingate.wire.arm.envelopes import render_page

from .access_refusals import NotAuthorized
from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome
from .directory_refusals import RoleBuiltIn, RoleInUse, RoleNameTaken, RoleNotFound
from .odata_terms import Term, parse_terms
from .paging import get_query
from .refusals import FilterInvalid, ManagementRefusal, NameInvalid
from .request_context import current, get_access, note
from .role_bodies import RoleBody, decide_role, render_role
from .role_scopes import AUTHORIZATION_PROVIDER, find_request_scope, find_scope, mount_at_scopes
from .scopes import path_part

ROLE_DEFINITIONS = AUTHORIZATION_PROVIDER + "/roleDefinitions"

_FORMER_NAMES = {"azure ai user": "foundry user"}
"""What clients may still ask for: Microsoft renamed the role and kept its id."""
_FILTERS = frozenset({("rolename", "eq"), ("type", "eq"), ("atscope", "call"), ("atscopeandbelow", "call")})


def role_routes(plane: ControlPlane) -> list[BaseRoute]:
    role = {"GET": get_role, "PUT": put_role, "DELETE": delete_role}
    return [
        *mount_at_scopes(plane, ROLE_DEFINITIONS, {"GET": list_roles}),
        *mount_at_scopes(plane, ROLE_DEFINITIONS + "/{role}", role),
    ]


async def find_role(plane: ControlPlane, session: StateSession, role_id: str) -> RoleDefinition | None:
    key = role_id.lower()
    built_in = next((role for role in plane.built_in_roles if role.role_id == key), None)
    return built_in or await session.roles.get_role(key)


def is_assignable(role: RoleDefinition, scope: str) -> bool:
    """Whether the role can be assigned here; elsewhere it does not even show."""
    return any(covers(assignable, scope) for assignable in role.assignable_scopes)


async def list_roles(plane: ControlPlane, request: Request) -> Outcome:
    """Those that can be assigned at the scope; with `atScopeAndBelow()` also those that only can below it."""
    terms = parse_terms(get_query(request, "$filter"))
    if terms is None or not {term.key for term in terms} <= _FILTERS:
        return FilterInvalid(known=("roleName", "type", "atScope()", "atScopeAndBelow()"))
    async with plane.state.reading() as session:
        scope = await find_request_scope(session, request)
        if not isinstance(scope, str):
            return scope
        custom = await session.roles.list_roles()
    includes_below = any(term.member == "atscopeandbelow" for term in terms)
    shown = [
        render_role(role, scope)
        for role in (*plane.built_in_roles, *custom)
        if is_assignable(role, scope) or (includes_below and _is_assignable_below(role, scope))
        if all(_fits(role, term) for term in terms)
    ]
    return Answer(document=render_page(shown))


def _is_assignable_below(role: RoleDefinition, scope: str) -> bool:
    return any(covers(scope, assignable) for assignable in role.assignable_scopes)


def _fits(role: RoleDefinition, term: Term) -> bool:
    wanted = fold_name(term.value)
    match term.member:
        case "rolename":
            return fold_name(role.name) == _FORMER_NAMES.get(wanted, wanted)
        case "type":
            return wanted == ("builtinrole" if role.is_built_in else "customrole")
        case _:
            return True


async def get_role(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        scope = await find_request_scope(session, request)
        if not isinstance(scope, str):
            return scope
        role = await find_role(plane, session, path_part(request, "role"))
    if role is None or not (is_assignable(role, scope) or _is_assignable_below(role, scope)):
        return RoleNotFound(role_id=path_part(request, "role"))
    return Answer(document=render_role(role, scope))


async def put_role(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, RoleBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        scope = await find_request_scope(session, request)
        if not isinstance(scope, str):
            return scope
        role = await _decide(plane, session, path_part(request, "role"), body.content)
        if not isinstance(role, RoleDefinition):
            return role
        await session.roles.put_role(role)
        note(role.name)
    return Answer(status=201, document=render_role(role, scope))


async def _decide(
    plane: ControlPlane, session: StateSession, role_id: str, body: RoleBody
) -> RoleDefinition | ManagementRefusal:
    if not is_guid(role_id):
        return NameInvalid(noun="role definition", name=role_id, rule="a GUID")
    existing = await find_role(plane, session, role_id)
    if existing is not None and existing.is_built_in:
        return RoleBuiltIn(name=existing.name)
    scopes: list[str] = []
    for text in body.properties.assignable_scopes:
        found = await find_scope(session, text)
        if not isinstance(found, str):
            return found
        scopes.append(found)
    role = decide_role(role_id.lower(), body, tuple(scopes))
    if not isinstance(role, RoleDefinition):
        return role
    others = (*plane.built_in_roles, *await session.roles.list_roles())
    taken = {fold_name(other.name) for other in others if other.role_id != role.role_id}
    if fold_name(role.name) in taken | set(_FORMER_NAMES):
        return RoleNameTaken(name=role.name)
    before = existing.assignable_scopes if existing is not None else ()
    return _require_everywhere("write", role.role_id, (*before, *scopes)) or role


def _require_everywhere(verb: str, role_id: str, scopes: tuple[str, ...]) -> NotAuthorized | None:
    """A role's owner has to be one wherever it can be assigned, not only where the request was sent to."""
    context = current.get()
    action = f"{ROLE_DEFINITION_TYPE}/{verb}"
    for scope in scopes:
        if context is not None and not get_access().permits(action, scope):
            target = f"{scope.rstrip('/')}{ROLE_DEFINITIONS}/{role_id}"
            client = context.actor.name
            return NotAuthorized(client=client, object_id=context.object_id, action=action, scope=target)
    return None


async def delete_role(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        scope = await find_request_scope(session, request)
        if not isinstance(scope, str):
            return scope
        role = await find_role(plane, session, path_part(request, "role"))
        if role is None:
            return Answer(status=204)
        refusal = await _find_obstacle(session, role)
        if refusal is not None:
            return refusal
        await session.roles.delete_role(role.role_id)
        note(role.name)
    return Answer(document=render_role(role, scope))


async def _find_obstacle(session: StateSession, role: RoleDefinition) -> ManagementRefusal | None:
    if role.is_built_in:
        return RoleBuiltIn(name=role.name)
    refusal = _require_everywhere("delete", role.role_id, role.assignable_scopes)
    if refusal is not None:
        return refusal
    assignments = await session.roles.list_assignments()
    return RoleInUse() if any(entry.role_id == role.role_id for entry in assignments) else None
