"""Many open streams: the CPU time of relaying one event at a time, and the memory of keeping streams open."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import cast

import uvloop

from bench.contenders.contender import Contender
from bench.measurement import Instruments, MeasurementError, Metric
from bench.processes import cpu_seconds, resident_bytes
from bench.workload import Route, Shape, Target, render_body, render_request

PACED_METRICS = (
    Metric(key="cpu_us_per_event", label="cpu-us/event", digits=1, compared=True),
    Metric(key="events_per_second", label="events/s"),
    Metric(key="streams", label="streams"),
    Metric(key="core_use", label="core use", digits=2),
)
MEMORY_METRICS = (
    Metric(key="kb_per_stream", label="KB/stream", digits=1, compared=True),
    Metric(key="before_mb", label="before MB", digits=1),
    Metric(key="open_mb", label="open MB", digits=1),
    Metric(key="streams", label="streams"),
)

_SETTLE_SECONDS = 2.0
_BEGIN_SECONDS = 30.0
_WARM_UP_STREAMS = 20
_OTHER_DESCRIPTORS = 100
"""Of a gateway: listeners, logs, idle connections."""


def measure_paced(contender: Contender | None, instruments: Instruments) -> Mapping[str, float]:
    """CPU time per event delivered, of streams with 20 events a second each."""
    if contender is None:
        raise MeasurementError("measures gateways")
    return uvloop.run(_measure_paced(contender, instruments.seconds * 2))


def measure_memory(streams: int) -> Callable[[Contender | None, Instruments], Mapping[str, float]]:
    """A scenario's `measure`: resident memory per open stream, of streams that hardly ever say anything."""

    def measure(contender: Contender | None, instruments: Instruments) -> Mapping[str, float]:
        if contender is None:
            raise MeasurementError("measures gateways")
        return uvloop.run(_measure_memory(contender, streams))

    return measure


async def _measure_paced(contender: Contender, seconds: float) -> Mapping[str, float]:
    endurance = contender.endurance
    target, pids = contender.target(Route.SCRIPTED), contender.measured_pids()
    async with _open_streams(target, Shape.PACED, endurance.paced_streams, contender) as tally:
        await asyncio.sleep(_SETTLE_SECONDS)
        started, cpu, events = time.perf_counter(), cpu_seconds(pids), tally.events
        await asyncio.sleep(seconds)
        took = time.perf_counter() - started
        cpu, events = cpu_seconds(pids) - cpu, tally.events - events
        tally.require_all()
    return {
        "cpu_us_per_event": 1e6 * cpu / events,
        "events_per_second": events / took,
        "streams": endurance.paced_streams,
        "core_use": cpu / took,
    }


async def _measure_memory(contender: Contender, streams: int) -> Mapping[str, float]:
    streams = min(streams, contender.endurance.open_streams, _most_relayed_streams())
    target, pids = contender.target(Route.SCRIPTED), contender.measured_pids()
    async with _open_streams(target, Shape.SLOW, _WARM_UP_STREAMS, contender):
        pass
    await asyncio.sleep(_SETTLE_SECONDS)
    before = resident_bytes(pids)
    async with _open_streams(target, Shape.SLOW, streams, contender) as tally:
        await asyncio.sleep(_SETTLE_SECONDS)
        opened = resident_bytes(pids)
        tally.require_all()
    return {
        "kb_per_stream": (opened - before) / streams / 1024,
        "before_mb": before / 2**20,
        "open_mb": opened / 2**20,
        "streams": streams,
    }


def _most_relayed_streams() -> int:
    """As many as the limit on open descriptors lets a gateway relay, two for each stream."""
    return (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_DESCRIPTORS) // 2


class _Tally:
    """What all streams of one measurement saw together."""

    def __init__(self, streams: int) -> None:
        self.streams = streams
        self.events = 0
        self.begun = 0
        self.lost = 0
        self.failure = ""
        self.decided = asyncio.Event()
        """Set once all have begun, or one has failed."""

    def begin(self, data: bytes) -> None:
        """A stream's first bytes."""
        self.begun += 1
        if not data.startswith(b"HTTP/1.1 200"):
            self.failure = data[:200].decode(errors="replace")
        if self.begun == self.streams or self.failure:
            self.decided.set()

    def require_all(self) -> None:
        """Raises unless every stream is open."""
        if self.failure or self.lost or self.begun < self.streams:
            raise MeasurementError(
                f"{self.begun} of {self.streams} streams began and {self.lost} ended early. {self.failure}".strip()
            )


class _Stream(asyncio.Protocol):
    """One streamed answer: counts its events by the blank lines that end them."""

    def __init__(self, request: bytes, tally: _Tally) -> None:
        self._request = request
        self._tally = tally
        self._last_byte = b""
        self._begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.WriteTransport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        tally = self._tally
        if not self._begun:
            self._begun = True
            tally.begin(data)
        tally.events += data.count(b"\n\n") + (self._last_byte == b"\n" and data.startswith(b"\n"))
        self._last_byte = data[-1:]

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.lost += 1


@asynccontextmanager
async def _open_streams(target: Target, shape: Shape, count: int, contender: Contender) -> AsyncGenerator[_Tally]:
    """Opens streams at the contender's pace, waits until each has begun, and closes them at the end."""
    loop = asyncio.get_running_loop()
    request = render_request(target, render_body(shape, target.model))
    tally = _Tally(count)
    transports: list[asyncio.BaseTransport] = []
    try:
        started = time.perf_counter()
        for number in range(count):
            delay = started + number / contender.endurance.streams_opened_a_second - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            transport, _ = await loop.create_connection(lambda: _Stream(request, tally), target.host, target.port)
            transports.append(transport)
        with suppress(TimeoutError):
            await asyncio.wait_for(tally.decided.wait(), _BEGIN_SECONDS)
        tally.require_all()
        yield tally
    except OSError as error:
        raise MeasurementError(f"{len(transports)} of {count} streams opened: {error}") from error
    finally:
        for transport in transports:
            transport.close()
        await asyncio.sleep(0.2)
