"""Resources of every type together, as a subscription or a resource group lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import fold_name
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription
from ingate.domain.upstream import ConfiguredUpstream
from ingate.wire.arm.documents import JsonObject, get_object

from .account_views import AccountView, render_account, view_accounts
from .control_plane import ControlPlane, Outcome, mount
from .list_filters import Condition, parse_filter
from .paging import get_query, render_list
from .project_bodies import render_project
from .refusals import FilterInvalid
from .request_context import get_access
from .scopes import RESOURCE_GROUP_PATH, SUBSCRIPTION_PATH, find_resource_group, find_subscription
from .upstream_bodies import render_upstream

FILTERED_MEMBERS = frozenset({"name", "resourcetype", "location", "resourcegroup", "tagname", "tagvalue"})

_SHOWN = ("id", "name", "type", "kind", "location", "sku", "identity", "tags")
_TIMES = {"createdTime": "createdAt", "changedTime": "lastModifiedAt"}


def resource_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, SUBSCRIPTION_PATH + "/resources", {"GET": list_subscription_resources}),
        mount(plane, RESOURCE_GROUP_PATH + "/resources", {"GET": list_group_resources}),
    ]


async def list_subscription_resources(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        documents = await _collect(plane, session, subscription.subscription_id, None)
    return _list(request, documents)


async def list_group_resources(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        documents = await _collect(plane, session, group.subscription_id, group.name)
    return _list(request, documents)


async def _collect(
    plane: ControlPlane, session: StateSession, subscription_id: str, group: str | None
) -> list[JsonObject]:
    """Accounts, their projects and upstreams, whole. Deployments are no tracked resources on Azure either."""
    views = await view_accounts(session, await session.resources.list_resources(subscription_id, group))
    upstreams = [
        upstream
        for upstream in await session.upstreams.list_upstreams()
        if is_upstream_in(upstream, subscription_id, group)
    ]
    return [
        *(render_account(plane, view) for view in views),
        *_render_projects(plane, views),
        *(render_upstream(upstream) for upstream in upstreams),
    ]


def is_upstream_in(upstream: ConfiguredUpstream, subscription_id: str, group: str | None) -> bool:
    if upstream.subscription_id.lower() != subscription_id.lower():
        return False
    return group is None or fold_name(upstream.resource_group) == fold_name(group)


def _render_projects(plane: ControlPlane, views: Iterable[AccountView]) -> list[JsonObject]:
    return [
        render_project(plane, view.resource, project, is_default=False) for view in views for project in view.projects
    ]


def _list(request: Request, documents: Sequence[JsonObject]) -> Outcome:
    conditions = parse_filter(get_query(request, "$filter"), FILTERED_MEMBERS)
    if isinstance(conditions, FilterInvalid):
        return conditions
    access = get_access()
    fitting = [entry for entry in documents if access.reads(entry["type"], entry["id"]) and _fits(entry, conditions)]
    expand = (get_query(request, "$expand") or "").lower()
    return render_list(request, fitting, lambda entry: entry["id"], lambda entry: _render(entry, expand))


def _fits(entry: JsonObject, conditions: Sequence[Condition]) -> bool:
    members = {
        "name": entry["name"],
        "resourcetype": entry["type"],
        "location": entry.get("location") or "",
        "resourcegroup": entry["id"].split("/")[4],
    }
    plain = [condition for condition in conditions if condition.member in members]
    return all(condition.fits(members) for condition in plain) and fits_tags(entry, conditions)


def fits_tags(entry: JsonObject, conditions: Sequence[Condition]) -> bool:
    """Whether one tag has the name and the value that are asked for."""
    wanted = [condition for condition in conditions if condition.member in ("tagname", "tagvalue")]
    tags = get_object(entry, "tags")
    return not wanted or any(
        all(condition.fits({"tagname": name, "tagvalue": str(value)}) for condition in wanted)
        for name, value in tags.items()
    )


def _render(entry: JsonObject, expand: str) -> JsonObject:
    shown: JsonObject = {name: entry[name] for name in _SHOWN if entry.get(name) is not None}
    data = get_object(entry, "systemData")
    expanded = {name: data[member] for name, member in _TIMES.items() if name.lower() in expand and member in data}
    if "provisioningstate" in expand:
        expanded["provisioningState"] = get_object(entry, "properties").get("provisioningState", "Succeeded")
    return shown | expanded
