from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.support.aggregates import CREATED
from tests.support.costs import ACCOUNT

from ingate.domain.budget import (
    Budget,
    BudgetNotification,
    Period,
    decide_alerts,
    decide_closed,
    find_closing_budget,
    find_period,
)
from ingate.domain.budget_document import BudgetInvalid, BudgetTerms, parse_budget
from ingate.domain.cost_filter import CoveredDeployment

GROUP = ACCOUNT.partition("/providers")[0]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOVEMBER = Period(first=date(2026, 11, 1), last=date(2026, 11, 30))


def notify(key: str, threshold: str, **changes: Any) -> BudgetNotification:
    content: dict[str, Any] = {"enabled": True, "operator": "GreaterThanOrEqualTo", "threshold_type": "Actual"}
    return BudgetNotification(key=key, threshold=Decimal(threshold), **(content | changes))


def make_budget(**changes: Any) -> Budget:
    content: dict[str, Any] = {
        "scope": GROUP,
        "name": "team",
        "amount": Decimal(200),
        "time_grain": "Monthly",
        "start": date(2026, 10, 1),
        "end": date(2027, 9, 30),
        "filter": None,
        "notifications": (notify("most", "80"), notify("all", "100")),
        "webhook": None,
        "is_enforced": False,
        "etag": '"1"',
        "system_data": CREATED,
    }
    return Budget(**(content | changes))


@pytest.mark.parametrize(
    ("grain", "start", "today", "first", "last"),
    [
        ("Monthly", "2026-10-01", "2026-10-01", "2026-10-01", "2026-10-31"),
        ("Monthly", "2026-10-01", "2027-02-28", "2027-02-01", "2027-02-28"),
        ("BillingMonth", "2026-10-01", "2026-11-22", "2026-11-01", "2026-11-30"),
        ("Quarterly", "2026-10-01", "2026-12-31", "2026-10-01", "2026-12-31"),
        ("Quarterly", "2026-10-01", "2027-01-01", "2027-01-01", "2027-03-31"),
        ("Annually", "2026-10-01", "2027-09-30", "2026-10-01", "2027-09-30"),
    ],
)
def test_periods(grain: Any, start: str, today: str, first: str, last: str) -> None:
    budget = make_budget(time_grain=grain, start=date.fromisoformat(start))
    expected = Period(first=date.fromisoformat(first), last=date.fromisoformat(last))
    assert find_period(budget, date.fromisoformat(today)) == expected


def test_there_is_no_period_before_the_start_and_after_the_end() -> None:
    budget = make_budget()
    assert find_period(budget, date(2026, 9, 30)) is None
    assert find_period(budget, date(2027, 10, 1)) is None


def test_the_last_period_ends_with_the_budget() -> None:
    budget = make_budget(end=date(2026, 11, 15))
    assert find_period(budget, date(2026, 11, 3)) == Period(first=date(2026, 11, 1), last=date(2026, 11, 15))


def alerts(budget: Budget, spent: str, forecast: str | None = None, fired: tuple[str, ...] = ()) -> list[str]:
    due = decide_alerts(
        budget,
        NOVEMBER,
        spent=Decimal(spent),
        forecast=None if forecast is None else Decimal(forecast),
        already_fired=fired,
        now=NOW,
    )
    return [alert.notification for alert in due]


def test_alerts_fire_at_their_threshold_and_once() -> None:
    budget = make_budget()
    assert alerts(budget, "159.999999999999") == []
    assert alerts(budget, "160") == ["most"]
    assert alerts(budget, "160", fired=("most",)) == []
    assert alerts(budget, "200", fired=("most",)) == ["all"]
    assert alerts(budget, "500") == ["most", "all"]


def test_greater_than_is_not_greater_or_equal() -> None:
    budget = make_budget(notifications=(notify("over", "100", operator="GreaterThan"),))
    assert alerts(budget, "200") == []
    assert alerts(budget, "200.000000000001") == ["over"]


def test_equal_to_fires_when_its_value_was_reached_or_stepped_over() -> None:
    budget = make_budget(notifications=(notify("at", "50", operator="EqualTo"),))
    assert alerts(budget, "99") == []
    assert alerts(budget, "101") == ["at"]


def test_a_disabled_notification_never_fires() -> None:
    assert alerts(make_budget(notifications=(notify("off", "1", enabled=False),)), "500") == []


def test_a_forecast_threshold_needs_a_forecast() -> None:
    budget = make_budget(notifications=(notify("soon", "100", threshold_type="Forecasted"),))
    assert alerts(budget, "500") == []
    assert alerts(budget, "10", "199.99") == []
    assert alerts(budget, "10", "200") == ["soon"]


def test_only_an_enforced_budget_closes_and_only_when_all_is_spent() -> None:
    enforced = make_budget(is_enforced=True)
    assert decide_closed(make_budget(), NOVEMBER, Decimal(500)) is None
    assert decide_closed(enforced, NOVEMBER, Decimal("199.999999999999")) is None
    assert decide_closed(enforced, NOVEMBER, Decimal(200)) == date(2026, 11, 1)
    assert decide_closed(enforced, None, Decimal(500)) is None
    assert decide_closed(replace(enforced, amount=Decimal(600)), NOVEMBER, Decimal(500)) is None


def cover(name: str = "prod-a", resource_id: str = ACCOUNT) -> CoveredDeployment:
    return CoveredDeployment(
        resource_id=resource_id,
        name=name,
        model_id="claude-opus-4-5",
        model_version="20251101",
        deployment_type="GlobalStandard",
        location="eastus2",
        tags={},
    )


def test_a_closed_budget_closes_what_lies_below_its_scope_and_passes_its_filter() -> None:
    closed = make_budget(closed_since=date(2026, 11, 1))
    assert find_closing_budget([make_budget(), closed], cover()) == "team"
    assert find_closing_budget([make_budget()], cover()) is None
    assert find_closing_budget([closed], cover(resource_id=ACCOUNT.replace("example-group", "other"))) is None
    terms = parse({"filter": {"dimensions": {"name": "Deployment", "operator": "In", "values": ["prod-a"]}}})
    assert isinstance(terms, BudgetTerms)
    filtered = replace(closed, filter=terms.filter)
    assert find_closing_budget([filtered], cover()) == "team"
    assert find_closing_budget([filtered], cover("prod-b")) is None


def parse(changes: dict[str, Any]) -> BudgetTerms | BudgetInvalid:
    properties: dict[str, Any] = {
        "category": "Cost",
        "amount": 100.65,
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": "2026-10-01T00:00:00Z"},
    }
    return parse_budget(properties | changes)


def test_a_budget_as_clients_write_it() -> None:
    terms = parse(
        {
            "notifications": {"n": {"enabled": True, "operator": "GreaterThan", "threshold": 80.5}},
            "ingate": {"webhook": "https://hooks.example.com/budget?x=1", "enforce": True},
        }
    )
    assert terms == BudgetTerms(
        amount=Decimal("100.65"),
        time_grain="Monthly",
        start=date(2026, 10, 1),
        end=date(2036, 10, 1),
        filter=None,
        notifications=(notify("n", "80.5", operator="GreaterThan"),),
        webhook="https://hooks.example.com/budget?x=1",
        is_enforced=True,
    )


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"category": "Usage"}, "category"),
        ({"amount": 0}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": 1e300}, "amount"),
        ({"timeGrain": "Weekly"}, "timeGrain"),
        ({"timePeriod": {}}, "timePeriod.startDate"),
        ({"timePeriod": {"startDate": "2026-10-02"}}, "timePeriod.startDate"),
        ({"timePeriod": {"startDate": "2026-10-01", "endDate": "2026-09-01"}}, "timePeriod.endDate"),
        ({"filter": {"dimensions": {}}}, "filter"),
        ({"notifications": dict.fromkeys("abcdef", "")}, "notifications"),
        ({"notifications": {"n": {"operator": "Below"}}}, "notifications.n.operator"),
        ({"notifications": {"n": {"operator": "EqualTo", "threshold": 1001}}}, "notifications.n.threshold"),
        (
            {"notifications": {"n": {"operator": "EqualTo", "threshold": 1, "thresholdType": "Hoped"}}},
            "notifications.n.thresholdType",
        ),
        ({"notifications": {"n\n": {}}}, "notifications"),
        ({"ingate": {"webhok": "https://example.com"}}, "ingate.webhok"),
        ({"ingate": {"webhook": "file:///etc/passwd"}}, "ingate.webhook"),
        ({"ingate": {"webhook": "https://user:secret@example.com"}}, "ingate.webhook"),
        ({"ingate": {"webhook": "https://example.com/#a"}}, "ingate.webhook"),
        ({"ingate": {"enforce": "yes"}}, "ingate.enforce"),
        (
            {
                "ingate": {"enforce": True},
                "filter": {"dimensions": {"name": "Principal", "operator": "In", "values": ["a"]}},
            },
            "ingate.enforce",
        ),
    ],
)
def test_what_is_wrong_with_a_budget(changes: dict[str, Any], member: str) -> None:
    found = parse(changes)
    assert isinstance(found, BudgetInvalid)
    assert found.member == member
