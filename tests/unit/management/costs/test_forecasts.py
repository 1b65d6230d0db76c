from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.costs import CostRowsInMemory, make_row
from tests.unit.management.costs.conftest import ForecastOfTen

from ingate.domain.forecast import ForecastBroken, LibraryMissing

pytestmark = pytest.mark.anyio

FORECAST = "providers/Microsoft.CostManagement/forecast"
BODY: dict[str, Any] = {
    "type": "ActualCost",
    "timeframe": "Custom",
    "timePeriod": {"from": "2026-11-20T00:00:00Z", "to": "2026-11-24T00:00:00Z"},
    "includeActualCost": True,
    "dataset": {"granularity": "Daily", "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}}},
}


@pytest.fixture
def history(client: ManagementClient, cost_rows: CostRowsInMemory) -> None:
    """7.50 dollars a day from the 1st of November, but for the 21st, and so far nothing today."""
    cost_rows.rows = [make_row(date(2026, 11, day), resource_id=client.account_path) for day in range(1, 21)]


async def ask(client: ManagementClient, **changes: Any) -> Any:
    return await client.send("POST", f"{client.subscription_path}/{FORECAST}", BODY | changes)


@pytest.mark.usefixtures("history")
async def test_what_was_spent_and_what_is_expected(client: ManagementClient, forecaster: ForecastOfTen) -> None:
    answer = (await ask(client)).json()
    assert answer["type"] == "Microsoft.CostManagement/forecast"
    assert [column["name"] for column in answer["properties"]["columns"]] == [
        "Cost",
        "UsageDate",
        "CostStatus",
        "Currency",
    ]
    assert answer["properties"]["rows"] == [
        [7.5, 20261120, "Actual", "USD"],
        [10, 20261122, "Forecast", "USD"],
        [10, 20261123, "Forecast", "USD"],
        [10, 20261124, "Forecast", "USD"],
    ]
    assert forecaster.history == [Decimal("7.5")] * 20 + [Decimal(0)]


@pytest.mark.usefixtures("history")
async def test_the_interval_is_shown_to_whoever_asks(client: ManagementClient) -> None:
    rows = (await ask(client, includeInterval=True)).json()["properties"]["rows"]
    assert rows[0] == [7.5, 20261120, "Actual", "USD", 7.5, 7.5]
    assert rows[1] == [10, 20261122, "Forecast", "USD", 8, 12]


async def test_today_costs_at_least_what_is_spent_already(
    client: ManagementClient, cost_rows: CostRowsInMemory, history: None
) -> None:
    cost_rows.rows.append(make_row(date(2026, 11, 22), resource_id=client.account_path, input_cost=Decimal(9)))
    rows = (await ask(client, includeInterval=True, includeActualCost=False)).json()["properties"]["rows"]
    assert rows[0] == [11.5, 20261122, "Forecast", "USD", 11.5, 12]


@pytest.mark.usefixtures("history")
async def test_without_days_of_its_own_it_is_about_this_month(client: ManagementClient) -> None:
    dataset = {"granularity": "Monthly"}
    rows = (await ask(client, timeframe="MonthToDate", dataset=dataset)).json()["properties"]["rows"]
    assert rows == [
        [150, "2026-11-01T00:00:00", "Actual", "USD"],
        [90, "2026-11-01T00:00:00", "Forecast", "USD"],
    ]


@pytest.mark.parametrize("spent", [(), (1, 2), (18, 19, 20)])
async def test_too_little_history_is_said_to_be_too_little(
    client: ManagementClient, cost_rows: CostRowsInMemory, forecaster: ForecastOfTen, spent: tuple[int, ...]
) -> None:
    cost_rows.rows = [make_row(date(2026, 11, day), resource_id=client.account_path) for day in spent]
    response = await ask(client)
    assert response.status_code == 424
    assert "at least 7 whole days" in response.json()["error"]["message"]
    assert forecaster.calls == 0


@pytest.mark.usefixtures("history")
async def test_the_past_needs_no_forecast(client: ManagementClient, forecaster: ForecastOfTen) -> None:
    period = {"from": "2026-11-01", "to": "2026-11-02"}
    rows = (await ask(client, timePeriod=period)).json()["properties"]["rows"]
    assert [row[2] for row in rows] == ["Actual", "Actual"]
    assert forecaster.calls == 0


@pytest.mark.usefixtures("history")
async def test_a_missing_library_is_said_to_be_missing(client: ManagementClient, forecaster: ForecastOfTen) -> None:
    forecaster.refusal = LibraryMissing()
    response = await ask(client)
    assert response.status_code == 501
    assert "pip install 'ingate[forecast]'" in response.json()["error"]["message"]
    without = client.with_settings(forecaster=None)
    assert (await ask(without)).status_code == 501


@pytest.mark.usefixtures("history")
async def test_a_forecast_that_fails(client: ManagementClient, forecaster: ForecastOfTen) -> None:
    forecaster.refusal = ForecastBroken(reason="it took longer than 60 seconds")
    response = await ask(client)
    assert response.status_code == 503
    assert "longer than 60 seconds" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dataset": {"grouping": [{"type": "Dimension", "name": "Model"}]}}, "cannot be grouped"),
        ({"dataset": {"aggregation": {"a": {"name": "UsageQuantity", "function": "Sum"}}}}, "only costs"),
        ({"timePeriod": {"from": "2026-11-20", "to": "2028-11-20"}}, "not reach further than 366 days"),
    ],
)
async def test_what_cannot_be_forecast(client: ManagementClient, changes: dict[str, Any], reason: str) -> None:
    response = await ask(client, **changes)
    assert response.status_code == 400
    assert reason in response.json()["error"]["message"]
