"""Everything that was counted, in Prometheus' format.

The numbers are telemetry.db's own, since it was begun: they never fall, also when this process is started again, and
every record is in them once. Labels are what operators chose: there are as many series as resources, deployments and
models, and should there be more than MOST_SERIES, the newest share one.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from .quantiles import Buckets, add_buckets, count_up_to, merge_sketches
from .rollup_store import DIMENSIONS, MEASURES, ROLLUP_COLUMNS, SUMS, reading

MOST_SERIES = 1000
OVERFLOW = "_other"
"""In every label of the series that the surplus ones share."""

LABELS = ("resource", "deployment", "model", "operation", "status", "streaming")
_MODEL_LABELS = ("resource", "deployment", "model")
SECONDS = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0,
)  # fmt: skip
"""Upper bounds of the histograms' buckets."""
_TOKEN_TYPES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
}

_READ_TOTALS = (
    f"SELECT {', '.join(DIMENSIONS)}, {', '.join(ROLLUP_COLUMNS)} "  # noqa: S608 - of nothing but these names
    "FROM totals JOIN series USING (series_id) ORDER BY series_id"
)

Labels: TypeAlias = tuple[str, ...]


class Gauge(NamedTuple):
    """What another part of Ingate says of itself, at this moment."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = {}


ReadGauges: TypeAlias = Callable[[], Iterable[Gauge]]


def read_lag(count_unread_bytes: Callable[[], int]) -> ReadGauges:
    """Of `Rollups.count_unread_bytes`: how far the numbers are behind the journals."""

    def read() -> Iterator[Gauge]:
        with contextlib.suppress(OSError):
            yield Gauge("ingate_journal_unread_bytes", "Of the journals, not yet counted", count_unread_bytes())

    return read


class PrometheusExposition:
    """Implements `domain.metric.MetricsExposition`."""

    def __init__(self, path: Path, *, gauges: Iterable[ReadGauges] = (), most_series: int = MOST_SERIES) -> None:
        """`path` is telemetry.db's. `gauges` are called with every scrape, and must not take long."""
        self._gauges = list(gauges)
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(path, self._gauges, most_series))

    def add_gauges(self, read: ReadGauges) -> None:
        """Of what is made later than this; called with every scrape, too."""
        self._gauges.append(read)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Raises sqlite3.Error."""
        try:
            encode, media_type = choose_encoder(accept)
        except ValueError:  # a version that is none
            encode, media_type = choose_encoder("")
        return encode(self._registry), media_type


@dataclass(slots=True)
class _Total:
    """Of all rows with the same labels."""

    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    measures: dict[str, tuple[int, float]] = field(default_factory=lambda: dict.fromkeys(MEASURES, (0, 0.0)))
    duration: Buckets = field(default_factory=lambda: {})
    first_token: Buckets = field(default_factory=lambda: {})

    def add_row(self, row: Any) -> None:
        for name in SUMS:
            self.sums[name] += row[name]
        for name in MEASURES:
            count, total = self.measures[name]
            self.measures[name] = (count + row[f"{name}_count"], total + row[f"{name}_sum"])
        add_buckets(self.duration, merge_sketches([row["duration_sketch"]]))
        add_buckets(self.first_token, merge_sketches([row["first_token_sketch"]]))


class _Collector:
    def __init__(self, path: Path, gauges: Sequence[ReadGauges], most_series: int) -> None:
        self._path = path
        self._gauges = gauges
        self._most_series = most_series

    def collect(self) -> Iterator[Metric]:
        with reading(self._path) as connection:
            totals, folded = _read_totals(connection, self._most_series)
            (damaged,) = connection.execute("SELECT value FROM facts WHERE name = 'damaged_lines'").fetchone()
        yield from _render_totals(totals)
        yield GaugeMetricFamily(
            "ingate_series_folded", "Series that share one because there are too many", value=folded
        )
        yield CounterMetricFamily(
            "ingate_journal_damaged_lines", "Lines of the journals that are no records", value=damaged
        )
        yield from _render_gauges(gauge for read in self._gauges for gauge in read())


def _read_totals(connection: sqlite3.Connection, most: int) -> tuple[Mapping[Labels, _Total], int]:
    """And how many more sets of labels there would have been. The oldest keep theirs, so that counters only grow."""
    totals: dict[Labels, _Total] = {}
    folded: set[Labels] = set()
    for row in connection.execute(_READ_TOTALS):
        labels = _get_labels(row)
        if labels not in totals and len(totals) >= most:
            folded.add(labels)
            labels = (OVERFLOW,) * len(LABELS)
        totals.setdefault(labels, _Total()).add_row(row)
    return totals, len(folded)


def _get_labels(row: Any) -> Labels:
    return (
        row["resource"],
        row["deployment"],
        row["model"],
        row["operation"],
        f"{row['status'] // 100}xx",
        "true" if row["streaming"] else "false",
    )


def _render_totals(totals: Mapping[Labels, _Total]) -> Iterator[Metric]:
    requests = CounterMetricFamily("ingate_requests", "Requests, refused ones included", labels=LABELS)
    received = CounterMetricFamily("ingate_request_bytes", "Bytes of requests' bodies", labels=LABELS)
    sent = CounterMetricFamily("ingate_response_bytes", "Bytes of answers' bodies", labels=LABELS)
    duration = HistogramMetricFamily(
        "ingate_request_duration_seconds", "From a request to the end of its answer", labels=LABELS
    )
    for labels, total in totals.items():
        requests.add_metric(labels, total.sums["requests"])
        received.add_metric(labels, total.sums["request_bytes"])
        sent.add_metric(labels, total.sums["response_bytes"])
        _add_histogram(duration, labels, total.duration, total.measures["duration"])
    yield from (requests, received, sent, duration)
    yield from _render_models(totals)


def _render_models(totals: Mapping[Labels, _Total]) -> Iterator[Metric]:
    """What is known of models only, and so told apart by them only."""
    tokens = CounterMetricFamily(
        "ingate_tokens", "Tokens by class, which do not overlap", labels=(*_MODEL_LABELS, "type")
    )
    searches = CounterMetricFamily("ingate_web_searches", "Web searches that models made", labels=_MODEL_LABELS)
    first_token = HistogramMetricFamily(
        "ingate_time_to_first_token_seconds", "From a request to a stream's first content", labels=_MODEL_LABELS
    )
    by_model: dict[Labels, list[_Total]] = {}
    for labels, total in totals.items():
        if any(total.sums[name] for name in _TOKEN_TYPES.values()) or total.first_token:
            by_model.setdefault(labels[: len(_MODEL_LABELS)], []).append(total)
    for labels, parts in by_model.items():
        for name, column in _TOKEN_TYPES.items():
            tokens.add_metric((*labels, name), sum(part.sums[column] for part in parts))
        searches.add_metric(labels, sum(part.sums["web_search_requests"] for part in parts))
        buckets: Buckets = {}
        for part in parts:
            add_buckets(buckets, part.first_token)
        measured = [part.measures["first_token"] for part in parts]
        whole = (sum(count for count, _ in measured), sum(total for _, total in measured))
        _add_histogram(first_token, labels, buckets, whole)
    yield from (tokens, searches, first_token)


def _add_histogram(
    family: HistogramMetricFamily, labels: Labels, buckets: Buckets, measured: tuple[int, float]
) -> None:
    """Out of milliseconds."""
    count, total = measured
    counts = count_up_to(buckets, (bound * 1000 for bound in SECONDS))
    bounds = [(str(bound), float(number)) for bound, number in zip(SECONDS, counts, strict=True)]
    family.add_metric(labels, [*bounds, ("+Inf", float(count))], total / 1000)


def _render_gauges(gauges: Iterable[Gauge]) -> Iterator[Metric]:
    families: dict[str, GaugeMetricFamily] = {}
    for gauge in gauges:
        family = families.get(gauge.name)
        if family is None:
            family = families[gauge.name] = GaugeMetricFamily(gauge.name, gauge.help, labels=tuple(gauge.labels))
        family.add_metric(tuple(gauge.labels.values()), gauge.value)
    yield from families.values()
