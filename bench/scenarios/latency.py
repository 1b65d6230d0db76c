"""Open-loop load: what a gateway adds to an answer's time when it is not busy.

Requests through the gateway and straight to the mock take turns, so that a noisy neighbour disturbs both alike; what
is added is the difference of their percentiles.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from typing import cast

import httptools
import uvloop

from bench.contenders.contender import Contender
from bench.measurement import Instruments, MeasurementError, Metric
from bench.workload import Route, Shape, Target, render_body, render_request

LATENCY_METRICS = (
    Metric(key="added_p50_ms", label="added p50 ms", digits=2, compared=True),
    Metric(key="added_p99_ms", label="added p99 ms", digits=2),
    Metric(key="p50_ms", label="p50 ms", digits=2),
    Metric(key="direct_p50_ms", label="direct p50 ms", digits=2),
    Metric(key="rate", label="req/s"),
)

_MOST_CONNECTIONS = 256
_WARM_UP_SECONDS = 1.0
_GRACE_SECONDS = 10.0


def measure_latency(contender: Contender | None, instruments: Instruments) -> Mapping[str, float]:
    direct = instruments.upstreams.direct_target(Route.FAST)
    if contender is None or direct is None:
        raise MeasurementError("needs a gateway and a mock upstream")
    rate = contender.endurance.requests_a_second
    through, straight = uvloop.run(
        _measure(contender.target(Route.FAST), direct, rate=rate, seconds=instruments.seconds * 2)
    )
    return {
        "added_p50_ms": 1000 * (_percentile(through, 50) - _percentile(straight, 50)),
        "added_p99_ms": 1000 * (_percentile(through, 99) - _percentile(straight, 99)),
        "p50_ms": 1000 * _percentile(through, 50),
        "direct_p50_ms": 1000 * _percentile(straight, 50),
        "rate": rate,
    }


class _Exchange(asyncio.Protocol):
    """A keep-alive connection that carries one request at a time and notes how long each took."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.lost(self)

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        taken = time.perf_counter() - self._sent_at
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        self._line.answered(self, taken, status)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class _Line:
    """The connections to one target, and the answer times they saw."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._request = render_request(target, render_body(Shape.JSON, target.model))
        self._idle: list[_Exchange] = []
        self._all: list[_Exchange] = []
        self.times: list[float] = []
        self.waiting = 0
        self.failure = ""
        self.all_answered = asyncio.Event()

    async def open(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, exchange = await loop.create_connection(lambda: _Exchange(self), self._target.host, self._target.port)
            self._all.append(exchange)
            self._idle.append(exchange)

    async def send(self) -> None:
        if not self._idle:
            if len(self._all) >= _MOST_CONNECTIONS:
                self.failure = f"{_MOST_CONNECTIONS} requests were open at once"
                return
            await self.open(1)
        self.waiting += 1
        self.all_answered.clear()
        self._idle.pop().send(self._request)

    def answered(self, exchange: _Exchange, taken: float, status: int) -> None:
        self.waiting -= 1
        if status != 200:
            self.failure = f"an answer had status {status}"
        self.times.append(taken)
        self._idle.append(exchange)
        if not self.waiting:
            self.all_answered.set()

    def lost(self, exchange: _Exchange) -> None:
        """Idle connections may end; one that owes an answer is a failure, seen as an answer that never came."""
        self._all.remove(exchange)
        if exchange in self._idle:
            self._idle.remove(exchange)

    def close(self) -> None:
        for exchange in list(self._all):
            exchange.close()


async def _measure(
    target: Target, direct: Target, *, rate: int, seconds: float
) -> tuple[Sequence[float], Sequence[float]]:
    """Answer times in seconds, through the gateway and straight to the mock."""
    through, straight = _Line(target), _Line(direct)
    try:
        for line in (through, straight):
            await line.open(8)
        await _send_evenly(through, straight, rate=rate, seconds=_WARM_UP_SECONDS)
        await _settle(through, straight)
        through.times.clear()
        straight.times.clear()
        await _send_evenly(through, straight, rate=rate, seconds=seconds)
        await _settle(through, straight)
    finally:
        through.close()
        straight.close()
        await asyncio.sleep(0)
    return through.times, straight.times


async def _send_evenly(through: _Line, straight: _Line, *, rate: int, seconds: float) -> None:
    """Sends at fixed times whether or not earlier requests were answered, the two lines half an interval apart."""
    started = time.perf_counter()
    for turn in range(int(rate * seconds) * 2):
        delay = started + turn / (2 * rate) - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        await (through, straight)[turn % 2].send()


async def _settle(*lines: _Line) -> None:
    for line in lines:
        try:
            await asyncio.wait_for(line.all_answered.wait(), _GRACE_SECONDS)
        except TimeoutError as error:
            raise MeasurementError(f"{line.waiting} requests were never answered") from error
        if line.failure:
            raise MeasurementError(line.failure)


def _percentile(values: Sequence[float], percent: int) -> float:
    if not values:
        raise MeasurementError("nothing was answered")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(len(ordered) * percent / 100) - 1)]
