"""Turns journal records into sums: by the minute for metrics, by the day for costs."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.usage import TokenUsage

from .following import Cursors, JournalFollower
from .quantiles import Buckets, find_bucket, render_sketch
from .rollup_store import RollupStore, Series, Value

_log = logging.getLogger(__name__)

BATCH_RECORDS = 20_000
"""Counted in one transaction, and held in memory at once."""
SECONDS_BETWEEN = 0.5
METRIC_DAYS = 93
"""How long Azure Monitor keeps metrics."""
COST_DAYS = 400
HOUR = 3600.0

SERVICE_TIERS = frozenset({"standard", "priority", "batch", "flex"})

MOST = 1 << 40
"""Of anything, in one exchange."""
LATEST = 1 << 36
"""Seconds since 1970: some time in the year 4147."""

_NOTHING = TokenUsage()
_PICO = Decimal(12)


class Rollups:
    """`step` is for one thread; the others may be called from any."""

    def __init__(
        self,
        follower: JournalFollower,
        store: RollupStore,
        *,
        wall_clock: Callable[[], float],
        metric_days: int = METRIC_DAYS,
        cost_days: int = COST_DAYS,
    ) -> None:
        self._follower = follower
        self._store = store
        self._wall_clock = wall_clock
        self._metric_days = metric_days
        self._cost_days = cost_days
        self._forgot_at = 0.0
        self._cursors: Cursors = store.get_cursors()

    @property
    def cursors(self) -> Cursors:
        """Up to where each journal is counted for good: what lies before may be deleted, as far as this goes."""
        return self._cursors

    def count_unread_bytes(self) -> int:
        """Of the journals, not yet in the sums. Raises OSError."""
        return self._follower.count_unread_bytes(self._cursors)

    def step(self) -> bool:
        """Counts what is new, up to BATCH_RECORDS. Whether there may be more. Raises OSError or sqlite3.Error, and
        has then counted nothing."""
        self._forget_in_time()
        batch = self._follower.read(self._cursors, BATCH_RECORDS)
        if batch.cursors == self._cursors:
            return False
        records = [record for record in batch.records if is_plausible(record)]
        self._store.add(
            minutes=sum_minutes(records),
            costs=sum_costs(records),
            cursors=batch.cursors,
            damaged_lines=batch.damaged_lines + len(batch.records) - len(records),
        )
        self._cursors = batch.cursors
        return not batch.is_last

    def run(self, stopping: threading.Event, seconds_between: float = SECONDS_BETWEEN) -> None:
        """Until told to stop, and then once more. What fails is tried again."""
        has_failed = False
        while True:
            is_last_turn = stopping.is_set()
            try:
                while self.step() and not stopping.is_set():
                    pass
                has_failed = False
            except (OSError, sqlite3.Error) as error:
                if not has_failed:
                    _log.error("the journals cannot be counted, metrics and costs stand still: %s", error)
                has_failed = True
            except Exception:  # noqa: BLE001 - nobody would notice a thread that has ended
                if not has_failed:
                    _log.exception("the journals cannot be counted, metrics and costs stand still")
                has_failed = True
            if is_last_turn:
                return
            stopping.wait(seconds_between)

    def _forget_in_time(self) -> None:
        now = self._wall_clock()
        if now - self._forgot_at < HOUR:
            return
        day = int(now // 86_400)
        self._store.forget(minutes_before=(day - self._metric_days) * 1440, days_before=day - self._cost_days)
        self._forgot_at = now


def is_plausible(record: ExchangeRecord) -> bool:
    """Sums are kept as numbers of 64 bits. An upstream that reports more tokens than there ever were must not be the
    end of counting."""
    usage = record.usage or _NOTHING
    return (
        0 <= record.time < LATEST
        and 0 <= record.duration_ms < MOST
        and min(record.request_bytes, record.response_bytes) >= 0
        and max(record.request_bytes, record.response_bytes) < MOST
        and all(0 <= amount < MOST for amount in _list_quantities(usage))
    )


class _Measure:
    __slots__ = ("count", "greatest", "least", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.least: float | None = None
        self.greatest: float | None = None

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        if self.least is None or value < self.least:
            self.least = value
        if self.greatest is None or value > self.greatest:
            self.greatest = value

    def render(self) -> tuple[Value, ...]:
        return self.count, self.total, self.least, self.greatest


class _Minute:
    """One series in one minute. `render` is in the order of ROLLUP_COLUMNS."""

    __slots__ = (
        "_between_tokens",
        "_duration",
        "_duration_sketch",
        "_first_token",
        "_first_token_sketch",
        "_normalized_first_token",
        "_response",
        "_sums",
        "_tokens_per_second",
    )

    def __init__(self) -> None:
        self._sums = [0] * 9
        self._duration = _Measure()
        self._response = _Measure()
        self._first_token = _Measure()
        self._normalized_first_token = _Measure()
        self._between_tokens = _Measure()
        self._tokens_per_second = _Measure()
        self._duration_sketch: Buckets = {}
        self._first_token_sketch: Buckets = {}

    def add(self, record: ExchangeRecord) -> None:
        usage = record.usage
        sums = self._sums
        sums[0] += 1
        if usage is not None:
            sums[1] += usage.input_tokens
            sums[2] += usage.output_tokens
            sums[3] += usage.cache_read_input_tokens
            sums[4] += usage.cache_creation_5m_input_tokens
            sums[5] += usage.cache_creation_1h_input_tokens
            sums[6] += usage.web_search_requests
        sums[7] += record.request_bytes
        sums[8] += record.response_bytes
        duration, first = record.duration_ms, record.first_token_ms
        self._duration.add(duration)
        _count(self._duration_sketch, duration)
        self._response.add(duration if first is None else first)
        if first is not None:
            self._first_token.add(first)
            _count(self._first_token_sketch, first)
            self._add_pace(usage or _NOTHING, first, duration - first)

    def _add_pace(self, usage: TokenUsage, first: float, rest: float) -> None:
        """Of a stream; what was answered in one piece has none."""
        prompt = usage.uncached_input_tokens + usage.cache_read_input_tokens
        if prompt > 0:
            self._normalized_first_token.add(first / prompt)
        if usage.output_tokens > 1 and rest > 0:
            self._between_tokens.add(rest / (usage.output_tokens - 1))
            self._tokens_per_second.add((usage.output_tokens - 1) * 1000 / rest)

    def render(self) -> tuple[Value, ...]:
        return (
            *self._sums,
            *self._duration.render(),
            *self._response.render(),
            *self._first_token.render(),
            *self._normalized_first_token.render(),
            *self._between_tokens.render(),
            *self._tokens_per_second.render(),
            render_sketch(self._duration_sketch),
            render_sketch(self._first_token_sketch),
        )


def _count(buckets: Buckets, value: float) -> None:
    bucket = find_bucket(value)
    buckets[bucket] = buckets.get(bucket, 0) + 1


def sum_minutes(records: Iterable[ExchangeRecord]) -> Mapping[tuple[int, Series], tuple[Value, ...]]:
    """In ROLLUP_COLUMNS, by minute since 1970 and series."""
    minutes: dict[tuple[int, Series], _Minute] = {}
    for record in records:
        key = (int(record.time // 60), find_series(record))
        minute = minutes.get(key)
        if minute is None:
            minute = minutes[key] = _Minute()
        minute.add(record)
    return {key: minute.render() for key, minute in minutes.items()}


def find_series(record: ExchangeRecord) -> Series:
    """In the order of DIMENSIONS. What a refused caller wrote as a deployment's name is none: anybody could make up
    any number of series."""
    deployment = record.deployment
    if record.outcome == "refused" and record.status == 404:
        deployment = None
    usage = record.usage
    return (
        record.resource_id or "",
        record.resource or "",
        record.location or "",
        deployment or "",
        record.model or "",
        record.model_version or "",
        record.operation,
        record.status,
        record.outcome,
        int(record.streaming),
        _get_service_tier(usage),
    )


def _get_service_tier(usage: TokenUsage | None) -> str:
    """An upstream may answer anything."""
    tier = usage.service_tier if usage is not None else None
    return "" if tier is None else tier if tier in SERVICE_TIERS else "other"


def sum_costs(records: Iterable[ExchangeRecord]) -> Mapping[tuple[Value, ...], tuple[Value, ...]]:
    """COST_QUANTITIES and COSTS, by COST_KEY, of records that have a usage. Exact."""
    sums: dict[tuple[Value, ...], list[int]] = {}
    for record in records:
        usage = record.usage
        if usage is None:
            continue
        key = (
            int(record.time // 86_400),
            record.resource_id or "",
            record.deployment or "",
            record.model or "",
            record.model_version or "",
            record.deployment_type or "",
            record.location or "",
            record.principal_id or "",
            record.price or "",
        )
        into = sums.get(key)
        if into is None:
            into = sums[key] = [0] * 13
        for index, amount in enumerate(_list_amounts(record, usage)):
            into[index] += amount
    return {key: (*row[:7], *map(str, row[7:])) for key, row in sums.items()}


def _list_quantities(usage: TokenUsage) -> tuple[int, ...]:
    return (
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation_5m_input_tokens,
        usage.cache_creation_1h_input_tokens,
        usage.web_search_requests,
    )


def _list_amounts(record: ExchangeRecord, usage: TokenUsage) -> tuple[int, ...]:
    quantities = (1, *_list_quantities(usage))
    cost = record.cost
    if cost is None:
        return quantities
    parts = (cost.input, cost.output, cost.cache_read, cost.cache_write_5m, cost.cache_write_1h, cost.web_search)
    return (*quantities, *(int(part.scaleb(_PICO)) for part in parts))
