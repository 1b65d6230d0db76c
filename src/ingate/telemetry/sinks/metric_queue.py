"""Metrics of a resource as a sink's queue: a minute's are sent once it is over, without dimensions, as Azure does.

https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings#metrics-limitations. They are kept for
longer than any sink is away, so there is nothing to hold and no bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from ingate.domain.metric import Measurement, MetricQuestion, MetricSeries, MetricStore
from ingate.domain.metric_definitions import METRIC_DEFINITIONS
from ingate.wire.arm.documents import JsonObject

from .events import Event, render_time
from .ledger import Ledger

DELAY_SECONDS = 180.0
"""After a minute is over: for exchanges to be counted. What is counted in it later is not sent."""
MOST_MINUTES = 60
"""Asked for at once."""
SECONDS_BETWEEN = 5.0


class MetricQueue:
    """For the sink's thread."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        resource_id: str,
        store: MetricStore,
        is_wanted: Callable[[], bool],
        deliver: Callable[[Sequence[Event]], int],
        wall_clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._resource_id = resource_id
        self._store = store
        self._is_wanted = is_wanted
        self._deliver = deliver
        self._wall_clock = wall_clock
        self._looked_at = 0.0

    def step(self) -> bool:
        """Sends the minutes that are next. Whether there may be more. Raises DeliveryFailed, OSError,
        sqlite3.Error."""
        now = self._wall_clock()
        if 0 <= now - self._looked_at < SECONDS_BETWEEN:
            return False
        start = self._ledger.place.metric_minute or int(self._ledger.place.since // 60)
        last = int((now - DELAY_SECONDS) // 60)
        end = last if not self._is_wanted() else min(last, start + MOST_MINUTES)
        if end > start:
            self._send(start, end)
        if end < last:
            return True
        self._looked_at = now
        return False

    def _send(self, start: int, end: int) -> None:
        events: list[Event] = []
        if self._is_wanted():
            question = MetricQuestion(
                metrics=tuple(definition.name for definition in METRIC_DEFINITIONS),
                resource_ids=(self._resource_id,),
                from_minute=start,
                to_minute=end,
                grain=1,
            )
            events = sorted(
                (event for series in self._store.list_series(question) for event in _render(series, start)),
                key=lambda event: event.time,
            )
        refused = self._deliver(events) if events else 0
        self._ledger.settle(metric_minute=end, delivered=len(events) - refused, dropped=refused)


def _render(series: MetricSeries, start: int) -> Iterator[Event]:
    for number, measurement in series.points.items():
        time = datetime.fromtimestamp((start + number) * 60, UTC)
        yield Event(
            category="AllMetrics",
            resource_id=series.resource_id,
            time=time,
            document={
                "time": render_time(time),
                "resourceId": series.resource_id.upper(),
                "metricName": series.metric,
                "timeGrain": "PT1M",
                **_render_measurement(measurement),
            },
        )


def _render_measurement(measurement: Measurement) -> JsonObject:
    values = {
        "count": measurement.get("Count"),
        "total": measurement.get("Total"),
        "minimum": measurement.get("Minimum"),
        "maximum": measurement.get("Maximum"),
        "average": measurement.get("Average"),
    }
    return {name: value for name, value in values.items() if value is not None}
