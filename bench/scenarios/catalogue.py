"""All scenarios, in the order they run."""

from __future__ import annotations

from bench.measurement import Scenario
from bench.scenarios.latency import LATENCY_METRICS, measure_latency
from bench.scenarios.streams import MEMORY_METRICS, PACED_METRICS, measure_memory, measure_paced
from bench.scenarios.throughput import THROUGHPUT_METRICS, measure_throughput
from bench.workload import Route, Shape


def _memory_scenario(streams: int, *, least_open_streams: int = 0) -> Scenario:
    return Scenario(
        name=f"memory-{streams}",
        title=f"{streams:,} open streams with an event every 5 s: resident memory",
        route=Route.SCRIPTED,
        metrics=MEMORY_METRICS,
        measure=measure_memory(streams),
        once_on_fresh_process=True,
        least_open_streams=least_open_streams,
    )


SCENARIOS = (
    Scenario(
        name="json",
        title="small JSON: 0.3 KB there, 1 KB back",
        route=Route.FAST,
        metrics=THROUGHPUT_METRICS,
        measure=measure_throughput(Shape.JSON, Route.FAST),
        with_direct=True,
    ),
    Scenario(
        name="json-400k",
        title="large JSON: 400 KB there, 1 KB back",
        route=Route.SCRIPTED,
        metrics=THROUGHPUT_METRICS,
        measure=measure_throughput(Shape.LARGE_JSON, Route.SCRIPTED, most_connections=16),
        with_direct=True,
    ),
    Scenario(
        name="json-tls",
        title="small JSON, upstream over TLS 1.3",
        route=Route.TLS,
        metrics=THROUGHPUT_METRICS,
        measure=measure_throughput(Shape.JSON, Route.TLS),
    ),
    Scenario(
        name="sse-burst",
        title="streams of 60 events (9 KB) at once",
        route=Route.SCRIPTED,
        metrics=THROUGHPUT_METRICS,
        measure=measure_throughput(Shape.BURST, Route.SCRIPTED),
        with_direct=True,
    ),
    Scenario(
        name="sse-paced",
        title="open streams with 20 events a second each",
        route=Route.SCRIPTED,
        metrics=PACED_METRICS,
        measure=measure_paced,
    ),
    Scenario(
        name="latency",
        title="small JSON at a fixed rate: added to the mock's own answer time",
        route=Route.FAST,
        metrics=LATENCY_METRICS,
        measure=measure_latency,
    ),
    _memory_scenario(2_000),
    _memory_scenario(10_000, least_open_streams=10_000),
)
