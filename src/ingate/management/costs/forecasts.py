"""Microsoft.CostManagement/forecast: what was spent, and what is expected to be, by day.

How certain that is, Cost Management does not tell; with `includeInterval` in the body there are two columns of our
own, CostLower and CostUpper.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.charge import CURRENCY
from ingate.domain.cost_query import Cell, Column, CostQuery, CostTable, find_days, sum_by_day
from ingate.domain.forecast import (
    FEWEST_DAYS,
    LONGEST_HISTORY,
    LONGEST_HORIZON,
    ForecastBroken,
    ForecastDay,
    ForecastRefusal,
    LibraryMissing,
    TooLittleHistory,
    collect_history,
    label_days,
)
from ingate.management.bodies import Body, read_body
from ingate.management.control_plane import Answer, ControlPlane, Outcome
from ingate.wire.arm.documents import JsonObject, get_object

from .cost_refusals import (
    CostQueryInvalid,
    CostRefusal,
    CostsUnavailable,
    ForecastFailed,
    ForecastNotInstalled,
    ForecastUnavailable,
)
from .cost_scopes import COST_MANAGEMENT, CostScope, find_cost_scope, mount_on_scopes, read_charges
from .queries import render_table
from .query_bodies import CostQueryBody, parse_cost_query

FORECAST_TYPE = "Microsoft.CostManagement/forecast"


def forecast_routes(plane: ControlPlane) -> list[BaseRoute]:
    return mount_on_scopes(plane, f"{COST_MANAGEMENT}/forecast", {"POST": post_forecast})


async def post_forecast(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, CostQueryBody)
    if not isinstance(body, Body):
        return body
    today = plane.clock().date()
    query = _parse_forecast(body.document, today)
    if not isinstance(query, CostQuery):
        return query
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
    if not isinstance(scope, CostScope):
        return scope
    charges = await read_charges(plane, scope, min(query.first, today - timedelta(days=LONGEST_HISTORY)), today)
    if isinstance(charges, CostsUnavailable):
        return charges
    days = await asyncio.to_thread(sum_by_day, charges, query.filter)
    estimates: Sequence[ForecastDay] = ()
    if query.last >= today:
        forecast = await forecast_days(plane, days, today, query.last)
        if not isinstance(forecast, list):
            return explain_forecast_refusal(forecast)
        estimates = forecast
    return _answer(scope, query, body.document, days, estimates, today)


def _parse_forecast(document: JsonObject, today: date) -> CostQuery | CostQueryInvalid:
    query = parse_cost_query(document, today)
    if not isinstance(query, CostQuery):
        return query
    if query.groupings:
        return CostQueryInvalid(reason="a forecast cannot be grouped; filter it instead")
    if any(measure in {"UsageQuantity", "ConsumptionUnits"} for measure in query.measures):
        return CostQueryInvalid(reason="only costs can be forecast")
    if str(document.get("timeframe", "")).lower() != "custom":
        # Without days of its own, a forecast is about the rest of this month.
        first, last = find_days("TheCurrentMonth", today)
        query = replace(query, first=first, last=last)
    if query.last - today > timedelta(days=LONGEST_HORIZON):
        return CostQueryInvalid(reason=f"a forecast must not reach further than {LONGEST_HORIZON} days")
    return query


async def forecast_days(
    plane: ControlPlane, days: Mapping[date, Decimal], today: date, last: date
) -> list[ForecastDay] | ForecastRefusal:
    """Today and every day after it until `last`; what is already spent today is its lower bound."""
    history = collect_history(days, today)
    if isinstance(history, TooLittleHistory):
        return history
    if plane.forecaster is None:
        return LibraryMissing()
    estimates = await plane.forecaster.forecast(history, (last - today).days + 1)
    if isinstance(estimates, TooLittleHistory | LibraryMissing | ForecastBroken):
        return estimates
    spent_today = float(days.get(today, Decimal(0)))
    first = tuple(max(spent_today, value) for value in estimates[0])
    return label_days(today, [(first[0], first[1], first[2]), *estimates[1:]])


def explain_forecast_refusal(refusal: ForecastRefusal) -> CostRefusal:
    match refusal:
        case TooLittleHistory(days=days):
            return ForecastUnavailable(
                reason=f"it takes at least {FEWEST_DAYS} whole days of history with spending on 3 of them, and there "
                f"{'is' if days == 1 else 'are'} {days}"
            )
        case LibraryMissing():
            return ForecastNotInstalled()
        case ForecastBroken(reason=reason):
            return ForecastFailed(reason=reason)


def _answer(
    scope: CostScope,
    query: CostQuery,
    document: JsonObject,
    days: Mapping[date, Decimal],
    estimates: Sequence[ForecastDay],
    today: date,
) -> Outcome:
    has_interval = (
        document.get("includeInterval") is True or get_object(document, "dataset").get("includeInterval") is True
    )
    rows: list[tuple[date, str, tuple[Decimal, Decimal, Decimal]]] = []
    if document.get("includeActualCost") is not False:
        rows += [
            (day, "Actual", (days[day], days[day], days[day]))
            for day in sorted(days)
            if query.first <= day <= query.last and day < today
        ]
    rows += [
        (estimate.day, "Forecast", (estimate.expected, estimate.lower, estimate.upper))
        for estimate in estimates
        if query.first <= estimate.day <= query.last
    ]
    if not rows:
        return Answer(status=204)
    table = _build_table(_merge(rows, query), query, has_interval=has_interval)
    return Answer(document=render_table(scope.scope_id, FORECAST_TYPE, table))


Amounts = tuple[Decimal, Decimal, Decimal]


def _merge(rows: Sequence[tuple[date, str, Amounts]], query: CostQuery) -> list[tuple[Cell | None, str, Amounts]]:
    """By the query's granularity. A longer period's bounds are the sums of its days', which is on the safe side."""
    merged: dict[tuple[str, str], tuple[Cell | None, str, Amounts]] = {}
    for day, status, amounts in rows:
        period: Cell | None
        match query.granularity:
            case "Daily":
                period = int(day.strftime("%Y%m%d"))
            case "Monthly":
                period = day.replace(day=1).isoformat() + "T00:00:00"
            case "None":
                period = None
        key = (str(period), status)
        before = merged.get(key)
        kept = before[2] if before is not None else (Decimal(0),) * 3
        total = (kept[0] + amounts[0], kept[1] + amounts[1], kept[2] + amounts[2])
        merged[key] = (period, status, total)
    return [merged[key] for key in sorted(merged)]


def _build_table(
    rows: Sequence[tuple[Cell | None, str, Amounts]], query: CostQuery, *, has_interval: bool
) -> CostTable:
    columns = [Column(name=query.measures[0], type="Number")]
    if query.granularity == "Daily":
        columns.append(Column(name="UsageDate", type="Number"))
    elif query.granularity == "Monthly":
        columns.append(Column(name="BillingMonth", type="Datetime"))
    columns += [Column(name="CostStatus", type="String"), Column(name="Currency", type="String")]
    if has_interval:
        columns += [Column(name="CostLower", type="Number"), Column(name="CostUpper", type="Number")]
    cells: list[tuple[Cell, ...]] = [
        (
            amounts[0],
            *(() if period is None else (period,)),
            status,
            CURRENCY,
            *(amounts[1:] if has_interval else ()),
        )
        for period, status, amounts in rows
    ]
    return CostTable(columns=tuple(columns), rows=tuple(cells))
