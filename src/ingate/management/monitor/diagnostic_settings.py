"""Microsoft.Insights/diagnosticSettings of an account: which of its logs and metrics go where.

https://learn.microsoft.com/rest/api/monitor/diagnostic-settings
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.change import modified
from ingate.domain.diagnostic_setting import LOG_CATEGORIES, MOST_SETTINGS, DiagnosticSetting
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.management.access_refusals import NotAuthorized
from ingate.management.bodies import Body, read_body
from ingate.management.control_plane import Answer, ControlPlane, Outcome, mount
from ingate.management.operations import TENANT_OWNER_ACTION
from ingate.management.refusals import ManagementRefusal, PropertyInvalid, ResourceNotFound
from ingate.management.request_context import current
from ingate.management.scopes import ACCOUNT_PATH, find_resource, path_part
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_page

from .diagnostic_setting_bodies import (
    SETTING_TYPE,
    Routes,
    SettingBody,
    decide_routes,
    keep_setting_document,
    render_setting,
)

INSIGHTS_PATH = ACCOUNT_PATH + "/providers/Microsoft.Insights"
SETTINGS_PATH = INSIGHTS_PATH + "/diagnosticSettings"


def diagnostic_setting_routes(plane: ControlPlane) -> list[BaseRoute]:
    setting = {"GET": get_setting, "PUT": put_setting, "DELETE": delete_setting}
    return [
        mount(plane, INSIGHTS_PATH + "/diagnosticSettingsCategories", {"GET": list_categories}),
        mount(plane, SETTINGS_PATH, {"GET": list_settings}),
        mount(plane, SETTINGS_PATH + "/{setting}", setting),
    ]


async def list_categories(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    kinds = [(name, "Logs") for name in LOG_CATEGORIES] + [("AllMetrics", "Metrics")]
    return Answer(document=render_page([_render_category(resource, name, kind) for name, kind in kinds]))


def _render_category(resource: FoundryResource, name: str, kind: str) -> JsonObject:
    groups = ["allLogs", "audit"] if name == "Audit" else ["allLogs"]
    return {
        "id": f"{resource.resource_id}/providers/microsoft.insights/diagnosticSettingsCategories/{name}",
        "name": name,
        "type": "microsoft.insights/diagnosticSettingsCategories",
        "properties": {"categoryType": kind, "categoryGroups": groups if kind == "Logs" else None},
    }


async def list_settings(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        found = await session.diagnostic_settings.list_settings(resource.resource_id)
    return Answer(document=render_page([render_setting(setting) for setting in found]))


async def get_setting(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await _find(session, request)
    return Answer(document=render_setting(found)) if isinstance(found, DiagnosticSetting) else found


async def put_setting(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, SettingBody)
    if not isinstance(body, Body):
        return body
    async with plane.changing() as session:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        routes = decide_routes(body.content)
        if not isinstance(routes, Routes):
            return routes
        refusal = await _find_obstacle(session, routes)
        if refusal is not None:
            return refusal
        others = await session.diagnostic_settings.list_settings(resource.resource_id)
        name = path_part(request, "setting")
        existing = await session.diagnostic_settings.get_setting(resource.resource_id, name)
        if existing is None and len(others) >= MOST_SETTINGS:
            return PropertyInvalid(name="name", reason=f"a resource has at most {MOST_SETTINGS} diagnostic settings")
        setting = DiagnosticSetting(
            resource_id=resource.resource_id,
            name=name if existing is None else existing.name,
            categories=routes.categories,
            metrics=routes.metrics,
            workspace_id=routes.workspace_id,
            storage_account=routes.storage_account,
            webhook=routes.webhook,
            otlp=routes.otlp,
            etag=plane.new_etag(),
            system_data=modified(existing and existing.system_data, plane.actor, plane.clock()),
            document=keep_setting_document(body.document),
        )
        await session.diagnostic_settings.put_setting(setting)
        return Answer(document=render_setting(setting))


async def _find_obstacle(session: StateSession, routes: Routes) -> ManagementRefusal | None:
    if routes.workspace_id is not None and await session.workspaces.get_workspace(routes.workspace_id) is None:
        return PropertyInvalid(name="properties.workspaceId", reason="there is no such workspace")
    # Whoever names a URL has this machine call it, with a secret of this machine's if it says so.
    context = current.get()
    if context is None or (routes.webhook is None and routes.otlp is None):
        return None
    if context.access.permits(TENANT_OWNER_ACTION, "/"):
        return None
    return NotAuthorized(
        client=context.actor.name, object_id=context.object_id, action=TENANT_OWNER_ACTION, scope="/"
    )


async def delete_setting(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        found = await _find(session, request)
        if isinstance(found, ResourceNotFound) and found.type == SETTING_TYPE:
            return Answer(status=204)
        if not isinstance(found, DiagnosticSetting):
            return found
        await session.diagnostic_settings.delete_setting(found.resource_id, found.name)
        return Answer(status=200)


async def _find(session: StateSession, request: Request) -> DiagnosticSetting | ManagementRefusal:
    resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    name = path_part(request, "setting")
    found = await session.diagnostic_settings.get_setting(resource.resource_id, name)
    return found or ResourceNotFound(type=SETTING_TYPE, name=name, resource_group=resource.resource_group)
