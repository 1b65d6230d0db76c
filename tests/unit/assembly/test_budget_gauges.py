from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families as parse_text

from ingate.assembly.budget_gauges import MOST_BUDGETS, read_budgets
from ingate.management.costs.budget_watch import BudgetReading
from ingate.telemetry.prometheus import PrometheusExposition
from ingate.telemetry.rollup_store import RollupStore

GROUP = "/subscriptions/s/resourceGroups/g"


def make_reading(name: str, *, forecast: str | None = None, closed: bool = False) -> BudgetReading:
    return BudgetReading(
        scope=GROUP,
        name=name,
        amount=Decimal("100.65"),
        spent=Decimal("22.5"),
        forecast=None if forecast is None else Decimal(forecast),
        is_closed=closed,
    )


def test_budgets_are_scraped_as_they_stand(tmp_path: Path) -> None:
    store = RollupStore(tmp_path / "telemetry.db")
    readings = [make_reading("team", forecast="90"), make_reading('other"\n', closed=True)]
    exposition = PrometheusExposition(tmp_path / "telemetry.db")
    exposition.add_gauges(read_budgets(lambda: readings))

    content, _ = exposition.render("")
    found = {
        (sample.name, sample.labels["name"]): sample.value
        for family in parse_text(content.decode())
        for sample in family.samples
        if sample.labels.get("scope") == GROUP
    }
    store.close()

    assert found == {
        ("ingate_budget_amount_dollars", "team"): 100.65,
        ("ingate_budget_spent_dollars", "team"): 22.5,
        ("ingate_budget_forecast_dollars", "team"): 90,
        ("ingate_budget_closed", "team"): 0,
        ("ingate_budget_amount_dollars", 'other"\n'): 100.65,
        ("ingate_budget_spent_dollars", 'other"\n'): 22.5,
        ("ingate_budget_closed", 'other"\n'): 1,
    }


def test_no_more_budgets_are_shown_than_a_prometheus_can_bear() -> None:
    readings = [make_reading(f"b{number}") for number in range(MOST_BUDGETS + 5)]

    shown = {gauge.labels["name"] for gauge in read_budgets(lambda: readings)()}

    assert len(shown) == MOST_BUDGETS
