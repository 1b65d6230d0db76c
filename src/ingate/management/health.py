"""Whether the control process is alive, and whether it can do its work."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from .control_plane import Answer, ControlPlane, Outcome, mount


def health_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [mount(plane, "/healthz", {"GET": get_health}), mount(plane, "/readyz", {"GET": get_readiness})]


async def get_health(plane: ControlPlane, request: Request) -> Outcome:
    return Answer(document={"status": "ok"})


async def get_readiness(plane: ControlPlane, request: Request) -> Outcome:
    """Reads the state; fails like any request when it cannot."""
    async with plane.state.reading() as session:
        revision = await session.directory.get_revision()
    return Answer(document={"status": "ready", "revision": revision})
