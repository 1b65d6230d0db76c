"""The body of a cost query: `type`, `timeframe`, `timePeriod` and `dataset`, as Cost Management defines them.

https://learn.microsoft.com/rest/api/cost-management/query/usage
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import msgspec

from ingate.domain.cost_filter import parse_cost_filter
from ingate.domain.cost_query import (
    GRANULARITIES,
    LONGEST_SPAN,
    MEASURES,
    MOST_GROUPINGS,
    TIMEFRAMES,
    CostQuery,
    Granularity,
    Grouping,
    Measure,
    Sorting,
    Timeframe,
    find_days,
    find_dimension,
    list_column_names,
)
from ingate.wire.arm.documents import JsonObject, get_object
from ingate.wire.arm.times import parse_time

from .cost_refusals import CostQueryInvalid

TYPES = ("Usage", "ActualCost", "AmortizedCost")
"""All the same here: nothing is bought in advance, so there is nothing to amortize."""

_TIMEFRAMES: dict[str, Timeframe] = {name.lower(): name for name in TIMEFRAMES}
_GRANULARITIES: dict[str, Granularity] = {name.lower(): name for name in GRANULARITIES}
_MEASURES: dict[str, Measure] = {name.lower(): name for name in MEASURES}


class CostQueryBody(msgspec.Struct, rename="camel"):
    """Its members are judged here, in Cost Management's words. The last three are a forecast's."""

    type: object = None
    timeframe: object = None
    time_period: object = None
    dataset: object = None
    include_actual_cost: object = None
    include_fresh_partial_cost: object = None
    include_interval: object = None


def parse_cost_query(document: JsonObject, today: date) -> CostQuery | CostQueryInvalid:
    type_ = document.get("type")
    if not isinstance(type_, str) or type_.lower() not in {name.lower() for name in TYPES}:
        return CostQueryInvalid(reason=f"type must be one of {', '.join(TYPES)}")
    days = _parse_days(document, today)
    if isinstance(days, CostQueryInvalid):
        return days
    return parse_dataset(get_object(document, "dataset"), days)


def parse_dataset(dataset: JsonObject, days: tuple[date, date]) -> CostQuery | CostQueryInvalid:
    granularity = _parse_granularity(dataset.get("granularity"))
    if granularity is None:
        return CostQueryInvalid(reason=f"granularity must be one of {', '.join(GRANULARITIES)}")
    if "configuration" in dataset and dataset["configuration"]:
        return CostQueryInvalid(
            reason="dataset.configuration is not supported; name aggregation and grouping instead"
        )
    measures = _parse_aggregation(get_object(dataset, "aggregation"))
    if isinstance(measures, CostQueryInvalid):
        return measures
    groupings = _parse_groupings(dataset.get("grouping"))
    if isinstance(groupings, CostQueryInvalid):
        return groupings
    chosen = dataset.get("filter")
    filter_ = parse_cost_filter(cast("JsonObject", chosen) if isinstance(chosen, dict) else None)
    if isinstance(filter_, str):
        return CostQueryInvalid(reason=filter_)
    query = CostQuery(
        first=days[0],
        last=days[1],
        granularity=granularity,
        measures=measures,
        groupings=groupings,
        filter=filter_,
    )
    sorting = _parse_sorting(dataset.get("sorting"), query)
    if isinstance(sorting, CostQueryInvalid):
        return sorting
    return replace(query, sorting=sorting)


def _parse_days(document: JsonObject, today: date) -> tuple[date, date] | CostQueryInvalid:
    timeframe = _TIMEFRAMES.get(str(document.get("timeframe", "")).lower())
    if timeframe is None:
        return CostQueryInvalid(reason=f"timeframe must be one of {', '.join(TIMEFRAMES)}")
    if timeframe != "Custom":
        return find_days(timeframe, today)
    return parse_time_period(get_object(document, "timePeriod"))


def parse_time_period(period: JsonObject) -> tuple[date, date] | CostQueryInvalid:
    """Days: a time of day is dropped, as costs are kept by day."""
    first, last = parse_day(period.get("from")), parse_day(period.get("to"))
    if first is None or last is None:
        return CostQueryInvalid(reason="timePeriod must have from and to, in ISO 8601")
    if last < first:
        return CostQueryInvalid(reason="timePeriod.to must not be before timePeriod.from")
    if last - first > LONGEST_SPAN:
        return CostQueryInvalid(reason=f"timePeriod must not span more than {LONGEST_SPAN.days} days")
    return first, last


def parse_day(given: object) -> date | None:
    """Of an ISO 8601 date or time; in UTC when it names no zone."""
    if not isinstance(given, str) or len(given) > 40:
        return None
    moment = parse_time(given)
    if moment is None:
        return None
    day = moment.date()
    return day if date.min + timedelta(days=366) < day < date.max - timedelta(days=366) else None


def _parse_granularity(given: object) -> Granularity | None:
    return _GRANULARITIES.get("none" if given is None else str(given).lower())


def _parse_aggregation(given: JsonObject) -> tuple[Measure, ...] | CostQueryInvalid:
    measures: list[Measure] = []
    for alias in given:
        content = get_object(given, alias)
        measure, function = _MEASURES.get(str(content.get("name", "")).lower()), str(content.get("function", ""))
        if measure is None:
            return CostQueryInvalid(reason=f"an aggregation's name must be one of {', '.join(MEASURES)}")
        if function.lower() != "sum":
            return CostQueryInvalid(reason="an aggregation's function must be Sum")
        if measure not in measures:
            measures.append(measure)
    return tuple(measures) or ("Cost",)


def _parse_groupings(given: object) -> tuple[Grouping, ...] | CostQueryInvalid:
    if given is None:
        return ()
    items = cast("list[object]", given) if isinstance(given, list) else [given]
    if len(items) > MOST_GROUPINGS:
        return CostQueryInvalid(reason=f"grouping must not have more than {MOST_GROUPINGS} members")
    groupings: list[Grouping] = []
    for item in items:
        grouping = _parse_grouping(cast("JsonObject", item) if isinstance(item, dict) else {})
        if isinstance(grouping, CostQueryInvalid):
            return grouping
        groupings.append(grouping)
    return tuple(groupings)


def _parse_grouping(given: JsonObject) -> Grouping | CostQueryInvalid:
    type_, name = str(given.get("type", "")).lower(), given.get("name")
    if not isinstance(name, str) or not name or len(name) > 512:
        return CostQueryInvalid(reason="a grouping must have a type and a name")
    if type_ in {"tagkey", "tag"}:
        return Grouping(kind="TagKey", name=name)
    if type_ != "dimension":
        return CostQueryInvalid(reason="a grouping's type must be Dimension or TagKey")
    written = find_dimension(name)
    if written is None:
        return CostQueryInvalid(reason=f"there is no dimension '{name[:40]}' to group by")
    return Grouping(kind="Dimension", name=written)


def _parse_sorting(given: object, query: CostQuery) -> tuple[Sorting, ...] | CostQueryInvalid:
    if given is None:
        return ()
    items = cast("list[object]", given) if isinstance(given, list) else [given]
    known = {name.lower() for name in list_column_names(query)}
    rules: list[Sorting] = []
    for item in items:
        content = cast("JsonObject", item) if isinstance(item, dict) else {}
        name, direction = str(content.get("name", "")), str(content.get("direction", "Ascending")).lower()
        if name.lower() not in known or direction not in {"ascending", "descending"}:
            return CostQueryInvalid(reason="sorting needs the name of a column and a direction")
        rules.append(Sorting(name=name, descending=direction == "descending"))
    return tuple(rules)
