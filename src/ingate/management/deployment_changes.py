"""What every change of a deployment begins and ends with."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from ingate.domain.change import modified
from ingate.domain.deployment import Deployment
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession

from .accounts import decide_account_busy
from .control_plane import ControlPlane
from .long_running import is_in_progress
from .refusals import DeploymentNotFound, ManagementRefusal, ParentBusy
from .scopes import decide_precondition, find_resource, path_part


async def find_deployment(session: StateSession, request: Request) -> Deployment | ManagementRefusal:
    resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    name = path_part(request, "deployment")
    found = await session.deployments.get_deployment(resource.resource_id, name)
    return found or DeploymentNotFound(name=name)


async def find_to_change(
    plane: ControlPlane, session: StateSession, request: Request
) -> tuple[FoundryResource, Deployment] | ManagementRefusal:
    """With its account, when nothing stands in the way of changing it."""
    resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    existing = await find_deployment(session, request)
    if not isinstance(existing, Deployment):
        return existing
    refusal = await decide_deployment_change(plane, session, request, resource, existing)
    return refusal or (resource, existing)


async def decide_deployment_change(
    plane: ControlPlane,
    session: StateSession,
    request: Request,
    resource: FoundryResource,
    existing: Deployment | None,
) -> ManagementRefusal | None:
    """Azure makes one change at a time to an account and everything in it."""
    refusal = decide_precondition(request, None if existing is None else existing.etag)
    if refusal is not None:
        return refusal
    busy = decide_account_busy(plane, resource)
    if busy is not None or plane.operation_seconds <= 0:
        return busy
    siblings = await session.deployments.list_deployments(resource.resource_id)
    if any(is_in_progress(plane, sibling.system_data.modified_at) for sibling in siblings):
        return ParentBusy(parent_id=resource.resource_id)
    return None


async def keep_change(plane: ControlPlane, session: StateSession, changed: Deployment) -> Deployment:
    deployment = replace(
        changed,
        etag=plane.new_etag(),
        system_data=modified(changed.system_data, plane.actor, plane.clock()),
    )
    await session.deployments.put_deployment(deployment)
    return deployment
