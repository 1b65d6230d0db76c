"""POST pause and resume: a deployment that answers nobody for a while."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.routing import BaseRoute

from .control_plane import Answer, ControlPlane, Outcome, mount
from .deployment_changes import find_to_change, keep_change
from .deployment_views import render_deployment
from .scopes import DEPLOYMENT_PATH


def deployment_pausing_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, DEPLOYMENT_PATH + "/pause", {"POST": pause_deployment}),
        mount(plane, DEPLOYMENT_PATH + "/resume", {"POST": resume_deployment}),
    ]


async def pause_deployment(plane: ControlPlane, request: Request) -> Outcome:
    """It keeps its name, its configuration and its quota, and refuses every call until it is resumed."""
    return await _set_paused(plane, request, is_paused=True)


async def resume_deployment(plane: ControlPlane, request: Request) -> Outcome:
    return await _set_paused(plane, request, is_paused=False)


async def _set_paused(plane: ControlPlane, request: Request, *, is_paused: bool) -> Outcome:
    async with plane.changing() as session:
        found = await find_to_change(plane, session, request)
        if not isinstance(found, tuple):
            return found
        _, existing = found
        if existing.is_paused != is_paused:
            existing = await keep_change(plane, session, replace(existing, is_paused=is_paused))
        return Answer(document=render_deployment(plane, existing))
