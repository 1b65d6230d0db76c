"""GET /metrics: everything since it is counted, for Prometheus.

Whoever scrapes shows the token of metrics.token in the data directory, which serves for nothing else. The
administrator's token does as well, and that of a principal that may read metrics at the root.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ingate.management.control_plane import ArmRoute, ControlPlane, render_json
from ingate.management.operations import SCRAPE_PATH


def prometheus_routes(plane: ControlPlane) -> list[BaseRoute]:
    async def scrape(request: Request) -> Response:
        exposition = plane.exposition
        if exposition is None:
            error = {"code": "ServiceUnavailable", "message": "Metrics are not kept by this process."}
            return render_json(503, {"error": error})
        content, media_type = await asyncio.to_thread(exposition.render, request.headers.get("accept", ""))
        return Response(content, headers={"content-type": media_type})

    return [ArmRoute(SCRAPE_PATH, scrape, ["GET"])]
