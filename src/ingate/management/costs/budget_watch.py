"""Watches budgets: compares them with what was spent, fires their notifications, closes and opens deployments.

What fires is in the state before anybody is told, and so fires once in a period whatever restarts. A webhook is tried
until it is told, or `MOST_ATTEMPTS` times.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from ingate.domain.audit import AuditEvent
from ingate.domain.budget import Budget, BudgetAlert, Period, decide_alerts, decide_closed, find_period
from ingate.domain.charge import CURRENCY, ResourceFacts, list_charges, parse_address
from ingate.domain.cost import CostRow, CostRows
from ingate.domain.cost_query import sum_by_day
from ingate.domain.forecast import LONGEST_HISTORY
from ingate.domain.naming import fold_name
from ingate.domain.permission import covers
from ingate.domain.price_document import render_number
from ingate.domain.state import StateSession
from ingate.management.control_plane import ControlPlane
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_time

from .cost_scopes import read_facts
from .forecasts import forecast_days

logger = logging.getLogger(__name__)

RECOUNT = timedelta(seconds=60)
"""How often the days before yesterday are added up again; records hardly ever come that late."""
FORECAST_AGAIN = timedelta(minutes=10)
"""Forecasting takes a second of a processor, and tomorrow's costs do not change by the minute."""
MOST_ATTEMPTS = 10
LONGEST_PAUSE = timedelta(hours=1)
ALERT_ACTION = "Microsoft.Consumption/budgets/alert/action"

PostWebhook: TypeAlias = Callable[[str, JsonObject], Awaitable[bool]]
"""Sends a JSON document to a URL; True when it was taken (any 2xx). Does not raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReading:
    """A budget as it stands, for metrics."""

    scope: str
    name: str
    amount: Decimal
    spent: Decimal
    forecast: Decimal | None
    is_closed: bool


@dataclass(slots=True)
class _Past:
    """What was spent before yesterday, remembered."""

    etag: str
    period: date
    until: date
    """Exclusive."""
    counted_at: datetime
    spent: Decimal


@dataclass(frozen=True, slots=True)
class _Forecast:
    """Of a whole period; None where none can be made."""

    etag: str
    period: date
    made_at: datetime
    total: Decimal | None


@dataclass(slots=True)
class BudgetWatch:
    """Two steps, each to be repeated: `look`, which is quick and closes what is spent, and `follow_up`, which waits
    for forecasts and for webhooks. What is remembered between them could be found out again."""

    plane: ControlPlane
    cost_rows: CostRows
    post_webhook: PostWebhook
    readings: tuple[BudgetReading, ...] = ()
    """Of the last look."""
    _past: dict[tuple[str, str], _Past] = field(default_factory=lambda: {})
    _forecasts: dict[tuple[str, str], _Forecast] = field(default_factory=lambda: {})

    async def look(self) -> None:
        """Costs little when nothing changed. Raises what the state raises."""
        now = self.plane.clock()
        async with self.plane.state.reading() as session:
            budgets = await session.budgets.list_budgets()
            alerts = await session.budgets.list_alerts() if budgets else []
            facts = await _read_facts(session, budgets)
        known = {_key(budget) for budget in budgets}
        for key in [key for key in (*self._past, *self._forecasts) if key not in known]:
            self._past.pop(key, None)
            self._forecasts.pop(key, None)
        if budgets:
            today = now.astimezone(UTC).date()
            recent = await self._read_rows(today - timedelta(days=1), today)
            self.readings = tuple([await self._look_at(budget, alerts, recent, facts, now) for budget in budgets])
        else:
            self.readings = ()

    async def _read_rows(self, first: date, last: date) -> list[CostRow]:
        if last < first:
            return []
        return await asyncio.to_thread(lambda: list(self.cost_rows.list_cost_rows(first, last)))

    async def _look_at(
        self,
        budget: Budget,
        alerts: Sequence[BudgetAlert],
        recent: Sequence[CostRow],
        facts: Mapping[str, ResourceFacts],
        now: datetime,
    ) -> BudgetReading:
        today = now.astimezone(UTC).date()
        period = find_period(budget, today)
        spent, forecast = Decimal(0), None
        if period is not None:
            past = await self._count_past(budget, period, facts, now)
            spent = past + _sum(budget, period, recent, facts)
            forecast = self._recall_forecast(budget, period)
        closed_since = decide_closed(budget, period, spent)
        due = [] if period is None else _find_due(budget, period, alerts, spent, forecast, now)
        if due or closed_since != budget.closed_since:
            await self._record(budget, due, closed_since, now)
        return BudgetReading(
            scope=budget.scope,
            name=budget.name,
            amount=budget.amount,
            spent=spent,
            forecast=forecast,
            is_closed=closed_since is not None,
        )

    async def _count_past(
        self, budget: Budget, period: Period, facts: Mapping[str, ResourceFacts], now: datetime
    ) -> Decimal:
        """Of the period's days before yesterday."""
        key, until = _key(budget), now.astimezone(UTC).date() - timedelta(days=1)
        known = self._past.get(key)
        if (
            known is None
            or (known.etag, known.period, known.until) != (budget.etag, period.first, until)
            or now - known.counted_at >= RECOUNT
        ):
            rows = await self._read_rows(period.first, until - timedelta(days=1))
            spent = _sum(budget, period, rows, facts)
            known = _Past(etag=budget.etag, period=period.first, until=until, counted_at=now, spent=spent)
            self._past[key] = known
        return known.spent

    def _recall_forecast(self, budget: Budget, period: Period) -> Decimal | None:
        known = self._forecasts.get(_key(budget))
        return (
            known.total if known is not None and (known.etag, known.period) == (budget.etag, period.first) else None
        )

    async def follow_up(self) -> None:
        """Makes the forecasts that are due, for the next look, and tells webhooks what fired. Raises what the state
        raises."""
        now = self.plane.clock()
        today = now.astimezone(UTC).date()
        async with self.plane.state.reading() as session:
            budgets = await session.budgets.list_budgets()
            facts = await _read_facts(session, budgets)
        for budget in budgets:
            period = find_period(budget, today)
            if period is not None and _wants_forecast(budget) and self._is_due(budget, period, now):
                await self._look_ahead(budget, period, facts, now)
        if budgets:
            await self._tell(now)

    def _is_due(self, budget: Budget, period: Period, now: datetime) -> bool:
        known = self._forecasts.get(_key(budget))
        if known is None or (known.etag, known.period) != (budget.etag, period.first):
            return True
        return now - known.made_at >= FORECAST_AGAIN

    async def _look_ahead(
        self, budget: Budget, period: Period, facts: Mapping[str, ResourceFacts], now: datetime
    ) -> None:
        today = now.astimezone(UTC).date()
        first = min(period.first, today - timedelta(days=LONGEST_HISTORY))
        rows = [row for row in await self._read_rows(first, today) if covers(budget.scope, row.resource_id)]
        days = sum_by_day(list_charges(rows, facts), budget.filter)
        estimates = await forecast_days(self.plane, days, today, period.last)
        total = None
        if isinstance(estimates, list):
            spent = sum((cost for day, cost in days.items() if period.first <= day < today), Decimal(0))
            total = spent + sum((estimate.expected for estimate in estimates), Decimal(0))
        async with self.plane.state.writing() as session:
            newest = await session.budgets.get_budget(budget.scope, budget.name)
            if newest is None or newest.etag != budget.etag:
                return  # changed meanwhile: it is due at once
            if newest.forecast != total:
                await session.budgets.put_budget(replace(newest, forecast=total))
        self._forecasts[_key(budget)] = _Forecast(budget.etag, period.first, now, total)

    async def _record(
        self,
        budget: Budget,
        due: Sequence[BudgetAlert],
        closed_since: date | None,
        now: datetime,
    ) -> None:
        async with self.plane.state.writing() as session:
            newest = await session.budgets.get_budget(budget.scope, budget.name)
            if newest is None or newest.etag != budget.etag:
                return  # changed meanwhile: the next look sees it as it is now
            await session.budgets.put_budget(replace(newest, closed_since=closed_since))
            for alert in due:
                await session.budgets.put_alert(alert)
                await session.audit.append_event(self._make_event(alert, now))
        for alert in due:
            logger.warning("%s", describe_alert(alert))
        if closed_since != budget.closed_since:
            state = "closed: all of it is spent" if closed_since is not None else "open again"
            logger.warning("Budget %s of %s is %s.", budget.name, budget.scope, state)
            await self.plane.publish()

    def _make_event(self, alert: BudgetAlert, now: datetime) -> AuditEvent:
        return AuditEvent(
            event_id=self.plane.new_id(),
            time=now,
            action=ALERT_ACTION,
            target_id=f"{alert.scope}/providers/Microsoft.Consumption/budgets/{alert.budget}",
            actor_id="",
            actor_name="ingate",
            caller_address="",
            correlation_id=self.plane.new_id(),
            result="succeeded",
            status=200,
            detail=describe_alert(alert),
        )

    async def _tell(self, now: datetime) -> None:
        async with self.plane.state.reading() as session:
            pending = await session.budgets.list_alerts(pending_only=True)
        due = [alert for alert in pending if alert.next_attempt is not None and alert.next_attempt <= now]
        if due:
            # One slow receiver delays the others by its own time limit at most.
            await asyncio.gather(*(self._tell_one(alert, now) for alert in due))

    async def _tell_one(self, alert: BudgetAlert, now: datetime) -> None:
        told = await self.post_webhook(alert.webhook or "", render_alert(alert)) if alert.webhook else True
        attempts = alert.attempts + 1
        next_attempt = None if told or attempts >= MOST_ATTEMPTS else now + _pause(attempts)
        if not told and next_attempt is None:
            logger.error("Nobody took the alert of budget %s in %d attempts.", alert.budget, attempts)
        async with self.plane.state.writing() as session:
            if await session.budgets.get_budget(alert.scope, alert.budget) is not None:
                await session.budgets.put_alert(replace(alert, attempts=attempts, next_attempt=next_attempt))


async def _read_facts(session: StateSession, budgets: Iterable[Budget]) -> dict[str, ResourceFacts]:
    """Of the resources below budgets whose filter may ask for tags."""
    facts: dict[str, ResourceFacts] = {}
    for subscription_id in {parse_address(budget.scope).subscription_id for budget in budgets if budget.filter}:
        subscription = await session.subscriptions.get_subscription(subscription_id)
        if subscription is not None:
            facts |= await read_facts(session, subscription)
    return facts


def _wants_forecast(budget: Budget) -> bool:
    return any(entry.enabled and entry.threshold_type == "Forecasted" for entry in budget.notifications)


def _sum(budget: Budget, period: Period, rows: Iterable[CostRow], facts: Mapping[str, ResourceFacts]) -> Decimal:
    mine = [row for row in rows if period.first <= row.day <= period.last and covers(budget.scope, row.resource_id)]
    if budget.filter is None:
        return sum((row.cost for row in mine), Decimal(0))
    return sum(sum_by_day(list_charges(mine, facts), budget.filter).values(), Decimal(0))


def _find_due(
    budget: Budget,
    period: Period,
    alerts: Iterable[BudgetAlert],
    spent: Decimal,
    forecast: Decimal | None,
    now: datetime,
) -> list[BudgetAlert]:
    """A threshold that was moved since it fired, or an amount, is another one."""
    thresholds = {entry.key: entry.threshold for entry in budget.notifications}
    fired = [
        alert.notification
        for alert in alerts
        if (fold_name(alert.scope), fold_name(alert.budget)) == _key(budget)
        and (alert.period, alert.amount) == (period.first, budget.amount)
        and alert.threshold == thresholds.get(alert.notification)
    ]
    return decide_alerts(budget, period, spent=spent, forecast=forecast, already_fired=fired, now=now)


def _key(budget: Budget) -> tuple[str, str]:
    return fold_name(budget.scope), fold_name(budget.name)


def _pause(attempts: int) -> timedelta:
    return min(timedelta(seconds=5 * 2**attempts), LONGEST_PAUSE)


def describe_alert(alert: BudgetAlert) -> str:
    kind = "was spent" if alert.threshold_type == "Actual" else "is forecast to be spent"
    share = render_number((alert.spent * 100 / alert.amount).quantize(Decimal("0.01")))
    return (
        f"Budget {alert.budget}: {render_number(alert.spent)} of {render_number(alert.amount)} {CURRENCY} ({share}%) "
        f"{kind} in the period from {alert.period.isoformat()}; the threshold is {render_number(alert.threshold)}%."
    )


def render_alert(alert: BudgetAlert) -> JsonObject:
    """What a webhook gets: the members of Azure's common alert schema that a budget has, and the exact amounts.
    https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema"""
    target = f"{alert.scope}/providers/Microsoft.Consumption/budgets/{alert.budget}"
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": {
                "alertId": f"{target}/alerts/{alert.period.isoformat()}-{alert.notification}",
                "alertRule": alert.budget,
                "severity": "Sev4",
                "signalType": "Cost",
                "monitorCondition": "Fired",
                "monitoringService": "CostAlerts",
                "alertTargetIDs": [alert.scope],
                "firedDateTime": render_time(alert.fired_at),
                "description": describe_alert(alert),
                "essentialsVersion": "1.0",
                "alertContextVersion": "1.0",
            },
            "alertContext": {
                "AlertCategory": "budgets",
                "AlertData": {
                    "Scope": alert.scope,
                    "BudgetId": target,
                    "BudgetName": alert.budget,
                    "BudgetStartDate": alert.period.isoformat(),
                    "BudgetCreator": None,
                    "Unit": CURRENCY,
                    "ThresholdType": alert.threshold_type,
                    "NotificationThresholdPercent": render_number(alert.threshold),
                    "NotificationThresholdAmount": render_number(alert.amount * alert.threshold / 100),
                    "BudgetAmount": render_number(alert.amount),
                    "SpendingAmount": render_number(alert.spent),
                },
            },
        },
    }
