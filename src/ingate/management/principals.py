"""Ingate.Identity/principals: our own resource type, for what Entra ID's administrators do elsewhere.

Whoever can make credentials for a principal has all that it may do, so changes take the permission to assign every
role in the tenant (`operations.py`).
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import is_guid
from ingate.domain.principal import Principal
from ingate.domain.state import StateSession

from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .directory_refusals import PrincipalInvalid, PrincipalOfResource, PrincipalTaken, PrincipalUnknown
from .paging import render_list
from .principal_bodies import (
    LONGEST_PASSWORD,
    PRINCIPALS_PATH,
    NewIds,
    PrincipalBody,
    decide_principal,
    render_principal,
)
from .request_context import note
from .scopes import path_part

PRINCIPAL_PATH = PRINCIPALS_PATH + "/{principal}"


def principal_routes(plane: ControlPlane) -> list[BaseRoute]:
    principal = {"GET": get_principal, "PUT": put_principal, "DELETE": delete_principal}
    return [
        mount(plane, PRINCIPALS_PATH, {"GET": list_principals}),
        mount(plane, PRINCIPAL_PATH, principal),
    ]


async def get_tenant_id(session: StateSession) -> str:
    """The oldest tenant is the one whose principals are managed here."""
    return (await session.tenants.list_tenants())[0].tenant_id


async def find_principal(session: StateSession, request: Request) -> Principal | PrincipalUnknown:
    name = path_part(request, "principal")
    found = await find_principal_by(session, name)
    return found or PrincipalUnknown(name=name)


async def find_principal_by(session: StateSession, name: str) -> Principal | None:
    """By object id or by name: no name is a GUID."""
    if is_guid(name):
        return await session.principals.get_principal(name)
    return await session.principals.get_principal_by_name(await get_tenant_id(session), name)


async def list_principals(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        principals = await session.principals.list_principals(await get_tenant_id(session))
    return render_list(request, principals, lambda principal: principal.name, render_principal)


async def get_principal(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await find_principal(session, request)
    return Answer(document=render_principal(found)) if isinstance(found, Principal) else found


async def put_principal(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, PrincipalBody)
    if not isinstance(body, Body):
        return body
    properties, name = body.content.properties, path_part(request, "principal")
    password = properties.password
    # Before the transaction: hashing is slow on purpose, and there is one writer at a time.
    password_hash = None
    if password is not None and len(password) <= LONGEST_PASSWORD:
        password_hash = await asyncio.to_thread(plane.hash_secret, password)
    async with plane.changing() as session:
        existing = await find_principal_by(session, name)
        if existing is not None and existing.resource_id is not None:
            return PrincipalOfResource(resource_id=existing.resource_id)
        if properties.display_name is not None and properties.display_name != (existing.name if existing else name):
            return PrincipalInvalid(member="displayName", reason="is the principal's name; leave it out")
        principal = decide_principal(
            name,
            properties,
            existing,
            tenant_id=await get_tenant_id(session),
            new_ids=NewIds(object_id=plane.new_id(), client_id=plane.new_id()),
            now=plane.clock(),
        )
        if not isinstance(principal, Principal):
            return principal
        refusal = await _find_taken(session, principal, is_new=existing is None)
        if refusal is not None:
            return refusal
        await session.principals.put_principal(principal)
        if password_hash is not None:
            await session.principals.put_password_hash(principal.object_id, password_hash)
        note(f"{principal.kind} {principal.object_id}")
    return Answer(status=201 if existing is None else 200, document=render_principal(principal))


async def _find_taken(session: StateSession, principal: Principal, *, is_new: bool) -> PrincipalTaken | None:
    store = session.principals
    others = {
        "objectId": await store.get_principal(principal.object_id) if is_new else None,
        "clientId": await store.get_principal_by_client_id(principal.client_id) if principal.client_id else None,
        "userPrincipalName": (
            await store.get_principal_by_user_principal_name(principal.user_principal_name)
            if principal.user_principal_name
            else None
        ),
    }
    for member, other in others.items():
        if other is not None and (is_new or other.object_id != principal.object_id):
            return PrincipalTaken(member=member)
    return None


async def delete_principal(plane: ControlPlane, request: Request) -> Outcome:
    """With its credentials, memberships and role assignments. Its tokens are worth nothing from then on."""
    async with plane.changing() as session:
        found = await find_principal(session, request)
        if not isinstance(found, Principal):
            return Answer(status=204)
        if found.resource_id is not None:
            return PrincipalOfResource(resource_id=found.resource_id)
        await session.principals.delete_principal(found.object_id)
        note(f"{found.kind} {found.object_id}")
    return Answer(status=200)
