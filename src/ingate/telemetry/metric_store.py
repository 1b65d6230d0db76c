"""Reads metrics out of telemetry.db: which rows each of Azure Monitor's metrics is made of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ingate.domain.metric import Measurement, MetricQuestion, MetricSeries

from .rollup_store import DIMENSIONS, MEASURES, SUMS, reading

Row: TypeAlias = Mapping[str, int | float | None]
"""A series' sums in one grain: SUMS and MEASURES."""
SeriesRow: TypeAlias = Mapping[str, str | int]
"""A series' DIMENSIONS."""

API_NAME = "Anthropic API"
"""What Microsoft's own logs call the Messages API."""
MODEL_OPERATIONS = frozenset({"messages", "count_tokens"})


def _get_stream_type(series: SeriesRow) -> str:
    return "Streaming" if series["streaming"] else "Non-Streaming"


DIMENSION_VALUES: dict[str, Callable[[SeriesRow], str]] = {
    "apiname": lambda series: API_NAME,
    "operationname": lambda series: str(series["operation"]),
    "region": lambda series: str(series["location"]),
    "streamtype": _get_stream_type,
    "modeldeploymentname": lambda series: str(series["deployment"]),
    "modelname": lambda series: str(series["model"]),
    "modelversion": lambda series: str(series["model_version"]),
    "statuscode": lambda series: str(series["status"]),
    "isspillover": lambda series: "False",
    "servicetierrequest": lambda series: "",
    "servicetierresponse": lambda series: str(series["service_tier"]),
    "contextlength": lambda series: "",
    "ratelimitkey": lambda series: "",
}
"""By the dimension's name in lower case. What a journal does not say is empty."""


Measure: TypeAlias = Callable[[SeriesRow, Row], Measurement]
Applies: TypeAlias = Callable[[SeriesRow], bool]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a metric comes from."""

    applies: Applies
    measure: Measure
    columns: tuple[str, ...]
    """That `measure` reads."""


def _number(row: Row, name: str) -> float:
    return row[name] or 0


def _requests(series: SeriesRow, row: Row) -> Measurement:
    count = int(_number(row, "requests"))
    return Measurement(count, float(count), 1.0, 1.0)


def _count_requests(applies: Applies) -> _Source:
    return _Source(applies, _requests, ("requests",))


def _sum_up(applies: Applies, *names: str) -> _Source:
    def measure(series: SeriesRow, row: Row) -> Measurement:
        total = float(sum(_number(row, name) for name in names))
        return Measurement(int(_number(row, "requests")), total, None, None)

    return _Source(applies, measure, ("requests", *names))


def _measure(applies: Applies, name: str) -> _Source:
    def measure(series: SeriesRow, row: Row) -> Measurement:
        return Measurement(
            int(_number(row, f"{name}_count")), _number(row, f"{name}_sum"), row[f"{name}_min"], row[f"{name}_max"]
        )

    return _Source(applies, measure, tuple(f"{name}_{part}" for part in ("count", "sum", "min", "max")))


def _availability(series: SeriesRow, row: Row) -> Measurement:
    count, value = int(_number(row, "requests")), 0.0 if _has_status(500, 999)(series) else 100.0
    return Measurement(count, count * value, value, value)


def _has_status(lowest: int, highest: int) -> Applies:
    return lambda series: lowest <= int(series["status"]) <= highest


def _is_any(series: SeriesRow) -> bool:
    return True


def _is_none(series: SeriesRow) -> bool:
    return False


def _is_of_model(series: SeriesRow) -> bool:
    return series["operation"] in MODEL_OPERATIONS


def _was_admitted(series: SeriesRow) -> bool:
    return _is_of_model(series) and series["outcome"] != "refused"


def _has_succeeded(series: SeriesRow) -> bool:
    return _is_of_model(series) and series["outcome"] == "completed" and int(series["status"]) < 400


def _used_tokens(series: SeriesRow) -> bool:
    return series["operation"] == "messages" and series["outcome"] != "refused"


SOURCES: dict[str, _Source] = {
    "ModelRequests": _count_requests(_is_of_model),
    "ModelAvailabilityRate": _Source(_is_of_model, _availability, ("requests",)),
    "TimeToResponse": _measure(_was_admitted, "response"),
    "TimeToLastByte": _measure(_has_succeeded, "duration"),
    "NormalizedTimeToFirstToken": _measure(_has_succeeded, "normalized_first_token"),
    "NormalizedTimeBetweenTokens": _measure(_has_succeeded, "between_tokens"),
    "TokensPerSecond": _measure(_has_succeeded, "tokens_per_second"),
    "InputTokens": _sum_up(_used_tokens, "input_tokens"),
    "OutputTokens": _sum_up(_used_tokens, "output_tokens"),
    "TotalTokens": _sum_up(_used_tokens, "input_tokens", "output_tokens"),
    "cacheReadInputTokens": _sum_up(_used_tokens, "cache_read_tokens"),
    "ephemeral5mInputTokens": _sum_up(_used_tokens, "cache_write_5m_tokens"),
    "ephemeral1hInputTokens": _sum_up(_used_tokens, "cache_write_1h_tokens"),
    "ProvisionedUtilization": _count_requests(_is_none),
    "TotalCalls": _count_requests(_is_any),
    "SuccessfulCalls": _count_requests(_has_status(0, 399)),
    "TotalErrors": _count_requests(_has_status(400, 999)),
    "BlockedCalls": _count_requests(_has_status(429, 429)),
    "ClientErrors": _count_requests(_has_status(400, 499)),
    "ServerErrors": _count_requests(_has_status(500, 999)),
    "Latency": _measure(_is_any, "duration"),
    "DataIn": _sum_up(_is_any, "request_bytes"),
    "DataOut": _sum_up(_is_any, "response_bytes"),
    "Ratelimit": _count_requests(_is_none),
    "SuccessRate": _Source(_is_any, _availability, ("requests",)),
}
"""By the name of the definition in `domain/metric_definitions.py`."""

_FIND_SERIES = f"SELECT series_id, {', '.join(DIMENSIONS)} FROM series WHERE lower(resource_id) = ?"  # noqa: S608

_TOTALLED = {
    **{name: f"sum({name}) AS {name}" for name in SUMS},
    **{
        f"{name}_{part}": f"{how}({name}_{part}) AS {name}_{part}"
        for name in MEASURES
        for part, how in (("count", "sum"), ("sum", "sum"), ("min", "min"), ("max", "max"))
    },
}


def _render_reading(columns: Iterable[str]) -> str:
    """SQL of nothing but names of columns. Fewer of them are read in a fraction of the time."""
    return f"""
        SELECT series_id, (minute - :start) / :grain AS grain, {", ".join(_TOTALLED[name] for name in columns)}
        FROM minutes WHERE minute >= :start AND minute < :end AND series_id IN (SELECT value FROM json_each(:series))
        GROUP BY series_id, grain
    """  # noqa: S608


class MetricRollups:
    """Implements `domain.metric.MetricStore`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list_series(self, question: MetricQuestion) -> Sequence[MetricSeries]:
        """Raises sqlite3.Error; KeyError for a metric or dimension that there is not."""
        with reading(self._path) as connection:
            return [
                series
                for resource_id in question.resource_ids
                for series in _list_series_of(connection, question, resource_id)
            ]


def _list_series_of(
    connection: sqlite3.Connection, question: MetricQuestion, resource_id: str
) -> Iterable[MetricSeries]:
    fitting = _find_series(connection, question, resource_id)
    found: dict[tuple[str, tuple[str, ...]], dict[int, Measurement]] = {}
    sources = [(name, SOURCES[name]) for name in question.metrics]
    for row in _read_grains(connection, question, fitting):
        series, values = fitting[row["series_id"]]
        for name, source in sources:
            if not source.applies(series):
                continue
            measured = source.measure(series, row)
            if measured.count == 0:
                continue
            points = found.setdefault((name, values), {})
            before = points.get(row["grain"])
            points[row["grain"]] = measured if before is None else before + measured
    for (name, values), points in found.items():
        yield MetricSeries(metric=name, resource_id=resource_id, values=values, points=points)


def _find_series(
    connection: sqlite3.Connection, question: MetricQuestion, resource_id: str
) -> dict[int, tuple[SeriesRow, tuple[str, ...]]]:
    """Those that fit the filter, with the values that they are split by."""
    splits = [DIMENSION_VALUES[name.lower()] for name in question.split_by]
    return {
        row["series_id"]: (dict(row), tuple(get(row) for get in splits))
        for row in connection.execute(_FIND_SERIES, [resource_id.lower()]).fetchall()
        if _fits(row, question)
    }


def _fits(series: SeriesRow, question: MetricQuestion) -> bool:
    return all(
        any(condition.fits(DIMENSION_VALUES[condition.dimension.lower()](series)) for condition in group)
        for group in question.filter
    )


def _read_grains(
    connection: sqlite3.Connection, question: MetricQuestion, series_ids: Iterable[int]
) -> Iterable[Any]:
    parameters = {
        "start": question.from_minute,
        "end": question.to_minute,
        "grain": question.grain,
        "series": json.dumps([*series_ids]),
    }
    columns = dict.fromkeys(column for name in question.metrics for column in SOURCES[name].columns)
    return connection.execute(_render_reading(columns), parameters)
