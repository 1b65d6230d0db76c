"""Scopes of role assignments and definitions: where they lie, in the spelling of what is there."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import fold_name, is_guid
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup
from ingate.wire.arm.ids import (
    ACCOUNT_TYPE,
    render_account_id,
    render_resource_group_id,
    render_subscription_id,
    render_upstream_id,
    render_workspace_id,
)

from .control_plane import ControlPlane, Handler, mount
from .directory_refusals import ManagementGroupNotFound, ScopeInvalid
from .refusals import ResourceGroupNotFound, ResourceNotFound, SubscriptionIdInvalid, SubscriptionNotFound

AUTHORIZATION_PROVIDER = "/providers/Microsoft.Authorization"
ROOT = "/"
MANAGEMENT_GROUPS = "/providers/Microsoft.Management/managementGroups"

ScopeRefusal = (
    ScopeInvalid
    | ManagementGroupNotFound
    | SubscriptionIdInvalid
    | SubscriptionNotFound
    | ResourceGroupNotFound
    | ResourceNotFound
)


def mount_at_scopes(plane: ControlPlane, path: str, handlers: Mapping[str, Handler]) -> list[BaseRoute]:
    """At the root and behind every scope, which `find_request_scope` finds."""
    return [mount(plane, path, handlers), mount(plane, "/{scope:path}" + path, handlers)]


async def find_request_scope(session: StateSession, request: Request) -> str | ScopeRefusal:
    return await find_scope(session, str(request.path_params.get("scope", "")))


async def find_scope(session: StateSession, text: str) -> str | ScopeRefusal:
    """`text` is an ARM id, without regard to case and to slashes around it. Strict about its form: authorization
    has read the same path, and both must see the same in it."""
    segments = text.strip("/").split("/") if text.strip("/") else []
    words = [segment.lower() for segment in segments]
    if not segments:
        return ROOT
    if words[:3] == ["providers", "microsoft.management", "managementgroups"] and len(segments) == 4:
        return await _find_management_group(session, segments[3])
    if words[0] != "subscriptions" or len(segments) % 2:
        return ScopeInvalid()
    if not is_guid(segments[1]):
        return SubscriptionIdInvalid(subscription_id=segments[1])
    subscription = await session.subscriptions.get_subscription(segments[1])
    if subscription is None:
        return SubscriptionNotFound(subscription_id=segments[1])
    if len(segments) == 2:
        return render_subscription_id(subscription.subscription_id)
    if words[2] != "resourcegroups":
        return ScopeInvalid()
    group = await session.resource_groups.get_resource_group(subscription.subscription_id, segments[3])
    if group is None:
        return ResourceGroupNotFound(resource_group=segments[3])
    if len(segments) == 4:
        return render_resource_group_id(group.subscription_id, group.name)
    return await _find_resource(session, group, segments[4:]) if words[4] == "providers" else ScopeInvalid()


async def _find_management_group(session: StateSession, name: str) -> str | ManagementGroupNotFound:
    """Only the tenant's root: an assignment at any management group counts everywhere, so that a misspelt one would
    give away more than was meant."""
    tenants = await session.tenants.list_tenants()
    found = next((tenant.tenant_id for tenant in tenants if tenant.tenant_id == name.lower()), None)
    if found is None:
        return ManagementGroupNotFound(name=name, known=tenants[0].tenant_id if tenants else "")
    return f"{MANAGEMENT_GROUPS}/{found}"


async def _find_resource(session: StateSession, group: ResourceGroup, segments: list[str]) -> str | ScopeRefusal:
    """`segments` begin with `providers`, and are of even number."""
    if len(segments) < 4:
        return ScopeInvalid()
    type_, name = "/".join([segments[1], *segments[2::2]]), "/".join(segments[3::2])
    missing = ResourceNotFound(type=type_, name=name, resource_group=group.name)
    match [word.lower() for word in [segments[1], *segments[2::2]]]:
        case ["microsoft.cognitiveservices", "accounts", *below] if len(below) <= 1:
            account_id = render_account_id(group.subscription_id, group.name, segments[3])
            resource = await session.resources.get_resource(account_id)
            if resource is None:
                return ResourceNotFound(type=ACCOUNT_TYPE, name=segments[3], resource_group=group.name)
            if not below:
                return resource.resource_id
            return await _find_part(session, resource.resource_id, below[0], segments[5]) or missing
        case ["ingate.gateway", "upstreams"]:
            upstream = await session.upstreams.get_upstream(segments[3])
            wanted = render_upstream_id(group.subscription_id, group.name, segments[3])
            is_here = upstream is not None and fold_name(upstream.upstream_id) == fold_name(wanted)
            return upstream.upstream_id if upstream is not None and is_here else missing
        case ["microsoft.operationalinsights", "workspaces"]:
            workspace_id = render_workspace_id(group.subscription_id, group.name, segments[3])
            workspace = await session.workspaces.get_workspace(workspace_id)
            return missing if workspace is None else workspace.workspace_id
        case _:
            return missing


async def _find_part(session: StateSession, resource_id: str, type_: str, name: str) -> str | None:
    if type_ == "deployments":
        deployment = await session.deployments.get_deployment(resource_id, name)
        return None if deployment is None else f"{resource_id}/deployments/{deployment.name}"
    if type_ == "projects":
        project = await session.projects.get_project(resource_id, name)
        return None if project is None else project.project_id
    return None
