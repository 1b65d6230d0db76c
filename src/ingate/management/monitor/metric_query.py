"""What a metrics query asks for, out of its parameters; and what Azure Monitor says of those that it refuses.

Its wording is that of errors which users of Azure have published; where none was found, it is our own.
https://learn.microsoft.com/rest/api/monitor/metrics/list
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote

from ingate.domain.metric import METRIC_NAMESPACE, Aggregation, Condition, MetricDefinition, MetricQuestion
from ingate.domain.metric_definitions import DEFINITIONS_BY_NAME, METRIC_DEFINITIONS, TIME_GRAINS
from ingate.wire.monitor.metric_filter import MalformedFilter, parse_metric_filter
from ingate.wire.monitor.timespan import Timespan, parse_duration, parse_timespan

FULL = "FULL"
USUAL_SPAN = timedelta(hours=1)
LONGEST_SPAN = timedelta(days=31)
MOST_METRICS = 20
MOST_POINTS = 200_000
"""In one answer, were every series full."""
USUAL_TOP = 10
MOST_SERIES = 100_000
RESOURCE_DIMENSIONS = ("Microsoft.ResourceId", "Microsoft.ResourceGroupName", "Microsoft.ResourceType")
"""By which the metrics of a whole subscription are told apart besides their own."""

_AGGREGATIONS: dict[str, Aggregation] = {
    "average": "Average",
    "count": "Count",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "total": "Total",
}
_ORDER = re.compile(r"\s*(average|count|maximum|minimum|total|sum)(?:\s+(asc|desc))?\s*", re.IGNORECASE)
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQueryInvalid:
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """A question, and how its answer is to be shown."""

    definitions: tuple[MetricDefinition, ...]
    span: Timespan
    interval: str
    """As in TIME_GRAINS, or FULL."""
    grain: int
    """Minutes."""
    aggregations: tuple[Aggregation, ...]
    """None: each metric's own."""
    filter: tuple[tuple[Condition, ...], ...] = ()
    split_by: tuple[str, ...] = ()
    top: int = USUAL_TOP
    order_by: Aggregation | None = None
    ascending: bool = False
    wants_data: bool = True
    """Otherwise only which series there are."""

    def has(self, dimension: str) -> bool:
        """Whether metrics are told apart by it, rather than resources."""
        return dimension not in RESOURCE_DIMENSIONS

    @property
    def from_minute(self) -> int:
        return int(self.span.start.timestamp() // _MINUTE)

    @property
    def to_minute(self) -> int:
        """Exclusive; the minute that the end lies in belongs to the span unless it only begins there."""
        return max(self.from_minute + 1, int(-(-self.span.end.timestamp() // _MINUTE)))

    @property
    def point_count(self) -> int:
        return -(-(self.to_minute - self.from_minute) // self.grain)

    def make_question(self, resource_ids: Sequence[str]) -> MetricQuestion:
        return MetricQuestion(
            metrics=tuple(definition.name for definition in self.definitions),
            resource_ids=tuple(resource_ids),
            from_minute=self.from_minute,
            to_minute=self.to_minute,
            grain=self.grain,
            filter=tuple(group for group in self.filter if self.has(group[0].dimension)),
            split_by=tuple(name for name in self.split_by if self.has(name)),
        )


def parse_metric_query(
    parameters: Mapping[str, str], now: datetime, *, more_dimensions: tuple[str, ...] = ()
) -> MetricQuery | MetricQueryInvalid:
    """`parameters` by their names in lower case; those that were not given are missing. `more_dimensions` are some of
    RESOURCE_DIMENSIONS, where a filter may name them."""
    try:
        return _parse(parameters, now, more_dimensions)
    except _Invalid as error:
        return MetricQueryInvalid(message=str(error))


def check_namespace(given: str | None) -> MetricQueryInvalid | None:
    if not given or given.lower() == METRIC_NAMESPACE.lower():
        return None
    return MetricQueryInvalid(
        message=f"Detect invalid value: {given[:100]} for query parameter: 'metricnamespace', the value must be: "
        f"{METRIC_NAMESPACE} if the query parameter is provided"
    )


class _Invalid(Exception):
    """The text is for the caller."""


def _parse(parameters: Mapping[str, str], now: datetime, more_dimensions: tuple[str, ...]) -> MetricQuery:
    wrong = check_namespace(parameters.get("metricnamespace"))
    if wrong is not None:
        raise _Invalid(wrong.message)
    definitions = _parse_names(parameters.get("metricnames"))
    span = _parse_span(parameters, now)
    interval, grain = _parse_interval(parameters, span)
    conditions = _parse_filter(parameters, definitions, more_dimensions)
    order_by, ascending = _parse_order(parameters.get("orderby"))
    query = MetricQuery(
        definitions=definitions,
        span=span,
        interval=interval,
        grain=grain,
        aggregations=_parse_aggregations(parameters.get("aggregation"), definitions),
        filter=conditions,
        split_by=_list_splits(conditions, parameters.get("rollupby")),
        top=_parse_top(parameters.get("top")),
        order_by=order_by,
        ascending=ascending,
        wants_data=_parse_result_type(parameters.get("resulttype")),
    )
    if query.wants_data and query.point_count * len(definitions) * (query.top if query.split_by else 1) > MOST_POINTS:
        raise _Invalid(
            f"The query would return more than {MOST_POINTS} data points, use a larger interval, a shorter timespan "
            "or fewer metrics"
        )
    return query


def _parse_names(given: str | None) -> tuple[MetricDefinition, ...]:
    if not given:
        return METRIC_DEFINITIONS[:1]
    # The SDK writes a comma within a name as %2; no name here has one.
    names = [name.strip() for name in (unquote(given) if "%" in given else given).split(",") if name.strip()]
    if len(names) > MOST_METRICS:
        raise _Invalid(f"Requested metrics count: {len(names)} bigger than allowed max: {MOST_METRICS}")
    found: dict[str, MetricDefinition] = {}
    for name in names:
        definition = DEFINITIONS_BY_NAME.get(name.lower())
        if definition is None:
            provider, _, type_ = METRIC_NAMESPACE.partition("/")
            valid = ",".join(entry.name for entry in METRIC_DEFINITIONS)
            raise _Invalid(
                f"Failed to find metric configuration for provider: {provider}, resource Type: {type_}, "
                f"metric: {name[:100]}, Valid metrics: {valid}"
            )
        found[definition.name] = definition
    return tuple(found.values()) or METRIC_DEFINITIONS[:1]


def _parse_span(parameters: Mapping[str, str], now: datetime) -> Timespan:
    given = _find_span(parameters, now)
    if given is None:
        return Timespan(now - USUAL_SPAN, now)
    span = parse_timespan(given, now)
    if span is None:
        raise _Invalid(f"Detect invalid value: {given[:100]} for query parameter: 'timespan'")
    if span.start > span.end:
        raise _Invalid("The start time in query parameter 'timespan' must not be after its end time")
    if span.end - span.start > LONGEST_SPAN + timedelta(minutes=1):
        raise _Invalid(f"The timespan must not be longer than {LONGEST_SPAN.days} days")
    if span.start.timestamp() < 0:
        raise _Invalid(f"Detect invalid value: {given[:100]} for query parameter: 'timespan'")
    return span


def _find_span(parameters: Mapping[str, str], now: datetime) -> str | None:
    """The batch form has two parameters for it."""
    start, end = parameters.get("starttime"), parameters.get("endtime")
    if start:
        return f"{start}/{end or now.isoformat()}"
    if end:
        raise _Invalid("The query parameter 'endtime' needs 'starttime'")
    return parameters.get("timespan") or None


def _parse_interval(parameters: Mapping[str, str], span: Timespan) -> tuple[str, int]:
    given = parameters.get("interval") or "PT1M"
    if given.upper() == FULL:
        return FULL, max(1, int((span.end - span.start).total_seconds() // _MINUTE) + 2)
    duration = parse_duration(unquote(given) if "%" in given else given)
    minutes = duration.total_seconds() / _MINUTE if duration is not None else 0.0
    for name, grain in TIME_GRAINS.items():
        if grain == minutes:
            return name, grain
    if parameters.get("autoadjusttimegrain", "").lower() == "true" and minutes > 0:
        return min(TIME_GRAINS.items(), key=lambda entry: abs(entry[1] - minutes))
    supported = ",".join(_render_grain(grain) for grain in TIME_GRAINS.values())
    raise _Invalid(f"Invalid time grain duration: {given[:100]}, supported ones are: {supported}")


def _render_grain(minutes: int) -> str:
    """As .NET writes a TimeSpan."""
    days, rest = divmod(minutes, 1440)
    return f"{f'{days}.' if days else ''}{rest // 60:02}:{rest % 60:02}:00"


def _parse_aggregations(given: str | None, definitions: Sequence[MetricDefinition]) -> tuple[Aggregation, ...]:
    names = [name.strip() for name in (given or "").split(",") if name.strip() and name.strip().lower() != "none"]
    found: dict[Aggregation, None] = {}
    for name in names:
        aggregation = _AGGREGATIONS.get(name.lower())
        if aggregation is None:
            raise _Invalid(
                f"Detect invalid value: {name[:100]} for query parameter: 'aggregation', the value must be one of: "
                f"{','.join(_AGGREGATIONS.values())} if the query parameter is provided"
            )
        for definition in definitions:
            if aggregation not in definition.aggregations:
                raise _Invalid(
                    f"Metric: {definition.name} does not support requested aggregation: {aggregation}, "
                    f"supported ones are: {','.join(definition.aggregations)}"
                )
        found[aggregation] = None
    return tuple(found)


def _parse_filter(
    parameters: Mapping[str, str], definitions: Sequence[MetricDefinition], more_dimensions: tuple[str, ...]
) -> tuple[tuple[Condition, ...], ...]:
    given = parameters.get("$filter") or parameters.get("filter")
    groups = parse_metric_filter(given)
    if isinstance(groups, MalformedFilter):
        raise _Invalid(f"Invalid filter expression for query parameter: '$filter', {groups.reason}")
    validates = parameters.get("validatedimensions", "").lower() != "false"
    conditions: list[tuple[Condition, ...]] = []
    for group in groups:
        known = [
            _find_dimension((*definition.dimensions, *more_dimensions), group[0].dimension)
            for definition in definitions
        ]
        if None in known:
            if validates:
                raise _refuse_dimensions(definitions[known.index(None)], [group[0].dimension for group in groups])
            continue
        conditions.append(
            tuple(Condition(dimension=known[0] or "", comparison=term.operator, value=term.value) for term in group)
        )
    return tuple(conditions)


def _find_dimension(dimensions: Sequence[str], name: str) -> str | None:
    return next((known for known in dimensions if known.lower() == name.lower()), None)


def _refuse_dimensions(definition: MetricDefinition, names: Sequence[str]) -> _Invalid:
    asked = ",".join(dict.fromkeys(name.lower()[:100] for name in names))
    supported = ",".join(name.lower() for name in definition.dimensions)
    return _Invalid(
        f"Metric: {definition.name} does not support requested dimension combination: {asked}, supported ones are: "
        f"{supported}"
    )


def _list_splits(conditions: Sequence[Sequence[Condition]], rollup_by: str | None) -> tuple[str, ...]:
    """Every dimension that the filter names, but for those that are to be rolled up."""
    rolled_up = {name.strip().lower() for name in (rollup_by or "").split(",")}
    names = dict.fromkeys(group[0].dimension for group in conditions)
    return tuple(name for name in names if name.lower() not in rolled_up)


def _parse_order(given: str | None) -> tuple[Aggregation | None, bool]:
    if not given:
        return None, False
    found = _ORDER.fullmatch(given)
    if found is None:
        raise _Invalid(f"Detect invalid value: {given[:100]} for query parameter: 'orderby'")
    name = found[1].lower()
    return _AGGREGATIONS["total" if name == "sum" else name], (found[2] or "asc").lower() == "asc"


def _parse_top(given: str | None) -> int:
    if not given:
        return USUAL_TOP
    if not (given.isascii() and given.isdigit() and 0 < len(given) <= 6 and 0 < int(given) <= MOST_SERIES):
        raise _Invalid(f"Detect invalid value: {given[:100]} for query parameter: 'top'")
    return int(given)


def _parse_result_type(given: str | None) -> bool:
    match (given or "data").lower():
        case "data":
            return True
        case "metadata":
            return False
        case _:
            raise _Invalid(
                f"Detect invalid value: {(given or '')[:100]} for query parameter: 'resultType', the value must be "
                "one of: Data,Metadata if the query parameter is provided"
            )
