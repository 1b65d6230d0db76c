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
        **_ELSEWHERE,
    }


_ELSEWHERE: JsonObject = {
    "graph": "https://graph.windows.net/",
    "graphAudience": "https://graph.windows.net/",
    "logAnalyticsResourceId": "https://api.loganalytics.io",
    "appInsightsResourceId": "https://api.applicationinsights.io",
    "activeDirectoryDataLake": "https://datalake.azure.net/",
    "batch": "https://batch.core.windows.net/",
    "gallery": "https://gallery.azure.com/",
    "media": "https://rest.media.azure.net",
    "ossrDbmsResourceId": "https://ossrdbms-aad.database.windows.net",
    "sqlManagement": "https://management.core.windows.net:8443/",
    "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
    "vmImageAliasDoc": "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/"
    "quickstart-templates/aliases.json",
    "suffixes": {
        "acrLoginServer": "azurecr.io",
        "keyVaultDns": "vault.azure.net",
        "sqlServerHostname": "database.windows.net",
        "storage": "core.windows.net",
    },
}
"""What Ingate does not serve. azure-cli does without the whole document where one of these is missing."""
