"""A request for each refusal about costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.golden.management.access_cases import put_assignment
from tests.golden.management.refusal_cases import ACCOUNT, GROUP, Case, Request
from tests.support.costs import CostRowsInMemory, make_row

from ingate.domain.forecast import ForecastBroken, ForecastRefusal
from ingate.management.costs import cost_refusals as c

COST_MANAGEMENT_CONTRIBUTOR = "434105ed-43f6-45c7-a02f-909b2ba83430"


class BrokenForecaster:
    """Implements `domain.forecast.Forecaster`."""

    async def forecast(
        self, history: Sequence[Decimal], horizon: int
    ) -> Sequence[tuple[float, float, float]] | ForecastRefusal:
        return ForecastBroken(reason="it took longer than 60 seconds")


def ask(kind: str = "query", **changes: Any) -> Request:
    body = {"type": "ActualCost", "timeframe": "MonthToDate", "dataset": {"granularity": "None"}} | changes
    return Request(method="POST", path=f"{ACCOUNT}/providers/Microsoft.CostManagement/{kind}", body=body)


def put_price(**properties: Any) -> Request:
    path = "{subscription}/providers/Ingate.Gateway/prices/winter"
    return Request(method="PUT", path=path, body={"properties": properties})


def put_budget(token: str, **ours: Any) -> Request:
    properties = {
        "amount": 100,
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": "2026-11-01"},
        "ingate": ours,
    }
    path = f"{GROUP}/providers/Microsoft.Consumption/budgets/team"
    return Request(method="PUT", path=path, body={"properties": properties}, token=token)


RESOURCE = (
    "/subscriptions/00000000-0000-4000-8000-000000000002/resourceGroups/example-group"
    "/providers/Microsoft.CognitiveServices/accounts/example-resource"
)
"""The default resource of a state whose ids are counted."""
DAYS = [make_row(date(2026, 11, 1) + timedelta(days=index), resource_id=RESOURCE) for index in range(20)]

COST_CASES: tuple[Case, ...] = (
    Case(refusal=c.CostQueryInvalid, name="cost_query_invalid", request=ask(timeframe="Yesterday")),
    Case(refusal=c.CostsUnavailable, name="costs_unavailable", request=ask()),
    Case(
        refusal=c.ForecastUnavailable,
        name="forecast_unavailable",
        request=ask("forecast"),
        settings={"cost_rows": CostRowsInMemory(DAYS[-2:])},
    ),
    Case(
        refusal=c.ForecastNotInstalled,
        name="forecast_not_installed",
        request=ask("forecast"),
        settings={"cost_rows": CostRowsInMemory(DAYS)},
    ),
    Case(
        refusal=c.ForecastFailed,
        name="forecast_failed",
        request=ask("forecast"),
        settings={"cost_rows": CostRowsInMemory(DAYS), "forecaster": BrokenForecaster()},
    ),
    Case(
        refusal=c.PriceInForce,
        name="price_in_force",
        before=(put_price(discountPercent=10),),
        request=put_price(discountPercent=20),
    ),
)

COST_ACCESS_CASES: tuple[Case, ...] = (
    Case(
        refusal=c.WebhookNotAllowed,
        name="webhook_not_allowed",
        before=(put_assignment(roleDefinitionId=COST_MANAGEMENT_CONTRIBUTOR),),
        request=put_budget("app:", webhook="https://hooks.example.com/x"),
    ),
)
"""By a principal."""
