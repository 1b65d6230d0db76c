"""Budgets and their alerts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.budget import Budget, BudgetAlert
from ingate.domain.budget_document import BudgetInvalid, parse_budget
from ingate.domain.naming import fold_name
from ingate.wire.arm.documents import get_object

from .statements import (
    Values,
    all_rows,
    bump_revision,
    change_values,
    delete_row,
    first_row,
    parse_system_data,
    put_row,
)
from .tables import budget_alerts, budgets


class SqlBudgetStore:
    """Implements `domain.budget.BudgetStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_budget(self, scope: str, name: str) -> Budget | None:
        statement = select(budgets).where(
            budgets.c.scope_folded == fold_name(scope), budgets.c.name_folded == fold_name(name)
        )
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_budget(row)

    async def list_budgets(self, scope: str | None = None) -> list[Budget]:
        statement = select(budgets).order_by(budgets.c.scope_folded, budgets.c.name_folded)
        if scope is not None:
            statement = statement.where(budgets.c.scope_folded == fold_name(scope))
        return [_parse_budget(row) for row in await all_rows(self._connection, statement)]

    async def put_budget(self, budget: Budget) -> None:
        before = await self._get_closed(budget.scope, budget.name)
        values: Values = {
            "scope": budget.scope,
            "name": budget.name,
            "document": budget.document,
            "closed_since": budget.closed_since,
            "forecast": None if budget.forecast is None else format(budget.forecast, "f"),
        }
        changes = change_values(budget.etag, budget.system_data)
        await put_row(self._connection, budgets, _key(budget.scope, budget.name), values | changes)
        # While a budget is closed its filter decides who is refused.
        if before is not None or budget.closed_since is not None:
            await bump_revision(self._connection)

    async def _get_closed(self, scope: str, name: str) -> date | None:
        statement = select(budgets.c.closed_since).where(
            budgets.c.scope_folded == fold_name(scope), budgets.c.name_folded == fold_name(name)
        )
        row = await first_row(self._connection, statement)
        return None if row is None else row.closed_since

    async def delete_budget(self, scope: str, name: str) -> bool:
        was_closed = await self._get_closed(scope, name) is not None
        deleted = await delete_row(self._connection, budgets, _key(scope, name))
        if deleted and was_closed:
            await bump_revision(self._connection)
        return deleted

    async def list_alerts(self, *, pending_only: bool = False) -> list[BudgetAlert]:
        statement = select(budget_alerts).order_by(
            budget_alerts.c.fired_at.desc(), budget_alerts.c.scope_folded, budget_alerts.c.name_folded
        )
        if pending_only:
            statement = statement.where(budget_alerts.c.next_attempt.is_not(None))
        return [_parse_alert(row) for row in await all_rows(self._connection, statement)]

    async def put_alert(self, alert: BudgetAlert) -> None:
        key = _key(alert.scope, alert.budget) | {"period": alert.period, "notification": alert.notification}
        values: Values = {
            "scope": alert.scope,
            "budget": alert.budget,
            "fired_at": alert.fired_at,
            "threshold": format(alert.threshold, "f"),
            "threshold_type": alert.threshold_type,
            "amount": format(alert.amount, "f"),
            "spent": format(alert.spent, "f"),
            "webhook": alert.webhook,
            "attempts": alert.attempts,
            "next_attempt": alert.next_attempt,
        }
        await put_row(self._connection, budget_alerts, key, values)


def _key(scope: str, name: str) -> Values:
    return {"scope_folded": fold_name(scope), "name_folded": fold_name(name)}


def _parse_budget(row: Row[Any]) -> Budget:
    terms = parse_budget(get_object(row.document, "properties"))
    if isinstance(terms, BudgetInvalid):
        raise ValueError(f"the budget {row.name!r} is damaged: {terms.member} {terms.reason}")
    return Budget(
        scope=row.scope,
        name=row.name,
        amount=terms.amount,
        time_grain=terms.time_grain,
        start=terms.start,
        end=terms.end,
        filter=terms.filter,
        notifications=terms.notifications,
        webhook=terms.webhook,
        is_enforced=terms.is_enforced,
        etag=row.etag,
        system_data=parse_system_data(row),
        document=row.document,
        closed_since=row.closed_since,
        forecast=None if row.forecast is None else Decimal(row.forecast),
    )


def _parse_alert(row: Row[Any]) -> BudgetAlert:
    kind: Literal["Actual", "Forecasted"] = "Forecasted" if row.threshold_type == "Forecasted" else "Actual"
    return BudgetAlert(
        scope=row.scope,
        budget=row.budget,
        period=row.period,
        notification=row.notification,
        fired_at=row.fired_at,
        threshold=Decimal(row.threshold),
        threshold_type=kind,
        amount=Decimal(row.amount),
        spent=Decimal(row.spent),
        webhook=row.webhook,
        attempts=row.attempts,
        next_attempt=row.next_attempt,
    )
