"""Microsoft.Resources/resourceGroups."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import RESOURCE_GROUP_NAME_RULE, is_resource_group_name, parse_location
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription, SubscriptionId
from ingate.wire.arm.documents import JsonObject, get_object, without
from ingate.wire.arm.ids import RESOURCE_GROUP_TYPE, render_resource_group_id

from .account_lifecycle import drop_assignments, drop_budgets
from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .list_filters import parse_filter
from .long_running import OperationAddress, accept_change
from .paging import get_query, render_list
from .refusals import (
    FilterInvalid,
    LocationChanged,
    LocationInvalid,
    LocationMissing,
    ManagementRefusal,
    NameInvalid,
    ResourceGroupNotFound,
)
from .request_context import get_access
from .resource_group_deletion import empty_resource_group
from .resources import fits_tags
from .scopes import (
    RESOURCE_GROUP_PATH,
    SUBSCRIPTION_PATH,
    answer_head,
    find_resource_group,
    find_subscription,
    path_part,
)

_READ_ONLY = frozenset({"id", "name", "type", "location"})


class ResourceGroupBody(msgspec.Struct):
    location: str | None = None
    tags: dict[str, str] | None = None


def resource_group_routes(plane: ControlPlane) -> list[BaseRoute]:
    group = {
        "GET": get_resource_group,
        "HEAD": answer_head(get_resource_group),
        "PUT": put_resource_group,
        "PATCH": patch_resource_group,
        "DELETE": delete_resource_group,
    }
    return [
        mount(plane, SUBSCRIPTION_PATH + "/resourceGroups", {"GET": list_resource_groups}),
        mount(plane, RESOURCE_GROUP_PATH, group),
    ]


async def list_resource_groups(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        groups = await session.resource_groups.list_resource_groups(subscription.subscription_id)
    conditions = parse_filter(get_query(request, "$filter"), frozenset({"tagname", "tagvalue"}))
    if isinstance(conditions, FilterInvalid):
        return conditions
    access = get_access()
    documents = [render_resource_group(group) for group in groups]
    seen = [entry for entry in documents if access.sees(entry["id"]) and fits_tags(entry, conditions)]
    return render_list(request, seen, lambda entry: entry["name"], lambda entry: entry)


async def get_resource_group(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await find_resource_group(session, request)
    return Answer(document=render_resource_group(found)) if isinstance(found, ResourceGroup) else found


async def put_resource_group(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, ResourceGroupBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        existing = await find_resource_group(session, request)
        if not isinstance(existing, ResourceGroup | ResourceGroupNotFound):
            return existing
        return await _put(session, request, body, existing)


async def patch_resource_group(plane: ControlPlane, request: Request) -> Outcome:
    """Tags alone can be changed, and are replaced whole."""
    patch = await read_body(request, ResourceGroupBody)
    if not isinstance(patch, Body):
        return patch
    async with plane.changing() as session:
        existing = await find_resource_group(session, request)
        if not isinstance(existing, ResourceGroup):
            return existing
        content = ResourceGroupBody(location=patch.content.location or existing.location, tags=patch.content.tags)
        body = Body(document=existing.document | patch.document, content=content)
        return await _put(session, request, body, existing)


async def delete_resource_group(plane: ControlPlane, request: Request) -> Outcome:
    """With everything in it: accounts can be restored for 48 hours, when there is a group of that name again."""
    async with plane.changing() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        refusal = await empty_resource_group(plane, session, group)
        if refusal is not None:
            return refusal
        scope = render_resource_group_id(group.subscription_id, group.name)
        # Those of its accounts wait with them, to be restored or purged.
        await drop_assignments(session, scope, below=False)
        await drop_budgets(session, scope)
        await session.resource_groups.delete_resource_group(group.subscription_id, group.name)
        address = OperationAddress(subscription_id=group.subscription_id)
        return accept_change(plane, request, Answer(status=200), address, "delete")


async def _put(
    session: StateSession,
    request: Request,
    body: Body[ResourceGroupBody],
    existing: ResourceGroup | ResourceGroupNotFound,
) -> Outcome:
    group = _decide_group(request, body, existing)
    if not isinstance(group, ResourceGroup):
        return group
    await session.resource_groups.put_resource_group(group)
    status = 200 if isinstance(existing, ResourceGroup) else 201
    return Answer(status=status, document=render_resource_group(group))


def _decide_group(
    request: Request, body: Body[ResourceGroupBody], existing: ResourceGroup | ResourceGroupNotFound
) -> ResourceGroup | ManagementRefusal:
    name = existing.name if isinstance(existing, ResourceGroup) else path_part(request, "group")
    given = body.content.location
    if not is_resource_group_name(name):
        return NameInvalid(noun="resource group", name=name, rule=RESOURCE_GROUP_NAME_RULE)
    if given is None:
        return LocationMissing()
    location = parse_location(given)
    if location is None:
        return LocationInvalid(given=given)
    if isinstance(existing, ResourceGroup) and existing.location != location:
        return LocationChanged(name=name, resource_group=name, location=existing.location, given=location)
    return ResourceGroup(
        subscription_id=SubscriptionId(path_part(request, "subscription").lower()),
        name=name,
        location=location,
        document=without(body.document, _READ_ONLY),
    )


def render_resource_group(group: ResourceGroup) -> JsonObject:
    properties = get_object(group.document, "properties") | {"provisioningState": "Succeeded"}
    return {
        "id": render_resource_group_id(group.subscription_id, group.name),
        "name": group.name,
        "type": RESOURCE_GROUP_TYPE,
        "location": group.location,
        **group.document,
        "properties": properties,
    }
