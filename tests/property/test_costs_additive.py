"""Whatever costs are grouped by, the groups add up to the total, exactly."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.costs import ACCOUNT, make_row

from ingate.domain.charge import ResourceFacts, list_charges
from ingate.domain.cost import CostRow
from ingate.domain.cost_filter import DIMENSIONS, Comparison, CostFilter
from ingate.domain.cost_query import GRANULARITIES, CostQuery, Grouping, run_query
from ingate.domain.naming import fold_name

FIRST = date(2026, 10, 1)
RESOURCES = [f"{ACCOUNT}-{number}" for number in range(3)]
FACTS = {
    fold_name(resource): ResourceFacts(subscription_name="S", tags={"team": f"team-{number % 2}"})
    for number, resource in enumerate(RESOURCES)
}

costs = st.integers(min_value=0, max_value=10**15).map(lambda value: Decimal(value).scaleb(-12))
counts = st.integers(min_value=0, max_value=10**12)
rows = st.builds(
    make_row,
    st.integers(min_value=0, max_value=60).map(lambda days: FIRST + timedelta(days=days)),
    resource_id=st.sampled_from(RESOURCES),
    deployment=st.sampled_from(["prod-a", "PROD-A", "été", "b"]),
    model=st.sampled_from(["claude-opus-4-5", "claude-haiku-4-5"]),
    principal_id=st.none() | st.uuids().map(str),
    price=st.none() | st.just("claude-opus-4-5@2026-08-21"),
    input_tokens=counts,
    cache_read_tokens=counts,
    web_search_requests=counts,
    input_cost=costs,
    output_cost=costs,
    cache_read_cost=costs,
    cache_write_5m_cost=costs,
    cache_write_1h_cost=costs,
    web_search_cost=costs,
)
groupings = st.lists(
    st.sampled_from([written for written, _ in DIMENSIONS.values()]).map(
        lambda name: Grouping(kind="Dimension", name=name)
    )
    | st.just(Grouping(kind="TagKey", name="team")),
    max_size=2,
).map(tuple)


@settings(deadline=None)
@given(st.lists(rows, max_size=12), groupings, st.sampled_from(GRANULARITIES))
def test_the_groups_add_up_to_the_total(
    charged: list[CostRow], chosen: tuple[Grouping, ...], granularity: str
) -> None:
    query = CostQuery(
        first=FIRST,
        last=FIRST + timedelta(days=60),
        granularity=next(known for known in GRANULARITIES if known == granularity),
        measures=("Cost", "UsageQuantity"),
        groupings=chosen,
    )
    table = run_query(query, list_charges(charged, FACTS))
    assert sum((Decimal(row[0]) for row in table.rows), Decimal(0)) == sum((row.cost for row in charged), Decimal(0))
    assert len({row[2:] for row in table.rows}) == len(table.rows)


@settings(deadline=None)
@given(st.lists(rows, max_size=12))
def test_a_filter_and_its_complement_add_up_to_the_total(charged: list[CostRow]) -> None:
    def total(*teams: str) -> Decimal:
        comparison = Comparison(kind="TagKey", name="team", values=frozenset(teams))
        chosen = CostFilter(comparison=comparison)
        return sum((charge.cost for charge in list_charges(charged, FACTS) if chosen.admits(charge)), Decimal(0))

    assert total("team-0") + total("team-1") == sum((row.cost for row in charged), Decimal(0))


@settings(deadline=None)
@given(st.lists(rows, max_size=8))
def test_the_charges_of_a_row_add_up_to_the_row(charged: list[CostRow]) -> None:
    for row in charged:
        assert sum((charge.cost for charge in list_charges([row], FACTS)), Decimal(0)) == row.cost


def test_the_dimensions_are_told_apart_without_regard_to_case() -> None:
    for first, second in itertools.combinations([written for written, _ in DIMENSIONS.values()], 2):
        assert first.lower() != second.lower()
