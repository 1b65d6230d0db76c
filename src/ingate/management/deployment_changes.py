"""What every change of a deployment begins and ends with."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from ingate.domain.change import modified
from ingate.domain.deployment import Deployment
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession

from .control_plane import ControlPlane
from .part_changes import decide_part_change
from .refusals import DeploymentNotFound, ManagementRefusal
from .scopes import find_resource, path_part


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
    refusal = await decide_part_change(plane, request, resource, existing, session.deployments.list_deployments)
    return refusal or (resource, existing)


async def keep_change(plane: ControlPlane, session: StateSession, changed: Deployment) -> Deployment:
    deployment = replace(
        changed,
        etag=plane.new_etag(),
        system_data=modified(changed.system_data, plane.actor, plane.clock()),
    )
    await session.deployments.put_deployment(deployment)
    return deployment
