"""Members of groups: principals, groups among them."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.principal import Principal
from ingate.domain.state import StateSession

from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .directory_refusals import NotAGroup, PrincipalInvalid, PrincipalUnknown
from .paging import render_list
from .principal_bodies import render_principal
from .principals import PRINCIPAL_PATH, find_principal, find_principal_by
from .request_context import note


class MemberBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    member_id: str
    """An object id or a name."""


def principal_member_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, PRINCIPAL_PATH + "/members", {"GET": list_members}),
        mount(plane, PRINCIPAL_PATH + "/addMember", {"POST": add_member}),
        mount(plane, PRINCIPAL_PATH + "/removeMember", {"POST": remove_member}),
    ]


async def find_group(session: StateSession, request: Request) -> Principal | PrincipalUnknown | NotAGroup:
    found = await find_principal(session, request)
    if isinstance(found, Principal) and found.kind != "group":
        return NotAGroup(name=found.name)
    return found


async def _find_group_and_member(
    session: StateSession, request: Request, body: MemberBody
) -> tuple[Principal, Principal] | PrincipalUnknown | NotAGroup:
    group = await find_group(session, request)
    if not isinstance(group, Principal):
        return group
    member = await find_principal_by(session, body.member_id)
    return PrincipalUnknown(name=body.member_id) if member is None else (group, member)


async def list_members(plane: ControlPlane, request: Request) -> Outcome:
    """Direct ones."""
    async with plane.state.reading() as session:
        group = await find_group(session, request)
        if not isinstance(group, Principal):
            return group
        members = await session.principals.list_members(group.object_id)
    return render_list(request, members, lambda principal: principal.name, render_principal)


async def add_member(plane: ControlPlane, request: Request) -> Outcome:
    """204, also when it is one already."""
    body = await read_body(request, MemberBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        found = await _find_group_and_member(session, request, body.content)
        if not isinstance(found, tuple):
            return found
        group, member = found
        if member.object_id == group.object_id:
            return PrincipalInvalid(member="memberId", reason="is the group itself")
        await session.principals.put_member(group.object_id, member.object_id)
        note(f"member {member.object_id}")
    return Answer(status=204)


async def remove_member(plane: ControlPlane, request: Request) -> Outcome:
    """204, also when it was none."""
    body = await read_body(request, MemberBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        found = await _find_group_and_member(session, request, body.content)
        if not isinstance(found, tuple):
            return found
        group, member = found
        await session.principals.delete_member(group.object_id, member.object_id)
        note(f"member {member.object_id}")
    return Answer(status=204)
