"""Microsoft.OperationalInsights/workspaces: where logs are queried.

https://learn.microsoft.com/rest/api/loganalytics/workspaces
"""

from __future__ import annotations

import re

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.change import created, modified
from ingate.domain.naming import parse_location
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription
from ingate.domain.workspace import (
    DEFAULT_RETENTION_DAYS,
    LONGEST_RETENTION_DAYS,
    SHORTEST_RETENTION_DAYS,
    Workspace,
)
from ingate.management.account_lifecycle import drop_assignments
from ingate.management.bodies import Body, convert_body, read_body
from ingate.management.control_plane import Answer, ControlPlane, Outcome, mount
from ingate.management.paging import render_list
from ingate.management.refusals import (
    LocationChanged,
    LocationInvalid,
    LocationMissing,
    ManagementRefusal,
    NameInvalid,
    PropertyInvalid,
    ResourceNotFound,
)
from ingate.management.request_context import get_access
from ingate.management.scopes import (
    RESOURCE_GROUP_PATH,
    SUBSCRIPTION_PATH,
    answer_head,
    decide_precondition,
    find_resource_group,
    find_subscription,
    path_part,
)
from ingate.wire.arm.documents import JsonObject, get_object, merge_patch, without
from ingate.wire.arm.envelopes import render_time
from ingate.wire.arm.ids import WORKSPACE_TYPE, render_workspace_id

DEFAULT_WORKSPACE = "example-workspace"
WORKSPACES = f"/providers/{WORKSPACE_TYPE}"
WORKSPACE_NAME_RULE = "4 to 63 letters, digits and hyphens, beginning and ending with a letter or digit"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]")
_READ_ONLY = frozenset({"id", "name", "type", "etag", "systemData", "location"})
_READ_ONLY_PROPERTIES = frozenset({"customerId", "provisioningState", "createdDate", "modifiedDate"})


class WorkspaceProperties(msgspec.Struct, rename="camel"):
    retention_in_days: int | None = None


class WorkspaceBody(msgspec.Struct):
    location: str | None = None
    tags: dict[str, str] | None = None
    properties: WorkspaceProperties | None = None


def workspace_routes(plane: ControlPlane) -> list[BaseRoute]:
    workspace = {
        "GET": get_workspace,
        "HEAD": answer_head(get_workspace),
        "PUT": put_workspace,
        "PATCH": patch_workspace,
        "DELETE": delete_workspace,
    }
    return [
        mount(plane, SUBSCRIPTION_PATH + WORKSPACES, {"GET": list_subscription_workspaces}),
        mount(plane, RESOURCE_GROUP_PATH + WORKSPACES, {"GET": list_group_workspaces}),
        mount(plane, RESOURCE_GROUP_PATH + WORKSPACES + "/{workspace}", workspace),
    ]


async def seed_workspace(
    plane: ControlPlane, session: StateSession, *, subscription_id: str, resource_group: str, location: str
) -> None:
    """An Ingate has at least one when it starts."""
    if await session.workspaces.list_workspaces():
        return
    await session.workspaces.put_workspace(
        Workspace(
            subscription_id=subscription_id,
            resource_group=resource_group,
            name=DEFAULT_WORKSPACE,
            location=location,
            customer_id=plane.new_id(),
            retention_days=DEFAULT_RETENTION_DAYS,
            etag=plane.new_etag(),
            system_data=created(plane.actor, plane.clock()),
        )
    )


async def list_subscription_workspaces(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        found = await session.workspaces.list_workspaces(subscription.subscription_id)
    return _list(request, found)


async def list_group_workspaces(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        found = await session.workspaces.list_workspaces(group.subscription_id, group.name)
    return _list(request, found)


def _list(request: Request, found: list[Workspace]) -> Outcome:
    access = get_access()
    seen = [workspace for workspace in found if access.reads(WORKSPACE_TYPE, workspace.workspace_id)]
    return render_list(request, seen, lambda workspace: workspace.workspace_id, render_workspace)


async def get_workspace(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await _find(session, request)
    return Answer(document=render_workspace(found)) if isinstance(found, Workspace) else found


async def put_workspace(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, WorkspaceBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        existing = await session.workspaces.get_workspace(_get_id(request, group))
        return await _put(plane, session, request, group, body, existing)


async def patch_workspace(plane: ControlPlane, request: Request) -> Outcome:
    """What the patch leaves out stays as it is."""
    patch = await read_body(request, WorkspaceBody)
    if not isinstance(patch, Body):
        return patch
    async with plane.changing() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        existing = await _find(session, request)
        if not isinstance(existing, Workspace):
            return existing
        body = convert_body(merge_patch(existing.document, patch.document), WorkspaceBody)
        if not isinstance(body, Body):
            return body
        return await _put(plane, session, request, group, body, existing)


async def delete_workspace(plane: ControlPlane, request: Request) -> Outcome:
    """The logs stay: other workspaces show them too."""
    async with plane.changing() as session:
        existing = await _find(session, request)
        if isinstance(existing, ResourceNotFound):
            return Answer(status=204)
        if not isinstance(existing, Workspace):
            return existing
        refusal = decide_precondition(request, existing.etag)
        if refusal is not None:
            return refusal
        await drop_assignments(session, existing.workspace_id)
        await session.workspaces.delete_workspace(existing.workspace_id)
        return Answer(status=200)


async def _put(
    plane: ControlPlane,
    session: StateSession,
    request: Request,
    group: ResourceGroup,
    body: Body[WorkspaceBody],
    existing: Workspace | None,
) -> Outcome:
    refusal = decide_precondition(request, None if existing is None else existing.etag)
    if refusal is not None:
        return refusal
    name = path_part(request, "workspace") if existing is None else existing.name
    decided = _decide(name, body.content, existing)
    if not isinstance(decided, tuple):
        return decided
    location, retention_days = decided
    properties = without(get_object(body.document, "properties"), _READ_ONLY_PROPERTIES)
    workspace = Workspace(
        subscription_id=group.subscription_id,
        resource_group=group.name,
        name=name,
        location=location,
        customer_id=plane.new_id() if existing is None else existing.customer_id,
        retention_days=retention_days,
        etag=plane.new_etag(),
        system_data=modified(existing and existing.system_data, plane.actor, plane.clock()),
        document=without(body.document, _READ_ONLY) | {"properties": properties},
    )
    await session.workspaces.put_workspace(workspace)
    return Answer(status=201 if existing is None else 200, document=render_workspace(workspace))


def _decide(name: str, body: WorkspaceBody, existing: Workspace | None) -> tuple[str, int] | ManagementRefusal:
    """Its location, and for how many days it shows what is logged."""
    if existing is None and _NAME.fullmatch(name) is None:
        return NameInvalid(noun="workspace", name=name, rule=WORKSPACE_NAME_RULE)
    given = body.location or (existing.location if existing is not None else None)
    if given is None:
        return LocationMissing()
    location = parse_location(given)
    if location is None:
        return LocationInvalid(given=given)
    if existing is not None and location != existing.location:
        return LocationChanged(
            name=name, resource_group=existing.resource_group, location=existing.location, given=location
        )
    days = body.properties.retention_in_days if body.properties is not None else None
    if days is None:
        days = DEFAULT_RETENTION_DAYS if existing is None else existing.retention_days
    if not SHORTEST_RETENTION_DAYS <= days <= LONGEST_RETENTION_DAYS:
        reason = f"must be from {SHORTEST_RETENTION_DAYS} to {LONGEST_RETENTION_DAYS}"
        return PropertyInvalid(name="properties.retentionInDays", reason=reason)
    return location, days


async def _find(session: StateSession, request: Request) -> Workspace | ManagementRefusal:
    group = await find_resource_group(session, request)
    if not isinstance(group, ResourceGroup):
        return group
    found = await session.workspaces.get_workspace(_get_id(request, group))
    name = path_part(request, "workspace")
    return found or ResourceNotFound(type=WORKSPACE_TYPE, name=name, resource_group=group.name)


def _get_id(request: Request, group: ResourceGroup) -> str:
    return render_workspace_id(group.subscription_id, group.name, path_part(request, "workspace"))


def render_workspace(workspace: Workspace) -> JsonObject:
    data = workspace.system_data
    computed: JsonObject = {
        "customerId": workspace.customer_id,
        "provisioningState": "Succeeded",
        "retentionInDays": workspace.retention_days,
        "createdDate": render_time(data.created_at),
        "modifiedDate": render_time(data.modified_at),
    }
    written = get_object(workspace.document, "properties")
    return {
        "id": workspace.workspace_id,
        "name": workspace.name,
        "type": WORKSPACE_TYPE,
        "etag": workspace.etag,
        "location": workspace.location,
        **workspace.document,
        "properties": {"sku": {"name": "PerGB2018"}, **written, **computed},
    }
