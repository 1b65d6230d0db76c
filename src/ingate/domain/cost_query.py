"""Cost queries: charges filtered, grouped by dimensions and tags, by day or month, and added up exactly.

Whatever the grouping, the groups of a measure add up to its total: nothing is rounded and nothing is left out.
https://learn.microsoft.com/rest/api/cost-management/query/usage
"""

from __future__ import annotations

import calendar
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias, get_args

from .charge import CURRENCY, Charge
from .cost_filter import DIMENSIONS, CostFilter, find_tag

Granularity = Literal["None", "Daily", "Monthly"]
Timeframe = Literal[
    "MonthToDate",
    "BillingMonthToDate",
    "TheLastMonth",
    "TheLastBillingMonth",
    "WeekToDate",
    "TheCurrentMonth",
    "Custom",
]
Measure = Literal["Cost", "CostUSD", "PreTaxCost", "PreTaxCostUSD", "UsageQuantity", "ConsumptionUnits"]

GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
TIMEFRAMES: tuple[Timeframe, ...] = get_args(Timeframe)
MEASURES: tuple[Measure, ...] = get_args(Measure)
MOST_GROUPINGS = 2
LONGEST_SPAN = timedelta(days=366 * 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    kind: Literal["Dimension", "TagKey"]
    name: str
    """As Cost Management writes it; of a tag, its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    name: str
    """Of a column."""
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CostQuery:
    first: date
    last: date
    """Included."""
    granularity: Granularity
    measures: tuple[Measure, ...]
    groupings: tuple[Grouping, ...] = ()
    filter: CostFilter | None = None
    sorting: tuple[Sorting, ...] = ()


Cell: TypeAlias = Decimal | int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    type: Literal["Number", "String", "Datetime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def find_dimension(name: str) -> str | None:
    """How Cost Management writes it; None for none that is known here."""
    found = DIMENSIONS.get(name.lower())
    return found[0] if found is not None else None


def find_days(timeframe: Timeframe, today: date) -> tuple[date, date]:
    """The first and the last day of a timeframe other than Custom. Weeks begin on Sunday, as Cost Management's do;
    the billing month is the calendar's."""
    first = today.replace(day=1)
    match timeframe:
        case "TheLastMonth" | "TheLastBillingMonth":
            last = first - timedelta(days=1)
            return last.replace(day=1), last
        case "WeekToDate":
            return today - timedelta(days=(today.weekday() + 1) % 7), today
        case "TheCurrentMonth":
            return first, today.replace(day=calendar.monthrange(today.year, today.month)[1])
        case _:
            return first, today


def run_query(query: CostQuery, charges: Iterable[Charge]) -> CostTable:
    """Rows in order of time and of groups, unless the query sorts them. Without a grouping and a granularity there is
    one row, if anything was charged."""
    totals: dict[tuple[str, ...], list[Decimal]] = {}
    spelled: dict[tuple[str, ...], tuple[Cell, ...]] = {}
    for charge in charges:
        if not query.first <= charge.day <= query.last:
            continue
        if query.filter is not None and not query.filter.admits(charge):
            continue
        period = _render_period(query.granularity, charge.day)
        groups = tuple(_read(grouping, charge) for grouping in query.groupings)
        # Cost Management folds the case of groups; the first spelling is shown.
        key = (str(period), *(group.lower() for group in groups))
        sums = totals.get(key)
        if sums is None:
            sums = totals[key] = [Decimal(0)] * len(query.measures)
            spelled[key] = (*(() if period is None else (period,)), *_render_groups(query.groupings, groups))
        for index, measure in enumerate(query.measures):
            sums[index] += _measure(measure, charge)
    rows = [(*totals[key], *spelled[key], CURRENCY) for key in sorted(totals)]
    return _sort(CostTable(columns=_list_columns(query), rows=tuple(rows)), query.sorting)


def _read(grouping: Grouping, charge: Charge) -> str:
    if grouping.kind == "TagKey":
        return find_tag(charge.tags, grouping.name)
    return DIMENSIONS[grouping.name.lower()][1](charge)


def _render_groups(groupings: Sequence[Grouping], groups: Sequence[str]) -> list[Cell]:
    """A tag takes two columns: its key and its value."""
    cells: list[Cell] = []
    for grouping, group in zip(groupings, groups, strict=True):
        cells += [grouping.name, group] if grouping.kind == "TagKey" else [group]
    return cells


def _render_period(granularity: Granularity, day: date) -> Cell | None:
    match granularity:
        case "Daily":
            return int(day.strftime("%Y%m%d"))
        case "Monthly":
            return day.replace(day=1).isoformat() + "T00:00:00"
        case "None":
            return None


def _measure(measure: Measure, charge: Charge) -> Decimal:
    match measure:
        case "UsageQuantity":
            return charge.quantity
        case "ConsumptionUnits":
            return charge.consumption_units
        case _:
            return charge.cost


def _list_columns(query: CostQuery) -> tuple[Column, ...]:
    columns = [Column(name=measure, type="Number") for measure in query.measures]
    if query.granularity == "Daily":
        columns.append(Column(name="UsageDate", type="Number"))
    elif query.granularity == "Monthly":
        columns.append(Column(name="BillingMonth", type="Datetime"))
    for grouping in query.groupings:
        names = ("TagKey", "TagValue") if grouping.kind == "TagKey" else (grouping.name,)
        columns += [Column(name=name, type="String") for name in names]
    return (*columns, Column(name="Currency", type="String"))


def _sort(table: CostTable, sorting: Sequence[Sorting]) -> CostTable:
    rows = list(table.rows)
    names = [column.name.lower() for column in table.columns]
    for rule in reversed(sorting):
        index = names.index(rule.name.lower())
        rows.sort(key=functools.partial(_order_cell, index), reverse=rule.descending)
    return CostTable(columns=table.columns, rows=tuple(rows))


def _order_cell(index: int, row: tuple[Cell, ...]) -> tuple[Decimal, str]:
    """Numbers and texts are never in one column."""
    cell = row[index]
    return (Decimal(0), cell.lower()) if isinstance(cell, str) else (Decimal(cell), "")


def list_column_names(query: CostQuery) -> tuple[str, ...]:
    return tuple(column.name for column in _list_columns(query))


def sum_by_day(charges: Iterable[Charge], filter: CostFilter | None = None) -> dict[date, Decimal]:
    """What each day cost; days without charges are not in it."""
    days: dict[date, Decimal] = {}
    for charge in charges:
        if filter is None or filter.admits(charge):
            days[charge.day] = days.get(charge.day, Decimal(0)) + charge.cost
    return days
