"""Metrics and their definitions as Azure Monitor's documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ingate.domain.metric import METRIC_NAMESPACE, Aggregation, Measurement, MetricDefinition, MetricSeries
from ingate.domain.metric_definitions import TIME_GRAINS
from ingate.wire.arm.documents import JsonObject
from ingate.wire.monitor.timespan import Timespan, render_moment, render_timespan

from .metric_query import MetricQuery

RETENTION = "P93D"
_NOTHING = Measurement(0, 0.0, None, None)


def render_metrics(query: MetricQuery, resource_id: str, region: str, series: Sequence[MetricSeries]) -> JsonObject:
    """One resource's answer."""
    answer: JsonObject = {"cost": 0, "timespan": render_timespan(query.span)}
    if query.wants_data:
        answer["interval"] = _render_interval(query)
    answer["value"] = list_metrics(query, resource_id, series)
    answer["namespace"] = METRIC_NAMESPACE
    answer["resourceregion"] = region
    return answer


def render_batch_entry(
    query: MetricQuery, resource_id: str, region: str, series: Sequence[MetricSeries]
) -> JsonObject:
    return {
        "starttime": render_moment(query.span.start),
        "endtime": render_moment(query.span.end),
        "interval": _render_interval(query),
        "namespace": METRIC_NAMESPACE,
        "resourceregion": region,
        "resourceid": resource_id,
        "value": list_metrics(query, resource_id, series),
    }


def list_metrics(query: MetricQuery, resource_id: str, series: Sequence[MetricSeries]) -> list[JsonObject]:
    return [
        {
            "id": f"{resource_id}/providers/Microsoft.Insights/metrics/{definition.name}",
            "type": "Microsoft.Insights/metrics",
            "name": _render_name(definition),
            "displayDescription": definition.description,
            "unit": definition.unit,
            "timeseries": [
                _render_series(query, definition, entry)
                for entry in choose_series(
                    query, definition, [found for found in series if found.metric == definition.name]
                )
            ],
            "errorCode": "Success",
        }
        for definition in query.definitions
    ]


def choose_series(
    query: MetricQuery, definition: MetricDefinition, series: Sequence[MetricSeries]
) -> Sequence[MetricSeries]:
    """The first `top` of them, the largest first unless told otherwise. What is not split is one series, also when
    nothing happened."""
    if not query.split_by:
        return series or [MetricSeries(metric=definition.name, resource_id="", values=())]
    order_by = query.order_by or definition.primary_aggregation

    def get_rank(entry: MetricSeries) -> float:
        return entry.whole.get(order_by) or 0.0

    return sorted(sorted(series, key=_get_values), key=get_rank, reverse=not query.ascending)[: query.top]


def _get_values(entry: MetricSeries) -> tuple[str, ...]:
    return entry.values


def _render_series(query: MetricQuery, definition: MetricDefinition, series: MetricSeries) -> JsonObject:
    answer: JsonObject = {
        "metadatavalues": [
            {"name": {"value": name.lower(), "localizedValue": name.lower()}, "value": value}
            for name, value in zip(query.split_by, series.values, strict=True)
        ]
    }
    if query.wants_data:
        aggregations = query.aggregations or (definition.primary_aggregation,)
        start = query.from_minute * 60
        answer["data"] = [
            {
                "timeStamp": render_moment(datetime.fromtimestamp(start + number * query.grain * 60, UTC)),
                **_render_values(aggregations, series.points.get(number, _NOTHING)),
            }
            for number in range(query.point_count)
        ]
    return answer


def _render_values(aggregations: Sequence[Aggregation], point: Measurement) -> Mapping[str, float]:
    """Zero where nothing happened: Azure fills gaps so, of averages as well."""
    return {aggregation.lower(): float(point.get(aggregation) or 0.0) for aggregation in aggregations}


def _render_interval(query: MetricQuery) -> str:
    """The one point of FULL is as long as the span."""
    if query.interval in TIME_GRAINS:
        return query.interval
    return _render_duration(query.span)


def _render_duration(span: Timespan) -> str:
    minutes = max(1, int((span.end - span.start).total_seconds() // 60))
    hours, rest = divmod(minutes, 60)
    return f"PT{f'{hours}H' if hours else ''}{f'{rest}M' if rest or not hours else ''}"


def _render_name(definition: MetricDefinition) -> JsonObject:
    return {"value": definition.name, "localizedValue": definition.display_name}


def render_definition(
    resource_id: str, definition: MetricDefinition, *, more_dimensions: tuple[str, ...] = ()
) -> JsonObject:
    return {
        "id": f"{resource_id}/providers/microsoft.insights/metricdefinitions/{definition.name}",
        "resourceId": resource_id,
        "namespace": METRIC_NAMESPACE,
        "category": definition.category,
        "name": _render_name(definition),
        "displayDescription": definition.description,
        "isDimensionRequired": False,
        "unit": definition.unit,
        "primaryAggregationType": definition.primary_aggregation,
        "supportedAggregationTypes": list(definition.aggregations),
        "metricAvailabilities": [{"timeGrain": grain, "retention": RETENTION} for grain in TIME_GRAINS],
        "dimensions": [
            {"value": name, "localizedValue": name} for name in (*definition.dimensions, *more_dimensions)
        ],
    }


def render_namespace(resource_id: str) -> JsonObject:
    name = METRIC_NAMESPACE.replace("/", "-")
    return {
        "id": f"{resource_id}/providers/microsoft.insights/metricNamespaces/{name}",
        "type": "Microsoft.Insights/metricNamespaces",
        "name": name,
        "classification": "Platform",
        "properties": {"metricNamespaceName": METRIC_NAMESPACE},
    }
