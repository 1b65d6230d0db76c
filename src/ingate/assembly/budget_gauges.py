"""Budgets in Prometheus' numbers: what each of them was when it was last looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from ingate.management.costs.budget_watch import BudgetReading
from ingate.telemetry.prometheus import Gauge, ReadGauges

MOST_BUDGETS = 1000
"""Shown, in the order of their scopes and names: whoever may make budgets must not make any number of series."""


def read_budgets(get_readings: Callable[[], Iterable[BudgetReading]]) -> ReadGauges:
    """Amounts are US dollars, for each budget's period."""

    def read() -> Iterator[Gauge]:
        for reading in islice(get_readings(), MOST_BUDGETS):
            yield from _list_gauges(reading)

    return read


def _list_gauges(reading: BudgetReading) -> Iterator[Gauge]:
    labels = {"scope": reading.scope, "name": reading.name}
    yield Gauge("ingate_budget_amount_dollars", "What a budget allows in its period", float(reading.amount), labels)
    yield Gauge("ingate_budget_spent_dollars", "Spent in the period so far", float(reading.spent), labels)
    if reading.forecast is not None:
        yield Gauge("ingate_budget_forecast_dollars", "Forecast for the period", float(reading.forecast), labels)
    yield Gauge("ingate_budget_closed", "1 while it refuses requests, as it is spent", reading.is_closed, labels)
