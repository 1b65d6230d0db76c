from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.costs import CostRowsInMemory, make_row
from tests.unit.management.costs.conftest import ForecastOfTen

from ingate.domain.directory import parse_directory
from ingate.management.costs.budget_watch import MOST_ATTEMPTS, BudgetWatch

pytestmark = pytest.mark.anyio

BUDGET = "providers/Microsoft.Consumption/budgets"
HOOK = "https://hooks.example.com/budget"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Watched:
    """A watch, its clock, and what its webhooks heard."""

    def __init__(self, client: ManagementClient, rows: CostRowsInMemory) -> None:
        self.clock = Clock()
        self.client = client.with_settings(clock=self.clock)
        self.rows = rows
        self.told: list[dict[str, Any]] = []
        self.takes = True
        self.watch = self.restart()

    def restart(self) -> BudgetWatch:
        self.watch = BudgetWatch(plane=self.client.plane, cost_rows=self.rows, post_webhook=self._take)
        return self.watch

    async def _take(self, url: str, document: dict[str, Any]) -> bool:
        assert url == HOOK
        self.told.append(document)
        return self.takes

    async def look(self, *, after: timedelta = timedelta(0)) -> None:
        """Both steps; what one finds the other sees the next time."""
        self.clock.now += after
        await self.watch.look()
        await self.watch.follow_up()

    def spend(self, day: date, dollars: str) -> None:
        self.rows.rows.append(
            make_row(day, resource_id=self.client.account_path, input_cost=Decimal(dollars), output_cost=Decimal(0))
        )

    async def put(self, name: str = "team", **changes: Any) -> None:
        properties: dict[str, Any] = {
            "amount": 100,
            "timeGrain": "Monthly",
            "timePeriod": {"startDate": "2026-11-01"},
            "notifications": {"most": {"operator": "GreaterThanOrEqualTo", "threshold": 80}},
            "ingate": {"webhook": HOOK},
        }
        path = f"{self.client.group_path}/{BUDGET}/{name}"
        made = await self.client.send("PUT", path, {"properties": properties | changes})
        assert made.is_success, made.text

    def find_blocked(self) -> set[str | None]:
        (resource,) = parse_directory(self.client.directory_file.read_bytes()).resources
        return {deployment.blocked_by_budget for deployment in resource.deployments}

    def list_told(self) -> list[str]:
        return [document["data"]["alertContext"]["AlertData"]["SpendingAmount"] for document in self.told]


@pytest.fixture
async def watched(client: ManagementClient, cost_rows: CostRowsInMemory) -> Watched:
    return Watched(client, cost_rows)


TODAY = date(2026, 11, 22)


async def test_an_alert_is_told_once_whatever_restarts(watched: Watched) -> None:
    await watched.put()
    await watched.look()
    assert watched.told == []
    watched.spend(TODAY, "57.5")
    await watched.look()
    await watched.look()
    watched.restart()
    await watched.look(after=timedelta(hours=2))
    assert watched.list_told() == ["80"]
    assert watched.told[0]["schemaId"] == "azureMonitorCommonAlertSchema"
    assert watched.told[0]["data"]["alertContext"]["AlertData"]["BudgetName"] == "team"


async def test_the_next_period_begins_anew(watched: Watched) -> None:
    await watched.put()
    watched.spend(TODAY, "90")
    await watched.look()
    watched.spend(date(2026, 12, 1), "85")
    await watched.look(after=timedelta(days=9))
    assert watched.list_told() == ["112.5", "85"]


async def test_an_alert_is_in_the_audit_trail(watched: Watched) -> None:
    await watched.put()
    watched.spend(TODAY, "90")
    await watched.look()
    events = (await watched.client.send("GET", "/providers/Ingate.Audit/events")).json()["value"]
    (event,) = [event for event in events if event["action"] == "Microsoft.Consumption/budgets/alert/action"]
    assert event["target"] == f"{watched.client.group_path}/{BUDGET}/team"
    assert "112.5 of 100 USD (112.5%) was spent" in event["detail"]


async def test_a_webhook_that_is_down_is_told_later(watched: Watched) -> None:
    await watched.put()
    watched.spend(TODAY, "90")
    watched.takes = False
    await watched.look()
    await watched.look()
    assert len(watched.told) == 1
    watched.takes = True
    await watched.look(after=timedelta(seconds=11))
    await watched.look(after=timedelta(hours=3))
    assert len(watched.told) == 2


async def test_a_webhook_that_stays_down_is_given_up(watched: Watched) -> None:
    await watched.put()
    watched.spend(TODAY, "90")
    watched.takes = False
    for _ in range(MOST_ATTEMPTS + 5):
        await watched.look(after=timedelta(hours=2))
    assert len(watched.told) == MOST_ATTEMPTS


async def test_an_enforced_budget_closes_and_the_next_period_opens(watched: Watched) -> None:
    await watched.put(ingate={"enforce": True})
    await watched.look()
    assert watched.find_blocked() == {None}
    watched.spend(TODAY, "77.5")
    await watched.look()
    assert watched.find_blocked() == {"team"}
    assert watched.watch.readings[0].is_closed
    await watched.look(after=timedelta(days=9))
    assert watched.find_blocked() == {None}


async def test_a_raised_amount_is_another_threshold(watched: Watched) -> None:
    await watched.put()
    watched.spend(TODAY, "90")
    await watched.look()
    await watched.put(amount=140)
    await watched.look()
    await watched.put(amount=200)
    await watched.look()
    assert watched.list_told() == ["112.5", "112.5"]


async def test_days_that_are_over_are_not_read_every_second(watched: Watched) -> None:
    await watched.put()
    await watched.look()
    before = watched.rows.reads
    for _ in range(10):
        watched.clock.now += timedelta(seconds=1)
        await watched.watch.look()
    assert watched.rows.reads - before == 10
    watched.spend(date(2026, 11, 5), "60")
    await watched.look(after=timedelta(seconds=60))
    assert watched.watch.readings[0].spent == Decimal("82.5")


async def test_without_budgets_no_costs_are_read(watched: Watched) -> None:
    await watched.look()
    assert watched.rows.reads == 0
    assert watched.watch.readings == ()


async def test_a_forecast_threshold(watched: Watched, forecaster: ForecastOfTen) -> None:
    """22.50 dollars are spent, and ten are expected on each of the nine days from today to the 30th."""
    notification = {"operator": "GreaterThan", "threshold": 100, "thresholdType": "Forecasted"}
    await watched.put(amount=112, notifications={"soon": notification})
    await watched.look()
    assert watched.told == []
    await watched.look()
    assert watched.list_told() == ["112.5"]
    shown = (await watched.client.send("GET", f"{watched.client.group_path}/{BUDGET}/team")).json()
    assert shown["properties"]["forecastSpend"] == {"amount": 112.5, "unit": "USD"}
    for _ in range(5):
        await watched.look(after=timedelta(minutes=1))
    assert forecaster.calls == 1


async def test_a_budget_that_is_changed_during_a_look_is_left_to_the_next(
    watched: Watched, forecaster: ForecastOfTen
) -> None:
    notification = {"operator": "GreaterThan", "threshold": 100, "thresholdType": "Forecasted"}
    await watched.put(amount=112, notifications={"soon": notification})

    async def raise_amount() -> None:
        await watched.put(amount=500, notifications={"soon": notification})

    forecaster.meanwhile = raise_amount
    await watched.look()
    forecaster.meanwhile = None
    await watched.watch.look()
    assert watched.told == []
    shown = (await watched.client.send("GET", f"{watched.client.group_path}/{BUDGET}/team")).json()
    assert shown["properties"]["amount"] == 500
    assert "forecastSpend" not in shown["properties"]


async def test_a_look_does_not_wait_for_forecasts_and_webhooks(watched: Watched, forecaster: ForecastOfTen) -> None:
    notification = {"operator": "GreaterThan", "threshold": 1, "thresholdType": "Forecasted"}
    await watched.put(notifications={"soon": notification, "now": {"operator": "GreaterThan", "threshold": 1}})
    await watched.watch.look()
    assert (forecaster.calls, watched.told) == (0, [])
    await watched.watch.follow_up()
    assert (forecaster.calls, watched.list_told()) == (1, ["22.5"])


async def test_a_forecast_of_the_last_period_does_not_count_in_the_next(watched: Watched) -> None:
    notification = {"operator": "GreaterThan", "threshold": 100, "thresholdType": "Forecasted"}
    await watched.put(amount=112, notifications={"soon": notification})
    await watched.look()
    watched.clock.now += timedelta(days=9)
    await watched.watch.look()
    assert watched.told == []
