"""Microsoft.CognitiveServices/accounts/projects: kept for those who manage them. Claude is called on the account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.change import modified
from ingate.domain.project import PROJECT_TYPE, Project
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.wire.arm.documents import JsonObject, merge_patch
from ingate.wire.arm.ids import render_account_id

from .account_bodies import allows_projects
from .account_lifecycle import drop_assignments
from .account_views import find_default_project
from .accounts import address_account
from .bodies import Body, convert_body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .long_running import accept_change
from .paging import render_list
from .part_changes import decide_part_change
from .project_bodies import ProjectBody, decide_project, keep_project_document, render_project
from .refusals import (
    ManagementRefusal,
    ParentResourceNotFound,
    ProjectManagementDisabled,
    ResourceNotFound,
)
from .scopes import ACCOUNT_PATH, answer_head, find_resource, path_part


def project_routes(plane: ControlPlane) -> list[BaseRoute]:
    project = {
        "GET": get_project,
        "HEAD": answer_head(get_project),
        "PUT": put_project,
        "PATCH": patch_project,
        "DELETE": delete_project,
    }
    return [
        mount(plane, ACCOUNT_PATH + "/projects", {"GET": list_projects}),
        mount(plane, ACCOUNT_PATH + "/projects/{project}", project),
    ]


async def list_projects(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        projects = tuple(await session.projects.list_projects(resource.resource_id))
    return render_list(
        request, projects, lambda project: project.name, lambda entry: _render(plane, resource, entry, projects)
    )


async def get_project(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await _find(session, request)
        if not isinstance(found, tuple):
            return found
        return Answer(document=await _show(plane, session, *found))


async def put_project(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, ProjectBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        resource = await find_resource(session, request)
        if isinstance(resource, ResourceNotFound):
            parent = render_account_id(path_part(request, "subscription"), resource.resource_group, resource.name)
            return ParentResourceNotFound(type=PROJECT_TYPE, parent_id=parent)
        if not isinstance(resource, FoundryResource):
            return resource
        existing = await session.projects.get_project(resource.resource_id, path_part(request, "project"))
        return await _change(plane, session, request, resource, body, existing)


async def patch_project(plane: ControlPlane, request: Request) -> Outcome:
    """What the patch leaves out stays as it is."""
    patch = await read_body(request, ProjectBody)
    if not isinstance(patch, Body):
        return patch
    async with plane.changing() as session:
        found = await _find(session, request)
        if not isinstance(found, tuple):
            return found
        resource, existing = found
        body = convert_body(merge_patch(existing.document, patch.document), ProjectBody)
        if not isinstance(body, Body):
            return body
        return await _change(plane, session, request, resource, body, existing)


async def _change(
    plane: ControlPlane,
    session: StateSession,
    request: Request,
    resource: FoundryResource,
    body: Body[ProjectBody],
    existing: Project | None,
) -> Outcome:
    if existing is None and not allows_projects(resource):
        return ProjectManagementDisabled()
    refusal = await decide_part_change(plane, request, resource, existing, session.projects.list_projects)
    if refusal is not None:
        return refusal
    name = path_part(request, "project") if existing is None else existing.name
    location = decide_project(name, resource, body.content, existing)
    if not isinstance(location, str):
        return location
    project = Project(
        resource_id=resource.resource_id,
        name=name,
        location=location,
        etag=plane.new_etag(),
        system_data=modified(existing and existing.system_data, plane.actor, plane.clock()),
        document=keep_project_document(body.document),
    )
    await session.projects.put_project(project)
    document = await _show(plane, session, resource, project)
    answer = Answer(status=201 if existing is None else 200, document=document)
    return accept_change(plane, request, answer, address_account(resource), "write")


async def delete_project(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        found = await _find(session, request)
        if isinstance(found, ResourceNotFound) and found.type == PROJECT_TYPE:
            return Answer(status=204)
        if not isinstance(found, tuple):
            return found
        resource, existing = found
        refusal = await decide_part_change(plane, request, resource, existing, session.projects.list_projects)
        if refusal is not None:
            return refusal
        await drop_assignments(session, existing.project_id)
        await session.projects.delete_project(resource.resource_id, existing.name)
        return accept_change(plane, request, Answer(status=200), address_account(resource), "delete")


async def _find(session: StateSession, request: Request) -> tuple[FoundryResource, Project] | ManagementRefusal:
    resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    name = path_part(request, "project")
    found = await session.projects.get_project(resource.resource_id, name)
    if found is None:
        path = f"{resource.name}/{name}"
        return ResourceNotFound(type=PROJECT_TYPE, name=path, resource_group=resource.resource_group)
    return resource, found


async def _show(
    plane: ControlPlane, session: StateSession, resource: FoundryResource, project: Project
) -> JsonObject:
    projects = tuple(await session.projects.list_projects(resource.resource_id))
    return _render(plane, resource, project, projects)


def _render(
    plane: ControlPlane, resource: FoundryResource, project: Project, projects: tuple[Project, ...]
) -> JsonObject:
    is_default = find_default_project(projects).name == project.name
    return render_project(plane, resource, project, is_default=is_default)
