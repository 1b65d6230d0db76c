"""What a subscription says of itself: quota, SKUs, models, locations, providers, resources."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.control_plane import ManagementClient

pytestmark = pytest.mark.anyio


def provider(client: ManagementClient) -> str:
    return f"{client.subscription_path}/providers/Microsoft.CognitiveServices"


async def get(client: ManagementClient, path: str) -> Any:
    response = await client.send("GET", path)
    assert response.status_code == 200, response.text
    return response.json()


async def get_names(client: ManagementClient, path: str) -> list[str]:
    return [entry["name"] for entry in (await get(client, path))["value"]]


async def test_usages_show_what_is_taken_of_the_quota(client: ManagementClient) -> None:
    limited = client.with_settings(subscription_quota="enterprise")
    for path in (f"{client.account_path}/usages", f"{provider(client)}/locations/East US 2/usages"):
        uses = {use["name"]["value"]: use for use in (await get(limited, path))["value"]}
        taken = uses["AIServices.GlobalStandard.claude-opus-4-5"]
        assert (taken["currentValue"], taken["limit"], taken["unit"]) == (10_000, 10_000, "Count")
        assert uses["AIServices.GlobalStandard.claude-fable-5"]["limit"] == 4_000
    assert uses["AccountCount"]["currentValue"] == 1


async def test_deleted_accounts_hold_their_quota_until_they_are_purged(client: ManagementClient) -> None:
    opus = "AIServices.GlobalStandard.claude-opus-4-5"
    path = f"{provider(client)}/locations/eastus2/usages?$filter=name.value eq '{opus}'"
    await client.send("DELETE", client.account_path)
    (held,) = (await get(client, path))["value"]
    assert held["currentValue"] == 10_000
    deleted = f"{provider(client)}/locations/eastus2/resourceGroups/example-group/deletedAccounts/example-resource"
    await client.send("DELETE", deleted)
    (free,) = (await get(client, path))["value"]
    assert free["currentValue"] == 0


async def test_a_deployment_is_refused_what_the_quota_has_not(client: ManagementClient) -> None:
    limited = client.with_settings(subscription_quota="payg")
    path = f"{client.account_path}/deployments"
    body: dict[str, Any] = {"properties": {"model": {"name": "claude-opus-5-5"}}}

    first = await limited.send("PUT", f"{path}/a1", body | {"sku": {"name": "GlobalStandard", "capacity": 30}})
    second = await limited.send("PUT", f"{path}/b1", body | {"sku": {"name": "GlobalStandard", "capacity": 11}})
    zone = await limited.send("PUT", f"{path}/b1", body | {"sku": {"name": "DataZoneStandard", "capacity": 11}})
    grown = await limited.send("PATCH", f"{path}/a1", {"sku": {"name": "GlobalStandard", "capacity": 41}})
    seeded = await limited.send(
        "PATCH", f"{path}/claude-opus-4-5", {"sku": {"name": "GlobalStandard", "capacity": 9000}}
    )

    assert [answer.status_code for answer in (first, second, zone, grown, seeded)] == [201, 400, 201, 400, 200]
    assert second.json()["error"]["code"] == grown.json()["error"]["code"] == "InsufficientQuota"


async def test_model_capacities_are_what_is_left(client: ManagementClient) -> None:
    limited = client.with_settings(subscription_quota="enterprise")
    question = "modelFormat=Anthropic&modelName=claude-haiku-4-5&modelVersion=2"
    items = (await get(limited, f"{provider(client)}/modelCapacities?{question}"))["value"]
    left = {
        (item["location"], item["properties"]["skuName"]): item["properties"]["availableCapacity"] for item in items
    }
    assert left == {
        ("eastus2", "GlobalStandard"): 0,
        ("eastus2", "DataZoneStandard"): 10_000,
        ("swedencentral", "GlobalStandard"): 0,
        ("swedencentral", "DataZoneStandard"): 10_000,
    }
    at_one = await get(client, f"{provider(client)}/locations/westus/modelCapacities?{question}")
    assert {item["location"] for item in at_one["value"]} == {"westus"}
    assert at_one["value"][0]["properties"]["availableCapacity"] == 1_000_000
    unknown = question.replace("claude-haiku-4-5", "gpt-9")
    assert await get(client, f"{provider(client)}/modelCapacities?{unknown}") == {"value": []}
    assert (await client.send("GET", f"{provider(client)}/modelCapacities")).status_code == 400


async def test_models_are_the_same_in_a_location_and_in_an_account(client: ManagementClient) -> None:
    models = await get(client, f"{provider(client)}/locations/swedencentral/models")
    in_account = await get(client, f"{client.account_path}/models")
    assert [entry["model"] for entry in models["value"]] == in_account["value"]
    (haiku,) = [
        entry
        for entry in models["value"]
        if (entry["model"]["name"], entry["model"]["version"]) == ("claude-haiku-5-5", "2")
    ]
    assert haiku["model"]["lifecycleStatus"] == "GenerallyAvailable"
    assert [sku["usageName"] for sku in haiku["model"]["skus"]] == [
        "AIServices.GlobalStandard.claude-haiku-5-5.Azure",
        "AIServices.DataZoneStandard.claude-haiku-5-5.Azure",
    ]


async def test_skus_are_s0_and_the_deployment_types(client: ManagementClient) -> None:
    account = await get(client, f"{client.account_path}/skus")
    assert account["value"][0]["sku"] == {"name": "S0", "tier": "Standard"}
    everywhere = await get(client, f"{provider(client)}/skus")
    assert [sku["locations"] for sku in everywhere["value"]] == [["EASTUS2"], ["SWEDENCENTRAL"]]
    deployment = await get(client, f"{client.account_path}/deployments/claude-haiku-4-5/skus")
    assert [sku["sku"]["name"] for sku in deployment["value"]] == ["DataZoneStandard", "GlobalStandard"]


async def test_the_availability_of_a_sku_depends_on_the_kind(client: ManagementClient) -> None:
    path = f"{provider(client)}/locations/eastus2/checkSkuAvailability"
    question = {"skus": ["S0", "F0"], "kind": "AIServices", "type": "Microsoft.CognitiveServices/accounts"}
    answers = (await client.send("POST", path, question)).json()["value"]
    assert [(entry["skuName"], entry["skuAvailable"]) for entry in answers] == [("S0", True), ("F0", False)]
    other = (await client.send("POST", path, question | {"kind": "Face"})).json()["value"]
    assert [entry["skuAvailable"] for entry in other] == [False, False]


@pytest.mark.parametrize(
    ("name", "free"), [("example-resource", False), ("EXAMPLE-resource", False), ("a_b", False), ("fresh", True)]
)
async def test_a_subdomain_is_free_or_not(client: ManagementClient, name: str, free: bool) -> None:
    question = {"subdomainName": name, "type": "Microsoft.CognitiveServices/accounts", "kind": "AIServices"}
    answer = (await client.send("POST", f"{provider(client)}/checkDomainAvailability", question)).json()
    assert answer["isSubdomainAvailable"] is free
    assert ("reason" in answer) is not free
    assert answer["subdomainName"] == name


async def test_providers_are_registered_and_locations_have_names(client: ManagementClient) -> None:
    assert "Microsoft.CognitiveServices" in [
        entry["namespace"] for entry in (await get(client, f"{client.subscription_path}/providers"))["value"]
    ]
    one = await get(client, f"{client.subscription_path}/providers/microsoft.cognitiveservices")
    assert one == (await client.send("POST", f"{provider(client)}/register")).json()
    assert one["registrationState"] == "Registered"
    assert "accounts/deployments" in [entry["resourceType"] for entry in one["resourceTypes"]]
    locations = await get(client, f"{client.subscription_path}/locations")
    shown = {entry["name"]: entry["displayName"] for entry in locations["value"]}
    assert shown["eastus2"] == "East US 2"


async def test_resources_of_every_type_are_listed_together(client: ManagementClient) -> None:
    upstream = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9999"}}
    await client.send("PUT", f"{client.upstreams_path}/local", upstream)
    patch = {"tags": {"env": "prod"}, "properties": {"allowProjectManagement": True}}
    await client.send("PATCH", client.account_path, patch)
    await client.send("PUT", f"{client.account_path}/projects/p1", {})
    path = f"{client.subscription_path}/resources"

    assert await get_names(client, path) == ["local", "example-resource", "p1"]
    assert await get_names(client, f"{client.group_path}/resources") == ["local", "example-resource", "p1"]
    of_type = "resourceType eq 'microsoft.cognitiveservices/accounts' and resourceGroup eq 'EXAMPLE-group'"
    assert await get_names(client, f"{path}?$filter={of_type}") == ["example-resource"]
    assert await get_names(client, f"{path}?$filter=tagName eq 'env' and tagValue eq 'prod'") == ["example-resource"]
    assert await get_names(client, f"{path}?$filter=tagName eq 'env' and tagValue eq 'test'") == []
    assert await get_names(client, f"{path}?$filter=substringof('loc', name)") == ["local"]
    (account,) = (
        await get(client, f"{path}?$filter=name eq 'example-resource'&$expand=createdTime,provisioningState")
    )["value"]
    assert account["createdTime"] == "2026-11-22T12:00:00.250000Z"
    assert account["provisioningState"] == "Succeeded"
    assert "properties" not in account
    assert "changedTime" not in account
