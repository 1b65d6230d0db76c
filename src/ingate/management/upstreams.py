"""Ingate.Gateway/upstreams: our own resource type, in Azure's shape.

The built-in simulator is seen in every resource group; a configured upstream belongs to one, and deployments of
every resource may use it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.change import modified
from ingate.domain.naming import UPSTREAM_NAME_RULE, fold_name, is_resource_name
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup
from ingate.domain.upstream import SIMULATOR, ConfiguredUpstream, UpstreamDefinition
from ingate.wire.arm.envelopes import render_page
from ingate.wire.arm.ids import UPSTREAM_TYPE

from .account_lifecycle import drop_assignments
from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .refusals import (
    ManagementRefusal,
    NameInvalid,
    ResourceNotFound,
    UpstreamBuiltIn,
    UpstreamElsewhere,
    UpstreamInUse,
)
from .scopes import RESOURCE_GROUP_PATH, decide_precondition, find_resource_group, path_part
from .upstream_bodies import UpstreamBody, decide_upstream, render_simulator, render_upstream

UPSTREAMS_PATH = RESOURCE_GROUP_PATH + "/providers/Ingate.Gateway/upstreams"


def upstream_routes(plane: ControlPlane) -> list[BaseRoute]:
    upstream = {"GET": get_upstream, "PUT": put_upstream, "DELETE": delete_upstream}
    return [
        mount(plane, UPSTREAMS_PATH, {"GET": list_upstreams}),
        mount(plane, UPSTREAMS_PATH + "/{upstream}", upstream),
    ]


async def list_upstreams(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        configured = await session.upstreams.list_upstreams()
    items = [render_upstream(upstream) for upstream in configured if _is_in(upstream, group)]
    return Answer(document=render_page([render_simulator(group), *items]))


async def get_upstream(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        if _is_simulator(request):
            return Answer(document=render_simulator(group))
        found = await _find_upstream(session, request, group)
    return Answer(document=render_upstream(found)) if isinstance(found, ConfiguredUpstream) else found


async def put_upstream(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, UpstreamBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        name = path_part(request, "upstream")
        existing = await session.upstreams.get_upstream(name)
        refusal = _find_obstacle(request, group, name, existing)
        if refusal is not None:
            return refusal
        definition = decide_upstream(name if existing is None else existing.definition.name, body.content)
        if not isinstance(definition, UpstreamDefinition):
            return definition
        upstream = _build_upstream(plane, group, definition, body.content, existing)
        await session.upstreams.put_upstream(upstream)
        return Answer(status=201 if existing is None else 200, document=render_upstream(upstream))


def _find_obstacle(
    request: Request, group: ResourceGroup, name: str, existing: ConfiguredUpstream | None
) -> ManagementRefusal | None:
    if _is_simulator(request):
        return UpstreamBuiltIn(name=SIMULATOR)
    if not is_resource_name(name):
        return NameInvalid(noun="upstream", name=name, rule=UPSTREAM_NAME_RULE)
    if existing is not None and not _is_in(existing, group):
        return UpstreamElsewhere(name=existing.definition.name, upstream_id=existing.upstream_id)
    return decide_precondition(request, None if existing is None else existing.etag)


def _build_upstream(
    plane: ControlPlane,
    group: ResourceGroup,
    definition: UpstreamDefinition,
    body: UpstreamBody,
    existing: ConfiguredUpstream | None,
) -> ConfiguredUpstream:
    return ConfiguredUpstream(
        definition=definition,
        subscription_id=group.subscription_id,
        resource_group=group.name,
        allow_plain_http=body.properties.allow_plain_http,
        etag=plane.new_etag(),
        system_data=modified(existing and existing.system_data, plane.actor, plane.clock()),
    )


async def delete_upstream(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        if _is_simulator(request):
            return UpstreamBuiltIn(name=SIMULATOR)
        existing = await _find_upstream(session, request, group)
        if isinstance(existing, ResourceNotFound):
            return Answer(status=204)
        refusal = decide_precondition(request, existing.etag)
        if refusal is not None:
            return refusal
        return await _delete_unused(session, existing)


async def _delete_unused(session: StateSession, upstream: ConfiguredUpstream) -> Outcome:
    name = upstream.definition.name
    users = await session.deployments.list_deployments_of_upstream(name)
    if users:
        return UpstreamInUse(name=name, deployment_ids=tuple(user.deployment_id for user in users))
    await drop_assignments(session, upstream.upstream_id)
    await session.upstreams.delete_upstream(name)
    return Answer(status=200)


async def _find_upstream(
    session: StateSession, request: Request, group: ResourceGroup
) -> ConfiguredUpstream | ResourceNotFound:
    name = path_part(request, "upstream")
    found = await session.upstreams.get_upstream(name)
    if found is not None and _is_in(found, group):
        return found
    return ResourceNotFound(type=UPSTREAM_TYPE, name=name, resource_group=group.name)


def _is_simulator(request: Request) -> bool:
    return fold_name(path_part(request, "upstream")) == SIMULATOR


def _is_in(upstream: ConfiguredUpstream, group: ResourceGroup) -> bool:
    same_group = fold_name(upstream.resource_group) == fold_name(group.name)
    return same_group and upstream.subscription_id == group.subscription_id
