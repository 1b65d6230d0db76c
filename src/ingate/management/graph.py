"""The look-ups in Microsoft Graph that Azure's command line makes: who is behind a name, a client id, an object id.

Read only: principals are managed at `Ingate.Identity/principals`.
https://learn.microsoft.com/graph/api/overview
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ingate.domain.naming import fold_name, is_guid
from ingate.domain.principal import Principal, PrincipalKind
from ingate.domain.state import StateSession
from ingate.wire.arm.documents import JsonObject

from .bodies import Body, read_body
from .control_plane import Answer, ArmRoute, ControlPlane, Handler, Outcome
from .directory_refusals import GraphObjectNotFound, GraphQueryNotSupported
from .graph_documents import (
    list_service_principal_names,
    render_application,
    render_directory_object,
    render_service_principal,
)
from .graph_envelope import render_collection, render_entity, render_graph_outcome
from .odata_terms import Term, parse_terms
from .paging import get_query
from .principals import get_tenant_id
from .refusals import BodyInvalid
from .request_context import current
from .scopes import path_part

GRAPH_PATH = "/v1.0"
MOST_IDS = 1000
"""In one look-up of many, as in Graph."""

Render = Callable[[Principal], JsonObject]

SERVICE_PRINCIPALS: tuple[PrincipalKind, ...] = ("application", "managed-identity")
_FILTERS = ("id eq", "appId eq", "displayName eq", "startswith(displayName,...)")
_USER_FILTERS = ("userPrincipalName eq", "mail eq")
_SERVICE_PRINCIPAL_FILTERS = ("servicePrincipalNames/any(c:c eq ...)",)


def graph_routes(plane: ControlPlane) -> list[BaseRoute]:
    lists: Mapping[str, tuple[tuple[PrincipalKind, ...], Render]] = {
        "servicePrincipals": (SERVICE_PRINCIPALS, render_service_principal),
        "applications": (("application",), render_application),
        "users": (("user",), render_directory_object),
        "groups": (("group",), render_directory_object),
    }
    routes: list[BaseRoute] = []
    for collection, (kinds, render) in lists.items():
        path = f"{GRAPH_PATH}/{collection}"
        routes.append(_mount(plane, path, {"GET": _make_list(collection, kinds, render)}))
        routes.append(_mount(plane, path + "/{object}", {"GET": _make_get(collection, kinds, render)}))
    routes.append(_mount(plane, GRAPH_PATH + "/me", {"GET": get_me}))
    routes.append(_mount(plane, GRAPH_PATH + "/directoryObjects/getByIds", {"POST": get_by_ids}))
    return routes


def _mount(plane: ControlPlane, path: str, handlers: Mapping[str, Handler]) -> ArmRoute:
    """Like `control_plane.mount`, with Graph's errors."""

    async def endpoint(request: Request) -> Response:
        handler = handlers.get(request.method) or handlers["GET"]
        return render_graph_outcome(request, await handler(plane, request))

    return ArmRoute(path, endpoint, list(handlers))


def _make_list(collection: str, kinds: Sequence[PrincipalKind], render: Render) -> Handler:
    async def list_objects(plane: ControlPlane, request: Request) -> Outcome:
        terms = parse_terms(get_query(request, "$filter"))
        known = {term.key for term in terms or ()} <= _list_filters(kinds)
        if terms is None or not known:
            return GraphQueryNotSupported(known=_name_filters(kinds))
        async with plane.state.reading() as session:
            principals = await session.principals.list_principals(await get_tenant_id(session))
        found = [entry for entry in principals if entry.kind in kinds and all(_fits(entry, term) for term in terms)]
        return Answer(document=render_collection(request, collection, [render(entry) for entry in found]))

    return list_objects


def _list_filters(kinds: Sequence[PrincipalKind]) -> frozenset[tuple[str, str]]:
    known = {("id", "eq"), ("appid", "eq"), ("displayname", "eq"), ("displayname", "startswith")}
    if "user" in kinds:
        known |= {("userprincipalname", "eq"), ("mail", "eq")}
    if "managed-identity" in kinds:
        known |= {("serviceprincipalnames", "any")}
    return frozenset(known)


def _name_filters(kinds: Sequence[PrincipalKind]) -> tuple[str, ...]:
    return (
        *_FILTERS,
        *(_USER_FILTERS if "user" in kinds else ()),
        *(_SERVICE_PRINCIPAL_FILTERS if "managed-identity" in kinds else ()),
    )


def _fits(principal: Principal, term: Term) -> bool:
    wanted = fold_name(term.value)
    match term.key:
        case ("id", _):
            return principal.object_id == wanted
        case ("appid", _):
            return principal.client_id == wanted
        case ("displayname", "startswith"):
            return fold_name(principal.name).startswith(wanted)
        case ("displayname", _):
            return fold_name(principal.name) == wanted
        case ("userprincipalname" | "mail", _):
            return fold_name(principal.user_principal_name or "") == wanted
        case _:
            return wanted in {fold_name(name) for name in list_service_principal_names(principal)}


def _make_get(collection: str, kinds: Sequence[PrincipalKind], render: Render) -> Handler:
    async def get_object(plane: ControlPlane, request: Request) -> Outcome:
        name = path_part(request, "object")
        async with plane.state.reading() as session:
            found = await _find_object(session, name, kinds)
        if found is None:
            return GraphObjectNotFound(object_id=name)
        return Answer(document=render_entity(request, collection, render(found)))

    return get_object


async def _find_object(session: StateSession, name: str, kinds: Sequence[PrincipalKind]) -> Principal | None:
    """By object id; a user also by its user principal name."""
    if is_guid(name):
        found = await session.principals.get_principal(name)
    else:
        found = await session.principals.get_principal_by_user_principal_name(name)
    return found if found is not None and found.kind in kinds else None


async def get_me(plane: ControlPlane, request: Request) -> Outcome:
    """Users only: an application has no `me`."""
    context = current.get()
    object_id = "" if context is None else context.object_id
    async with plane.state.reading() as session:
        found = await session.principals.get_principal(object_id) if object_id else None
    if found is None or found.kind != "user":
        return BodyInvalid(reason="/me request is only valid with delegated authentication flow")
    return Answer(document=render_entity(request, "users", render_directory_object(found)))


class IdsBody(msgspec.Struct):
    ids: list[str]
    types: list[str] | None = None


async def get_by_ids(plane: ControlPlane, request: Request) -> Outcome:
    """Those that exist; the others are left out, as in Graph."""
    body = await read_body(request, IdsBody)
    if not isinstance(body, Body):
        return body
    wish = body.content
    if len(wish.ids) > MOST_IDS:
        return BodyInvalid(reason=f"there are more than {MOST_IDS} ids")
    types = {type_.lower() for type_ in wish.types} if wish.types else None
    async with plane.state.reading() as session:
        principals = await session.principals.list_principals(await get_tenant_id(session))
    by_id = {principal.object_id: principal for principal in principals}
    found = [by_id[key] for entry in wish.ids if (key := entry.lower()) in by_id]
    shown = [entry for entry in found if types is None or entry.principal_type.lower() in types]
    items = [render_directory_object(entry, is_typed=True) for entry in shown]
    return Answer(document=render_collection(request, "directoryObjects", items))
