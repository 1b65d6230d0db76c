from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.control_plane import ADMIN_TOKEN, ManagementClient

from ingate.management.app import create_management_app
from ingate.management.control_plane import ControlPlane

pytestmark = pytest.mark.anyio


async def test_health_needs_no_token_and_no_api_version(client: ManagementClient) -> None:
    for path in ("/healthz", "/readyz"):
        response = await client.send("GET", path, token=None, api_version=None)
        assert response.status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"Basic {ADMIN_TOKEN}", f"Bearer {ADMIN_TOKEN}x", "Bearer \tx", ADMIN_TOKEN]
)
async def test_every_path_is_closed_without_the_token(client: ManagementClient, header: str) -> None:
    for path in ("/subscriptions", "/nowhere", client.account_path, "/healthz/../subscriptions", "/HEALTHZ"):
        response = await client.send("GET", path, headers={"authorization": header}, token=None)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "version", ["2025-09-01", "2026-05-15-preview", "2022-12-01", "2099-01-01", "2024-06-01-alpha.1"]
)
async def test_any_dated_api_version_is_taken(client: ManagementClient, version: str) -> None:
    assert (await client.send("GET", "/subscriptions", api_version=version)).status_code == 200


async def test_answers_carry_azures_ids_and_are_not_cached(client: ManagementClient) -> None:
    own = await client.send("GET", "/tenants")
    given = await client.send("GET", "/tenants", headers={"x-ms-correlation-request-id": "my-id-1"})
    forged = await client.send("GET", "/tenants", headers={"x-ms-correlation-request-id": "a b"})

    assert own.headers["x-ms-correlation-request-id"] == own.headers["x-ms-request-id"]
    assert given.headers["x-ms-correlation-request-id"] == "my-id-1"
    assert forged.headers["x-ms-correlation-request-id"] == forged.headers["x-ms-request-id"]
    assert own.headers["x-ms-request-id"] != given.headers["x-ms-request-id"]
    assert own.headers["cache-control"] == "no-store"


async def test_tenants_subscriptions_and_groups_can_be_found(client: ManagementClient) -> None:
    tenant = (await client.send("GET", "/tenants")).json()["value"][0]
    subscription = (await client.send("GET", "/subscriptions")).json()["value"][0]
    one = await client.send("GET", f"/subscriptions/{client.defaults.subscription_id.upper()}")
    groups = (await client.send("GET", f"{subscription['id']}/resourcegroups")).json()["value"]

    assert tenant["tenantId"] == subscription["tenantId"] == client.defaults.tenant_id
    assert one.json() == subscription
    assert [group["name"] for group in groups] == ["example-group"]
    assert groups[0]["type"] == "Microsoft.Resources/resourceGroups"


async def test_a_resource_group_is_made_changed_and_looked_for(client: ManagementClient) -> None:
    path = client.group_path + "-2"
    assert (await client.send("HEAD", path)).status_code == 404
    created = await client.send("PUT", path, {"location": "eastus2"})
    changed = await client.send(
        "PUT", path.upper().replace("/SUB", "/sub"), {"location": "eastus2", "tags": {"a": "b"}}
    )
    assert (created.status_code, changed.status_code) == (201, 200)
    assert changed.json()["tags"] == {"a": "b"}
    assert changed.json()["id"] == path
    assert (await client.send("HEAD", path)).status_code == 204


async def test_models_are_listed_by_version_with_their_hosting(client: ManagementClient) -> None:
    models = (await client.send("GET", f"{client.account_path}/models")).json()["value"]
    haiku = {model["version"]: model for model in models if model["name"] == "claude-haiku-4-5"}
    assert haiku["2"]["capabilities"]["hostedOn"] == "azure"
    assert haiku["2"]["isDefaultVersion"] is True
    assert haiku["20251001"]["capabilities"]["hostedOn"] == "anthropic"
    assert [sku["name"] for sku in haiku["2"]["skus"]] == ["GlobalStandard", "DataZoneStandard"]
    assert haiku["2"]["skus"][0]["usageName"] == "AIServices.GlobalStandard.claude-haiku-4-5.Azure"


async def test_a_failure_inside_is_azures_500_and_says_nothing_of_its_cause(client: ManagementClient) -> None:
    async def fail() -> None:
        raise OSError("/secret/path: no space left")

    plane: ControlPlane = replace(client.plane, publish=fail)
    failing = ManagementClient(plane, client.defaults, client.directory_file)
    response = await failing.send("PUT", client.group_path + "-2", {"location": "eastus2"})
    await failing.close()

    assert response.status_code == 500
    assert response.json()["error"]["code"] == "InternalServerError"
    assert "secret" not in response.text
    assert response.headers["x-ms-request-id"]


async def test_an_empty_token_opens_nothing_because_it_is_not_accepted(client: ManagementClient) -> None:
    with pytest.raises(ValueError, match="empty administrator token"):
        create_management_app(client.plane, admin_token=" \n")
