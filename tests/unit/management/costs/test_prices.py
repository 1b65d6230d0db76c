from __future__ import annotations

from typing import Any

import pytest
from tests.support.control_plane import ManagementClient

from ingate.domain.directory import parse_directory

pytestmark = pytest.mark.anyio

UNIT_PRICES = {"input": "4", "output": 20, "cacheRead": "0.4", "cacheWrite5m": 5, "cacheWrite1h": 8}


def path_of(client: ManagementClient, name: str = "winter") -> str:
    return f"{client.subscription_path}/providers/Ingate.Gateway/prices/{name}"


async def put(client: ManagementClient, name: str = "winter", **properties: Any) -> Any:
    return await client.send("PUT", path_of(client, name), {"properties": properties})


def list_labels(client: ManagementClient, deployment: str = "claude-opus-4-5") -> list[str]:
    (resource,) = parse_directory(client.directory_file.read_bytes()).resources
    (found,) = [entry for entry in resource.deployments if entry.name == deployment]
    return [price.label for price in found.prices]


async def test_every_deployment_has_the_catalogues_price(client: ManagementClient) -> None:
    await put(client, discountPercent=10, effectiveFrom="2027-01-01")
    assert list_labels(client)[0] == "claude-opus-4-5@2026-08-21"


async def test_an_agreement_reaches_the_gateways_before_it_is_answered(client: ManagementClient) -> None:
    made = await put(client, discountPercent="12.5", model="claude-opus-4-5", effectiveFrom="2026-12-01")
    assert made.status_code == 201
    assert made.json()["properties"] == {
        "model": "claude-opus-4-5",
        "discountPercent": "12.5",
        "effectiveFrom": "2026-12-01T00:00:00.000000Z",
        "inForce": False,
    }
    assert list_labels(client) == [
        "claude-opus-4-5@2026-08-21",
        "claude-opus-4-5@2026-08-21 @2026-12-01 override winter",
    ]
    assert list_labels(client, "claude-haiku-4-5") == ["claude-haiku-4-5@2026-08-21"]


async def test_before_it_is_in_force_it_can_be_changed_and_deleted(client: ManagementClient) -> None:
    await put(client, discountPercent=10, effectiveFrom="2026-12-01")
    assert (await put(client, discountPercent=20, effectiveFrom="2026-12-02")).status_code == 200
    assert (await client.send("DELETE", path_of(client))).status_code == 200
    assert (await client.send("GET", path_of(client))).status_code == 404
    assert (await client.send("DELETE", path_of(client))).status_code == 204
    assert list_labels(client) == ["claude-opus-4-5@2026-08-21"]


async def test_in_force_it_is_neither_changed_nor_deleted(client: ManagementClient) -> None:
    made = await put(client, discountPercent=10)
    assert made.json()["properties"]["inForce"] is True
    for refused in (
        await put(client, discountPercent=20),
        await put(client, discountPercent=20, effectiveFrom="2027-01-01"),
        await client.send("DELETE", path_of(client)),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "PriceInForce")
    assert (await client.send("GET", path_of(client))).json() == made.json()
    assert (await client.send("PUT", path_of(client), made.json())).status_code == 200
    assert (await put(client, "spring", discountPercent=20, effectiveFrom="2027-01-01")).status_code == 201


async def test_nothing_is_agreed_on_for_the_past(client: ManagementClient) -> None:
    refused = await put(client, discountPercent=10, effectiveFrom="2026-11-22T11:59:59Z")
    assert refused.status_code == 400
    assert "keeps its price" in refused.json()["error"]["message"]


async def test_fixed_prices_of_a_deployment(client: ManagementClient) -> None:
    deployment = f"{client.account_path}/deployments/claude-opus-4-5"
    made = await put(client, deployment=deployment, unitPrices=UNIT_PRICES, webSearch=8)
    assert made.json()["properties"]["unitPrices"] == [
        {"input": "4", "output": "20", "cacheRead": "0.4", "cacheWrite5m": "5", "cacheWrite1h": "8"}
    ]
    path = f"{client.subscription_path}/providers/Ingate.Gateway/priceList"
    items = {item["deployment"]: item for item in (await client.send("GET", path)).json()["value"]}
    assert items["claude-opus-4-5"]["current"]["price"].startswith("claude-opus-4-5@2026-11-22T12:00:00Z override")
    assert items["claude-opus-4-5"]["current"]["webSearch"] == "8"
    assert items["claude-haiku-4-5"]["current"]["unitPrices"][0]["output"] == "5"


async def test_agreements_are_listed(client: ManagementClient) -> None:
    await put(client, discountPercent=10)
    await put(client, "end", withdrawn=True, effectiveFrom="2027-01-01")
    listed = await client.send("GET", path_of(client).rpartition("/")[0])
    assert [item["name"] for item in listed.json()["value"]] == ["end", "winter"]


@pytest.mark.parametrize(
    ("properties", "target"),
    [
        ({}, "discountPercent"),
        ({"discountPercent": 10, "withdrawn": True}, "withdrawn"),
        ({"discountPercent": 100.5}, "discountPercent"),
        ({"discountPercent": -1001}, "discountPercent"),
        ({"discountPercent": "1e-9"}, "discountPercent"),
        ({"discountPercent": "ten"}, "discountPercent"),
        ({"discountPercent": 10, "model": "a", "resource": "b"}, "resource"),
        ({"discountPercent": 10, "model": ""}, "model"),
        ({"discountPercent": 10, "webSearch": 1}, "webSearch"),
        ({"discountPercent": 10, "effectiveFrom": "soon"}, "effectiveFrom"),
        ({"discountPercent": 10, "colour": "red"}, "colour"),
        ({"withdrawn": False}, "withdrawn"),
        ({"unitPrices": {}}, "unitPrices.input"),
        ({"unitPrices": UNIT_PRICES | {"input": -1}}, "unitPrices.input"),
        ({"unitPrices": UNIT_PRICES | {"input": "0.0000001"}}, "unitPrices.input"),
        ({"unitPrices": UNIT_PRICES | {"colour": 1}}, "unitPrices.colour"),
        ({"unitPrices": UNIT_PRICES | {"upToInputTokens": 5}}, "unitPrices.upToInputTokens"),
        ({"unitPrices": [UNIT_PRICES, UNIT_PRICES]}, "unitPrices.upToInputTokens"),
        ({"unitPrices": UNIT_PRICES, "webSearch": "free"}, "webSearch"),
    ],
)
async def test_what_is_wrong_with_an_agreement(
    client: ManagementClient, properties: dict[str, Any], target: str
) -> None:
    refused = await put(client, **properties)
    assert refused.status_code == 400
    assert refused.json()["error"]["target"] == f"properties.{target}"
