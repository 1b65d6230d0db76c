"""Budgets: what somebody means to spend in a period, and what happens on the way there.

A budget covers what was spent below its scope, as far as its filter tells. Its notifications are due once in a
period each, when actual or forecast spending has passed their threshold. A budget that its owner wishes to be
enforced closes the deployments it covers as soon as all of it is spent, until the period ends or it gets more.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol, get_args

from ingate.wire.arm.documents import JsonObject

from .change import SystemData
from .cost_filter import CostFilter, CoveredDeployment
from .permission import covers

TimeGrain = Literal["Monthly", "Quarterly", "Annually", "BillingMonth", "BillingQuarter", "BillingAnnual"]
Operator = Literal["EqualTo", "GreaterThan", "GreaterThanOrEqualTo"]
ThresholdType = Literal["Actual", "Forecasted"]

TIME_GRAINS: tuple[TimeGrain, ...] = get_args(TimeGrain)
OPERATORS: tuple[Operator, ...] = get_args(Operator)
THRESHOLD_TYPES: tuple[ThresholdType, ...] = get_args(ThresholdType)

MOST_NOTIFICATIONS = 5
LARGEST_THRESHOLD = Decimal(1000)
"""Percent of the amount. Both: https://learn.microsoft.com/rest/api/consumption/budgets/create-or-update"""

_MONTHS: dict[TimeGrain, int] = {
    "Monthly": 1,
    "BillingMonth": 1,
    "Quarterly": 3,
    "BillingQuarter": 3,
    "Annually": 12,
    "BillingAnnual": 12,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNotification:
    key: str
    """Its name in the budget."""
    enabled: bool
    operator: Operator
    threshold: Decimal
    """Percent of the amount."""
    threshold_type: ThresholdType


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A budget as its owner configured it, and whether it is closed."""

    scope: str
    """A subscription's, a resource group's or a resource's ARM id."""
    name: str
    amount: Decimal
    """US dollars a period."""
    time_grain: TimeGrain
    start: date
    end: date
    """The last day."""
    filter: CostFilter | None
    notifications: tuple[BudgetNotification, ...]
    webhook: str | None
    is_enforced: bool
    etag: str
    system_data: SystemData
    document: JsonObject = field(default_factory=lambda: {})
    """What its owner wrote."""
    closed_since: date | None = None
    """The begin of the period in which all was spent; None while it is open, or not enforced."""
    forecast: Decimal | None = None
    """What the period will have cost, as it was last forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetAlert:
    """That a notification of a budget fired. Kept, so that it fires once a period, whatever restarts."""

    scope: str
    budget: str
    period: date
    """Its first day."""
    notification: str
    fired_at: datetime
    threshold: Decimal
    threshold_type: ThresholdType
    amount: Decimal
    spent: Decimal
    """What was compared with the threshold."""
    webhook: str | None = None
    """Where it has yet to be told; None when there is nothing left to do."""
    attempts: int = 0
    next_attempt: datetime | None = None


class BudgetStore(Protocol):
    """Keeps budgets and their alerts. Scopes and names are compared without regard to case. A change of which budgets
    are closed is a new revision of the directory."""

    async def get_budget(self, scope: str, name: str) -> Budget | None: ...

    async def list_budgets(self, scope: str | None = None) -> list[Budget]:
        """Of exactly this scope, or all; by scope and name."""
        ...

    async def put_budget(self, budget: Budget) -> None: ...

    async def delete_budget(self, scope: str, name: str) -> bool:
        """With its alerts. False when there was none."""
        ...

    async def list_alerts(self, *, pending_only: bool = False) -> list[BudgetAlert]:
        """The newest first."""
        ...

    async def put_alert(self, alert: BudgetAlert) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days, both included."""

    first: date
    last: date


class Recurring(Protocol):
    """What has periods: a budget, or the terms of one."""

    @property
    def time_grain(self) -> TimeGrain: ...

    @property
    def start(self) -> date: ...

    @property
    def end(self) -> date: ...


def find_period(budget: Recurring, today: date) -> Period | None:
    """The one that has this day, counted from the budget's start; None before its start and after its end."""
    if not budget.start <= today <= budget.end:
        return None
    step = _MONTHS[budget.time_grain]
    months = (today.year - budget.start.year) * 12 + today.month - budget.start.month
    index = months // step
    first = _add_months(budget.start, index * step)
    if first > today:
        index -= 1
        first = _add_months(budget.start, index * step)
    following = _add_months(budget.start, (index + 1) * step)
    return Period(first=first, last=min(following - timedelta(days=1), budget.end))


def _add_months(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def decide_alerts(
    budget: Budget,
    period: Period,
    *,
    spent: Decimal,
    forecast: Decimal | None,
    already_fired: Iterable[str],
    now: datetime,
) -> list[BudgetAlert]:
    """The notifications that are due now. `forecast` is None when there is none, which passes no threshold."""
    fired = frozenset(already_fired)
    alerts: list[BudgetAlert] = []
    for notification in budget.notifications:
        reached = spent if notification.threshold_type == "Actual" else forecast
        if not notification.enabled or notification.key in fired or reached is None:
            continue
        if _passes(notification.operator, reached, budget.amount * notification.threshold / 100):
            alerts.append(
                BudgetAlert(
                    scope=budget.scope,
                    budget=budget.name,
                    period=period.first,
                    notification=notification.key,
                    fired_at=now,
                    threshold=notification.threshold,
                    threshold_type=notification.threshold_type,
                    amount=budget.amount,
                    spent=reached,
                    webhook=budget.webhook,
                    next_attempt=now if budget.webhook else None,
                )
            )
    return alerts


def _passes(operator: Operator, reached: Decimal, threshold: Decimal) -> bool:
    match operator:
        case "GreaterThan":
            return reached > threshold
        case "GreaterThanOrEqualTo":
            return reached >= threshold
        case "EqualTo":
            # Spending moves in steps that would miss a single value: what is equal has been reached.
            return reached >= threshold


def decide_closed(budget: Budget, period: Period | None, spent: Decimal) -> date | None:
    """`closed_since` as it has to be now."""
    if not budget.is_enforced or period is None or spent < budget.amount:
        return None
    return period.first


def find_closing_budget(budgets: Sequence[Budget], deployment: CoveredDeployment) -> str | None:
    """The name of the first closed budget that the deployment falls under."""
    for budget in budgets:
        if budget.closed_since is not None and _is_covered(budget, deployment):
            return budget.name
    return None


def _is_covered(budget: Budget, deployment: CoveredDeployment) -> bool:
    if not covers(budget.scope, deployment.resource_id):
        return False
    return budget.filter is None or budget.filter.admits_deployment(deployment)
