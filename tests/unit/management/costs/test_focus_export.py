from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.costs import CostRowsInMemory, make_row

from ingate.domain.focus import COLUMNS

pytestmark = pytest.mark.anyio

EXPORT = "providers/Ingate.Gateway/focusExport"

DECIMALS = (
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "ConsumedQuantity",
    "PricingQuantity",
    "ListUnitPrice",
    "ContractedUnitPrice",
)
TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
NEVER_NULL = (
    *DECIMALS,
    *TIMES,
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "ChargeCategory",
    "ChargeDescription",
    "ChargeFrequency",
    "InvoiceIssuerName",
    "PricingCategory",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "ResourceId",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuPriceId",
    "Tags",
)


async def export(client: ManagementClient, query: str = "") -> list[dict[str, str]]:
    response = await client.send("GET", f"{client.subscription_path}/{EXPORT}{query}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


async def test_a_row_for_each_day_and_meter_with_focus_types(client: ManagementClient) -> None:
    rows = await export(client)
    assert len(rows) == 6
    for row in rows:
        assert all(row[name] for name in NEVER_NULL)
        for name in DECIMALS:
            assert re.fullmatch(r"-?\d+(\.\d+)?", row[name]), name
        for name in TIMES:
            datetime.strptime(row[name], "%Y-%m-%dT%H:%M:%S%z")
        assert json.loads(row["Tags"]) == {}
        assert Decimal(row["ListUnitPrice"]) * Decimal(row["PricingQuantity"]) == Decimal(row["ListCost"])
        assert Decimal(row["ContractedUnitPrice"]) * Decimal(row["PricingQuantity"]) == Decimal(row["ContractedCost"])


async def test_what_a_row_says(client: ManagementClient) -> None:
    row = (await export(client))[1]
    assert row["BilledCost"] == "2.5"
    assert (row["ConsumedQuantity"], row["ConsumedUnit"]) == ("100000", "Tokens")
    assert (row["PricingQuantity"], row["PricingUnit"]) == ("0.1", "1000000 Tokens")
    assert (row["ChargePeriodStart"], row["ChargePeriodEnd"]) == ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")
    assert (row["BillingPeriodStart"], row["BillingPeriodEnd"]) == ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
    assert (row["x_Deployment"], row["x_Principal"], row["x_ConsumptionUnits"]) == ("prod-a", "api-key", "250")


async def test_columns_are_in_order_and_named_once() -> None:
    names = [name for name, _ in COLUMNS]
    assert len(set(names)) == len(names)
    standard = [name for name in names if not name.startswith("x_")]
    assert standard == sorted(standard)


async def test_amounts_are_exact_and_a_discount_shows_beside_the_list_price(
    client: ManagementClient, cost_rows: CostRowsInMemory
) -> None:
    cost_rows.rows = [
        make_row(
            date(2026, 11, 1),
            resource_id=client.account_path,
            input_cost=Decimal("4.500000000001"),
            output_tokens=0,
            output_cost=Decimal(0),
            price="claude-opus-4-5@2026-08-21 @2026-11-01 override deal",
        )
    ]
    (row,) = await export(client)
    assert (row["BilledCost"], row["ListCost"]) == ("4.500000000001", "5")


async def test_where_the_list_price_depends_on_the_prompt_it_is_not_guessed(
    client: ManagementClient, cost_rows: CostRowsInMemory
) -> None:
    cost_rows.rows = [
        make_row(
            date(2026, 11, 1),
            resource_id=client.account_path,
            model="claude-haiku-5-5",
            input_cost=Decimal("0.09"),
            output_tokens=0,
            output_cost=Decimal(0),
            price="claude-haiku-5-5@2026-08-21 @2026-11-01 override deal",
        )
    ]
    (row,) = await export(client)
    assert row["ListCost"] == row["BilledCost"] == "0.09"


async def test_days_are_chosen(client: ManagementClient) -> None:
    assert len(await export(client, "?from=2026-11-02&to=2026-11-02")) == 2
    assert await export(client, "?from=2026-10-01&to=2026-10-31") == []
    for query in ("?from=soon", "?from=2026-11-02&to=2026-11-01", "?from=2001-01-01"):
        assert (await client.send("GET", f"{client.subscription_path}/{EXPORT}{query}")).status_code == 400


async def test_a_name_that_a_spreadsheet_would_compute_is_text(
    client: ManagementClient, cost_rows: CostRowsInMemory
) -> None:
    cost_rows.rows = [make_row(date(2026, 11, 1), resource_id=client.account_path, deployment="=1+1")]
    assert {row["x_Deployment"] for row in await export(client)} == {"'=1+1"}
