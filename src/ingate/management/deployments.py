"""Microsoft.CognitiveServices/accounts/deployments."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.change import LOCAL_ADMINISTRATOR, modified
from ingate.domain.deployment import Deployment
from ingate.domain.naming import fold_name
from ingate.domain.quota_allocation import QuotaInsufficient, decide_allocation
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.upstream import SIMULATOR
from ingate.wire.arm.ids import DEPLOYMENT_TYPE, render_account_id

from .account_lifecycle import drop_assignments
from .accounts import address_account
from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .deployment_bodies import (
    DecidedDeployment,
    DeploymentBody,
    DeploymentPatch,
    decide_deployment,
    decide_sku,
    keep_document,
)
from .deployment_changes import find_deployment, find_to_change, keep_change
from .deployment_options import decide_provider_data
from .deployment_views import render_deployment
from .long_running import accept_change
from .paging import get_query, render_list
from .part_changes import decide_part_change
from .refusals import (
    DeploymentNotFound,
    ManagementRefusal,
    ParentResourceNotFound,
    ResourceNotFound,
    UpstreamUnknown,
)
from .scopes import ACCOUNT_PATH, DEPLOYMENT_PATH, answer_head, find_resource, path_part


def deployment_routes(plane: ControlPlane) -> list[BaseRoute]:
    deployment = {
        "GET": get_deployment,
        "HEAD": answer_head(get_deployment),
        "PUT": put_deployment,
        "PATCH": patch_deployment,
        "DELETE": delete_deployment,
    }
    return [
        mount(plane, ACCOUNT_PATH + "/deployments", {"GET": list_deployments}),
        mount(plane, DEPLOYMENT_PATH, deployment),
    ]


async def list_deployments(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        deployments = await session.deployments.list_deployments(resource.resource_id)
    return render_list(
        request, deployments, lambda deployment: deployment.name, lambda entry: render_deployment(plane, entry)
    )


async def get_deployment(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await find_deployment(session, request)
    return Answer(document=render_deployment(plane, found)) if isinstance(found, Deployment) else found


async def put_deployment(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, DeploymentBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        resource = await find_resource(session, request)
        if isinstance(resource, ResourceNotFound):
            return _name_missing_parent(request, resource)
        if not isinstance(resource, FoundryResource):
            return resource
        existing = await session.deployments.get_deployment(resource.resource_id, path_part(request, "deployment"))
        list_siblings = session.deployments.list_deployments
        refusal = await decide_part_change(plane, request, resource, existing, list_siblings)
        if refusal is not None:
            return refusal
        return await _put(plane, session, request, resource, body, existing)


async def _put(
    plane: ControlPlane,
    session: StateSession,
    request: Request,
    resource: FoundryResource,
    body: Body[DeploymentBody],
    existing: Deployment | None,
) -> Outcome:
    name = path_part(request, "deployment") if existing is None else existing.name
    decided = decide_deployment(plane.catalog, name, body.content, existing)
    if isinstance(decided, ManagementRefusal):
        return decided
    refusal = decide_provider_data(
        body.content.properties.model_provider_data,
        api_version=get_query(request, "api-version") or "",
        is_new=existing is None,
        is_administrator=plane.actor == LOCAL_ADMINISTRATOR,
        is_required=plane.requires_provider_data,
    )
    if refusal is not None:
        return refusal
    upstream = await _find_upstream_name(session, decided.upstream)
    if isinstance(upstream, UpstreamUnknown):
        return upstream
    deployment = _build_deployment(plane, resource, name, decided, upstream, body, existing)
    insufficient = await _decide_allocation(plane, session, resource, deployment, existing)
    if insufficient is not None:
        return insufficient
    await session.deployments.put_deployment(deployment)
    answer = Answer(status=201 if existing is None else 200, document=render_deployment(plane, deployment))
    return accept_change(plane, request, answer, address_account(resource), "write")


async def _decide_allocation(
    plane: ControlPlane,
    session: StateSession,
    resource: FoundryResource,
    wanted: Deployment,
    existing: Deployment | None,
) -> QuotaInsufficient | None:
    if plane.subscription_quota == "unlimited":
        return None
    deployments = await session.deployments.list_deployments_of_subscription(resource.subscription_id)
    return decide_allocation(
        plane.catalog, plane.subscription_quota, wanted=wanted, existing=existing, deployments=deployments
    )


def _build_deployment(
    plane: ControlPlane,
    resource: FoundryResource,
    name: str,
    decided: DecidedDeployment,
    upstream: str,
    body: Body[DeploymentBody],
    existing: Deployment | None,
) -> Deployment:
    return Deployment(
        resource_id=resource.resource_id,
        name=name,
        model_id=decided.model_id,
        model_version=decided.model_version,
        deployment_type=decided.deployment_type,
        capacity=decided.capacity,
        upstream=upstream,
        upstream_model=decided.upstream_model,
        limits=decided.limits,
        record_content=decided.record_content,
        is_paused=existing is not None and existing.is_paused,
        etag=plane.new_etag(),
        system_data=modified(existing and existing.system_data, plane.actor, plane.clock()),
        document=keep_document(body.document),
    )


async def patch_deployment(plane: ControlPlane, request: Request) -> Outcome:
    """Azure's PATCH knows only `tags` and `sku`."""
    patch = await read_body(request, DeploymentPatch)
    if not isinstance(patch, Body):
        return patch
    async with plane.changing() as session:
        found = await find_to_change(plane, session, request)
        if not isinstance(found, tuple):
            return found
        return await _patch(plane, session, request, patch, *found)


async def _patch(
    plane: ControlPlane,
    session: StateSession,
    request: Request,
    patch: Body[DeploymentPatch],
    resource: FoundryResource,
    existing: Deployment,
) -> Outcome:
    sku = decide_sku(plane.catalog, existing.model_id, existing.model_version, patch.content.sku, existing)
    if not isinstance(sku, tuple):
        return sku
    tags = {"tags": patch.document["tags"]} if "tags" in patch.document else {}
    changed = replace(existing, deployment_type=sku[0], capacity=sku[1], document=existing.document | tags)
    insufficient = await _decide_allocation(plane, session, resource, changed, existing)
    if insufficient is not None:
        return insufficient
    deployment = await keep_change(plane, session, changed)
    answer = Answer(document=render_deployment(plane, deployment))
    return accept_change(plane, request, answer, address_account(resource), "write")


async def delete_deployment(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        found = await find_to_change(plane, session, request)
        if isinstance(found, DeploymentNotFound):
            return Answer(status=204)
        if not isinstance(found, tuple):
            return found
        resource, existing = found
        await drop_assignments(session, existing.deployment_id)
        await session.deployments.delete_deployment(existing.resource_id, existing.name)
        return accept_change(plane, request, Answer(status=200), address_account(resource), "delete")


async def _find_upstream_name(session: StateSession, name: str) -> str | UpstreamUnknown:
    """As it was spelled when it was created."""
    if fold_name(name) == SIMULATOR:
        return SIMULATOR
    found = await session.upstreams.get_upstream(name)
    if found is not None:
        return found.definition.name
    known = await session.upstreams.list_upstreams()
    return UpstreamUnknown(name=name, known=(SIMULATOR, *(entry.definition.name for entry in known)))


def _name_missing_parent(request: Request, missing: ResourceNotFound) -> ParentResourceNotFound:
    subscription_id = path_part(request, "subscription")
    parent_id = render_account_id(subscription_id, missing.resource_group, missing.name)
    return ParentResourceNotFound(type=DEPLOYMENT_TYPE, parent_id=parent_id)
