from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.costs import ACCOUNT, make_row

from ingate.domain.charge import ResourceFacts, list_charges
from ingate.domain.cost import CostRow
from ingate.domain.cost_filter import CostFilter, CoveredDeployment, parse_cost_filter
from ingate.domain.cost_query import CostQuery, Grouping, Sorting, find_days, run_query, sum_by_day
from ingate.domain.naming import fold_name

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
OTHER = ACCOUNT.replace("example-resource", "other")
FACTS = {
    fold_name(ACCOUNT): ResourceFacts(subscription_name="Main", tags={"Team": "search"}),
    fold_name(OTHER): ResourceFacts(subscription_name="Main", tags={"team": "mail"}),
}
ROWS = [
    make_row(date(2026, 11, 1)),
    make_row(date(2026, 11, 2), principal_id="11111111-1111-4111-8111-111111111111"),
    make_row(
        date(2026, 11, 2),
        resource_id=OTHER,
        deployment="small",
        model="claude-haiku-4-5",
        input_cost=Decimal("0.000000000001"),
        output_cost=Decimal(0),
        output_tokens=0,
        web_search_requests=3,
        web_search_cost=Decimal("0.03"),
    ),
    make_row(date(2026, 12, 1)),
]


def ask(*groupings: str, rows: list[CostRow] = ROWS, **changes: Any) -> list[tuple[object, ...]]:
    """Groupings are dimensions, or `tag:NAME`."""
    parsed = tuple(
        Grouping(kind="TagKey", name=name.removeprefix("tag:"))
        if name.startswith("tag:")
        else Grouping(kind="Dimension", name=name)
        for name in groupings
    )
    content: dict[str, Any] = {"first": FIRST, "last": LAST, "granularity": "None", "measures": ("Cost",)}
    content |= {"groupings": parsed} | changes
    query = CostQuery(**content)
    return [row[:-1] for row in run_query(query, list_charges(rows, FACTS)).rows]


def test_without_a_grouping_there_is_one_sum_of_the_days_asked_for() -> None:
    assert ask() == [(Decimal("15.030000000001"),)]


def test_nothing_charged_is_no_row() -> None:
    assert ask(rows=[]) == []


@pytest.mark.parametrize(
    ("grouping", "expected"),
    [
        ("Deployment", [("15.0", "prod-a"), ("0.030000000001", "small")]),
        ("Model", [("0.030000000001", "claude-haiku-4-5"), ("15.0", "claude-opus-4-5")]),
        ("Principal", [("7.5", "11111111-1111-4111-8111-111111111111"), ("7.530000000001", "api-key")]),
        ("ResourceGroup", [("15.030000000001", "example-group")]),
        ("ResourceName", [("15.0", "example-resource"), ("0.030000000001", "other")]),
        ("Meter", [("10.000000000001", "Input tokens"), ("5.0", "Output tokens"), ("0.03", "Web searches")]),
        ("SubscriptionName", [("15.030000000001", "Main")]),
        ("PublisherType", [("15.030000000001", "Marketplace")]),
    ],
)
def test_grouping_by_a_dimension(grouping: str, expected: list[tuple[str, str]]) -> None:
    assert ask(grouping) == [(Decimal(cost), name) for cost, name in expected]


def test_a_tag_takes_two_columns_and_its_name_is_folded() -> None:
    assert ask("tag:TEAM") == [(Decimal("0.030000000001"), "TEAM", "mail"), (Decimal(15), "TEAM", "search")]


def test_a_resource_that_is_gone_has_no_tags() -> None:
    gone = [make_row(date(2026, 11, 1), resource_id=f"{ACCOUNT}-gone")]
    assert ask("tag:team", rows=gone) == [(Decimal("7.5"), "team", "")]


def test_days_and_months() -> None:
    assert ask(granularity="Daily") == [(Decimal("7.5"), 20261101), (Decimal("7.530000000001"), 20261102)]
    assert ask(granularity="Monthly", last=date(2026, 12, 31)) == [
        (Decimal("15.030000000001"), "2026-11-01T00:00:00"),
        (Decimal("7.5"), "2026-12-01T00:00:00"),
    ]


def test_quantities_and_consumption_units_stand_beside_costs() -> None:
    row = ask("Meter", measures=("Cost", "UsageQuantity", "ConsumptionUnits"))[2]
    assert row == (Decimal("0.03"), Decimal("0.003"), Decimal(3), "Web searches")


def test_two_groupings_and_a_sort() -> None:
    rows = ask("Model", "Meter", sorting=(Sorting(name="Cost", descending=True),))
    assert rows[0] == (Decimal(10), "claude-opus-4-5", "Input tokens")
    amounts = [Decimal(str(row[0])) for row in rows]
    assert amounts == sorted(amounts, reverse=True)


def parse(document: dict[str, Any]) -> CostFilter:
    parsed = parse_cost_filter(document)
    assert isinstance(parsed, CostFilter), parsed
    return parsed


def compare(kind: str, name: str, *values: str) -> dict[str, Any]:
    return {kind: {"name": name, "operator": "In", "values": list(values)}}


SMALL = compare("dimensions", "deployment", "SMALL")
SEARCHES = compare("dimensions", "Meter", "web searches")


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        (SMALL, "0.030000000001"),
        (compare("tags", "Team", "Search", "nobody"), "15"),
        ({"and": [SMALL, SEARCHES]}, "0.03"),
        ({"or": [SEARCHES, compare("dimensions", "Model", "claude-opus-4-5")]}, "15.03"),
        ({"And": [SMALL, {"Or": [SEARCHES, compare("Dimensions", "Meter", "input tokens")]}]}, "0.030000000001"),
    ],
)
def test_filters(document: dict[str, Any], cost: str) -> None:
    assert ask(filter=parse(document)) == [(Decimal(cost),)]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"not": SMALL}, "and, or, dimensions or tags"),
        ({"and": [SMALL]}, "at least two"),
        ({"and": [SMALL, 1]}, "list of filters"),
        (SMALL | compare("tags", "a", "b"), "exactly one"),
        (compare("dimensions", "Weather", "rain"), "there is no dimension"),
        ({"dimensions": {"name": "Model", "operator": "Contains", "values": ["a"]}}, "must be In"),
        ({"dimensions": {"name": "Model", "operator": "In", "values": []}}, "not an empty one"),
        ({"dimensions": {"name": "Model", "operator": "In", "values": [1]}}, "list of strings"),
        ({"dimensions": {"operator": "In", "values": ["a"]}}, "must have a name"),
        ({"tags": 7}, "must have a name"),
    ],
)
def test_filters_that_are_none(document: dict[str, Any], reason: str) -> None:
    parsed = parse_cost_filter(document)
    assert isinstance(parsed, str)
    assert reason in parsed


def test_a_filter_of_endless_depth_is_refused() -> None:
    document = SMALL
    for _ in range(30):
        document = {"and": [SMALL, document]}
    assert parse_cost_filter(document) == "the filter is nested too deeply"


def test_a_filter_decides_about_a_deployment_before_it_is_called() -> None:
    deployment = CoveredDeployment(
        resource_id=ACCOUNT,
        name="small",
        model_id="claude-haiku-4-5",
        model_version="2",
        deployment_type="GlobalStandard",
        location="eastus2",
        tags={"team": "search", "odd": 1},
    )
    assert parse(SMALL).admits_deployment(deployment)
    assert parse(compare("tags", "TEAM", "search")).admits_deployment(deployment)
    assert parse(compare("dimensions", "ResourceGroupName", "Example-Group")).admits_deployment(deployment)
    assert not parse({"and": [SMALL, compare("tags", "team", "mail")]}).admits_deployment(deployment)
    assert not parse(compare("tags", "odd", "1")).admits_deployment(deployment)
    assert parse(SMALL).tells_deployments_apart
    assert not parse({"or": [SMALL, SEARCHES]}).tells_deployments_apart


@pytest.mark.parametrize(
    ("timeframe", "first", "last"),
    [
        ("MonthToDate", "2026-11-01", "2026-11-22"),
        ("BillingMonthToDate", "2026-11-01", "2026-11-22"),
        ("TheLastMonth", "2026-10-01", "2026-10-31"),
        ("TheLastBillingMonth", "2026-10-01", "2026-10-31"),
        ("WeekToDate", "2026-11-22", "2026-11-22"),
        ("TheCurrentMonth", "2026-11-01", "2026-11-30"),
    ],
)
def test_timeframes_of_a_sunday(timeframe: Any, first: str, last: str) -> None:
    expected = (date.fromisoformat(first), date.fromisoformat(last))
    assert find_days(timeframe, date(2026, 11, 22)) == expected


def test_a_week_begins_on_sunday() -> None:
    assert find_days("WeekToDate", date(2026, 11, 25)) == (date(2026, 11, 22), date(2026, 11, 25))


def test_days_add_up() -> None:
    assert sum_by_day(list_charges(ROWS, FACTS), parse(SMALL)) == {date(2026, 11, 2): Decimal("0.030000000001")}
