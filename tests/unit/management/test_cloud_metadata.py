"""What `az cloud register` asks before anybody has signed in."""

from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient

pytestmark = pytest.mark.anyio


async def test_anybody_may_ask_and_is_told_the_address_that_was_asked(client: ManagementClient) -> None:
    headers = {"host": "localhost:8443"}
    path = "/metadata/endpoints"
    one = await client.send("GET", path, token=None, api_version="2022-09-01", headers=headers)
    several = await client.send("GET", path, token=None, api_version="2019-05-01", headers=headers)
    forged = await client.send("GET", path, token=None, api_version="2022-09-01", headers={"host": 'x"y'})

    cloud = one.json()
    assert cloud["resourceManager"] == "http://localhost:8443/"
    assert cloud["authentication"]["loginEndpoint"] == "http://localhost:8443"
    assert cloud["authentication"]["audiences"][0] == "https://management.core.windows.net/"
    assert several.json() == [cloud]
    required = {"sqlManagement", "batch", "gallery", "graphAudience", "vmImageAliasDoc", "media", "suffixes"}
    assert required <= set(cloud), "azure-cli reads these without asking whether they are there"
    assert {"storage", "keyVaultDns", "sqlServerHostname"} <= set(cloud["suffixes"])
    assert forged.json()["resourceManager"] == "http://localhost/"
