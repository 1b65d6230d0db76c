"""`/metadata/endpoints`: what `az cloud register` asks before anybody has signed in.

Everything that is served here is named by the address that the client reached us by. Where clients ask for tokens
they name Azure's audiences, which are the ones that our tokens have.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.wire.arm.documents import JsonObject

from .control_plane import Answer, ControlPlane, Outcome, mount
from .paging import get_query
from .request_ids import find_base_url

METADATA_PATH = "/metadata/endpoints"
FIRST_WITH_ONE_OBJECT = "2020-06-01"
"""Older api-versions answer a list of clouds."""

AUDIENCES = ("https://management.core.windows.net/", "https://management.azure.com/")
"""The first is what azure-cli asks tokens for."""


def cloud_metadata_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [mount(plane, METADATA_PATH, {"GET": get_metadata})]


async def get_metadata(plane: ControlPlane, request: Request) -> Outcome:
    cloud = _render_cloud(find_base_url(request.scope))
    version = get_query(request, "api-version") or ""
    return Answer(document=[cloud] if version < FIRST_WITH_ONE_OBJECT else cloud)


def _render_cloud(address: str) -> JsonObject:
    return {
        "name": "Ingate",
        "resourceManager": f"{address}/",
        "portal": address,
        "authentication": {
            "loginEndpoint": address,
            "audiences": list(AUDIENCES),
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "microsoftGraphResourceId": f"{address}/",
        "graph": "https://graph.windows.net/",
        "graphAudience": "https://graph.windows.net/",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "suffixes": {},
    }
