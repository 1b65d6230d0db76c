"""Price agreements, budgets and their alerts are kept whole, and gateways hear of what concerns them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.support.aggregates import CREATED, SUBSCRIPTION, make_deployment, put_resource_with_keys, put_scope

from ingate.domain.budget import Budget, BudgetAlert
from ingate.domain.budget_document import BudgetTerms, parse_budget
from ingate.domain.price import UnitPrices
from ingate.domain.price_book import Discount, FixedPrices, PriceAgreement, PriceTarget, Terms, Withdrawn
from ingate.domain.state import State

pytestmark = pytest.mark.anyio

TIER = UnitPrices(
    input=Decimal("0.123456"),
    cache_write_5m=Decimal(5),
    cache_write_1h=Decimal(8),
    cache_read=Decimal("0.4"),
    output=Decimal(20),
)
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Example-Group"


def agree(name: str = "Winter", terms: Terms | None = None, day: int = 1) -> PriceAgreement:
    return PriceAgreement(
        subscription_id=SUBSCRIPTION,
        name=name,
        target=PriceTarget(kind="model", value="claude-opus-4-5"),
        terms=terms or Discount(percent=Decimal("12.5")),
        effective_from=datetime(2026, 12, day, 1, 2, 3, 4, tzinfo=UTC),
        etag='"1"',
        system_data=CREATED,
    )


def make_budget(**changes: Any) -> Budget:
    properties: dict[str, Any] = {
        "amount": 100.65,
        "timeGrain": "Quarterly",
        "timePeriod": {"startDate": "2026-10-01", "endDate": "2027-09-30"},
        "filter": {"tags": {"name": "team", "operator": "In", "values": ["élan"]}},
        "notifications": {"n": {"operator": "GreaterThan", "threshold": 80.5, "thresholdType": "Forecasted"}},
        "ingate": {"enforce": True, "webhook": "https://hooks.example.com"},
    }
    terms = parse_budget(properties)
    assert isinstance(terms, BudgetTerms)
    content: dict[str, Any] = {name: getattr(terms, name) for name in BudgetTerms.__slots__}
    content |= {"scope": SCOPE, "name": "Team", "etag": '"1"', "system_data": CREATED}
    document: dict[str, Any] = {"properties": properties, "unknown": [1, None]}
    content |= {"document": document} | changes
    return Budget(**content)


def alert(**changes: Any) -> BudgetAlert:
    content: dict[str, Any] = {
        "scope": SCOPE,
        "budget": "Team",
        "period": date(2026, 10, 1),
        "notification": "n",
        "fired_at": datetime(2026, 11, 22, tzinfo=UTC),
        "threshold": Decimal("80.5"),
        "threshold_type": "Forecasted",
        "amount": Decimal("100.65"),
        "spent": Decimal("99.000000000001"),
        "webhook": "https://hooks.example.com",
        "attempts": 2,
        "next_attempt": datetime(2026, 11, 23, tzinfo=UTC),
    }
    return BudgetAlert(**(content | changes))


@pytest.mark.parametrize(
    "terms",
    [
        Discount(percent=Decimal("-12.5")),
        FixedPrices(tiers=(TIER,), web_search=Decimal("9.99")),
        Withdrawn(),
    ],
)
async def test_agreements_come_back_as_they_were(state: State, terms: Terms) -> None:
    async with state.writing() as session:
        await put_scope(session)
        await session.prices.put_agreement(agree(terms=terms))
    async with state.reading() as session:
        assert await session.prices.get_agreement(SUBSCRIPTION.upper(), "WINTER") == agree(terms=terms)
        assert await session.prices.get_agreement(SUBSCRIPTION, "summer") is None


async def test_agreements_are_listed_by_when_they_begin_and_deleted(state: State) -> None:
    async with state.writing() as session:
        await put_scope(session)
        for name, day in (("a", 9), ("b", 2)):
            await session.prices.put_agreement(agree(name, day=day))
    async with state.writing() as session:
        assert [entry.name for entry in await session.prices.list_agreements()] == ["b", "a"]
        assert await session.prices.list_agreements("33333333-3333-4333-8333-333333333333") == []
        assert await session.prices.delete_agreement(SUBSCRIPTION, "A")
        assert not await session.prices.delete_agreement(SUBSCRIPTION, "A")


async def test_an_agreement_is_a_new_revision_and_in_the_directory(state: State) -> None:
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        await session.deployments.put_deployment(make_deployment())
        before = await session.directory.get_revision()
        await session.prices.put_agreement(agree())
    async with state.reading() as session:
        directory = await session.directory.get_directory()
    assert directory.revision > before
    (deployment,) = directory.resources[0].deployments
    assert [entry.label for entry in deployment.prices] == [
        "claude-opus-4-5@2026-08-21",
        "claude-opus-4-5@2026-08-21 @2026-12-01T01:02:03Z override Winter",
    ]


async def test_a_budget_comes_back_as_it_was(state: State) -> None:
    budget = make_budget(forecast=Decimal("12.34"))
    async with state.writing() as session:
        await session.budgets.put_budget(budget)
        await session.budgets.put_budget(make_budget(scope=f"{SCOPE}/providers/x/y/z"))
    async with state.reading() as session:
        assert await session.budgets.get_budget(SCOPE.upper(), "TEAM") == budget
        assert await session.budgets.list_budgets(SCOPE) == [budget]
        assert len(await session.budgets.list_budgets()) == 2


async def test_closing_and_opening_are_new_revisions_and_nothing_else_is(state: State) -> None:
    closed = make_budget(filter=None, closed_since=date(2026, 10, 1))
    closed = replace(closed, document={"properties": closed.document["properties"] | {"filter": None}})
    revisions: list[int] = []
    blocked: list[str | None] = []
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        await session.deployments.put_deployment(make_deployment())
    for budget in (replace(closed, closed_since=None), closed, replace(closed, closed_since=None), None):
        async with state.writing() as session:
            if budget is None:
                await session.budgets.delete_budget(SCOPE, "team")
            else:
                await session.budgets.put_budget(budget)
            revisions.append(await session.directory.get_revision())
            blocked.append((await session.directory.get_directory()).resources[0].deployments[0].blocked_by_budget)
    assert blocked == [None, "Team", None, None]
    assert [revision - revisions[0] for revision in revisions] == [0, 1, 2, 2]


async def test_alerts_are_kept_once_for_each_period_and_go_with_their_budget(state: State) -> None:
    async with state.writing() as session:
        await session.budgets.put_budget(make_budget())
        await session.budgets.put_alert(alert())
        await session.budgets.put_alert(alert(attempts=3, next_attempt=None))
        await session.budgets.put_alert(alert(period=date(2027, 1, 1)))
    async with state.writing() as session:
        alerts = await session.budgets.list_alerts()
        assert {(entry.period, entry.attempts) for entry in alerts} == {(date(2026, 10, 1), 3), (date(2027, 1, 1), 2)}
        assert await session.budgets.list_alerts(pending_only=True) == [alert(period=date(2027, 1, 1))]
        await session.budgets.delete_budget(SCOPE, "team")
        assert await session.budgets.list_alerts() == []
