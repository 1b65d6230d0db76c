from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.costs import CostRowsInMemory, make_row

pytestmark = pytest.mark.anyio

USAGE = "providers/Microsoft.Consumption/usageDetails"


async def ask(client: ManagementClient, query: str = "") -> Any:
    return await client.send("GET", f"{client.subscription_path}/{USAGE}{query}")


async def test_a_row_for_each_day_and_meter_in_the_legacy_shape(client: ManagementClient) -> None:
    response = await ask(client)
    items = response.json()["value"]
    assert len(items) == 6
    item = next(item for item in items if item["properties"]["quantity"] == 0.1)
    assert item["kind"] == "legacy"
    assert item["type"] == "Microsoft.Consumption/usageDetails"
    assert item["id"].endswith(f"/providers/Microsoft.Billing/billingPeriods/202611/{USAGE}/{item['name']}")
    properties = item["properties"]
    assert (properties["cost"], properties["effectivePrice"], properties["unitPrice"]) == (2.5, 25, 25)
    assert properties["date"] == "2026-11-01T00:00:00.0000000Z"
    assert properties["billingPeriodEndDate"] == "2026-11-30T00:00:00.0000000Z"
    assert properties["billingCurrency"] == "USD"
    assert properties["resourceName"] == client.defaults.resource
    assert properties["chargeType"] == "Usage"
    assert properties["meterDetails"] is None
    assert json.loads(properties["additionalInfo"]) == {
        "Deployment": "prod-a",
        "Model": "claude-opus-4-5",
        "ModelVersion": "20251101",
        "DeploymentType": "GlobalStandard",
        "Principal": "api-key",
        "Price": "claude-opus-4-5@2026-08-21",
        "ClaudeConsumptionUnits": "250",
    }


async def test_meter_details_are_shown_to_whoever_expands_them(client: ManagementClient) -> None:
    (item,) = (await ask(client, "?$expand=properties/meterDetails&$top=1")).json()["value"]
    assert item["properties"]["meterDetails"]["unitOfMeasure"] == "1M tokens"
    assert item["properties"]["meterDetails"]["meterSubCategory"] == "claude-opus-4-5"


async def test_the_modern_shape(client: ManagementClient, cost_rows: CostRowsInMemory) -> None:
    row = make_row(
        date(2026, 11, 1),
        resource_id=client.account_path,
        output_tokens=0,
        output_cost=Decimal(0),
        input_cost=Decimal("4.5"),
        price="claude-opus-4-5@2026-08-21 @2026-11-01 override deal",
    )
    cost_rows.rows = [row]
    (item,) = (await ask(client, "?kind=modern")).json()["value"]
    assert item["kind"] == "modern"
    properties = item["properties"]
    assert (properties["costInUSD"], properties["paygCostInUSD"], properties["effectivePrice"]) == (4.5, 5, 4.5)
    assert properties["billingCurrencyCode"] == "USD"
    assert properties["instanceName"] == client.account_path
    assert properties["customerTenantId"] == client.defaults.tenant_id


async def test_pages_follow_each_other_and_have_every_row_once(client: ManagementClient) -> None:
    every = {item["name"] for item in (await ask(client)).json()["value"]}
    seen: list[str] = []
    path = f"{client.subscription_path}/{USAGE}?$top=4"
    for count in (4, 2):
        page = (await client.send("GET", path)).json()
        assert len(page["value"]) == count
        seen += [item["name"] for item in page["value"]]
        path = page.get("nextLink", "").removeprefix("http://management.test")
    assert path == ""
    assert set(seen) == every
    assert len(seen) == len(every)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("properties/usageStart ge '2026-11-02' and properties/usageEnd le '2026-11-03'", 4),
        ("properties/date eq '2026-11-03'", 2),
        ("properties/resourceGroup eq 'EXAMPLE-GROUP'", 6),
        ("properties/publisherType eq 'marketplace' and properties/chargeType eq 'usage'", 6),
        ("properties/consumedService eq 'Microsoft.CognitiveServices'", 6),
        ("tags eq 'team:'", 6),
    ],
)
async def test_filters(client: ManagementClient, condition: str, count: int) -> None:
    response = await client.send("GET", f"{client.subscription_path}/{USAGE}?$filter={condition.replace(' ', '%20')}")
    assert len(response.json()["value"]) == count


async def test_nothing_that_fits_is_204(client: ManagementClient) -> None:
    response = await ask(client, "?$filter=properties/resourceGroup%20eq%20'other'")
    assert response.status_code == 204


@pytest.mark.parametrize(
    "query",
    [
        "?$filter=properties/color%20eq%20'red'",
        "?$filter=properties/usageStart%20ge%20'soon'",
        "?$filter=properties/usageStart%20ge%20'2001-01-01'",
        "?$filter=or",
        "?metric=weight",
        "?kind=ancient",
        "?$top=0",
        "?$skiptoken=abc",
    ],
)
async def test_questions_that_are_none(client: ManagementClient, query: str) -> None:
    assert (await ask(client, query)).status_code == 400
