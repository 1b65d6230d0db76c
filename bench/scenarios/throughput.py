"""Closed-loop load from wrk: how much a gateway relays with its core full, per second of its CPU time."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.contenders.contender import Contender
from bench.measurement import Instruments, MeasurementError, Metric
from bench.processes import cpu_seconds
from bench.workload import Json, Route, Shape, Target, render_body, request_headers

THROUGHPUT_METRICS = (
    Metric(key="per_cpu_second", label="req/cpu-s", compared=True),
    Metric(key="per_second", label="req/s"),
    Metric(key="core_use", label="core use", digits=2),
    Metric(key="p50_ms", label="p50 ms", digits=1),
    Metric(key="p99_ms", label="p99 ms", digits=1),
)

_SCRIPT = Path(__file__).with_name("wrk_exchange.lua")
_DIRECT_CONNECTIONS = 64
_WARM_UP_SECONDS = 1


def measure_throughput(
    shape: Shape, route: Route, *, most_connections: int = 64
) -> Callable[[Contender | None, Instruments], Mapping[str, float]]:
    """A scenario's `measure` for one shape of request."""

    def measure(contender: Contender | None, instruments: Instruments) -> Mapping[str, float]:
        if instruments.wrk is None:
            raise MeasurementError("needs wrk")
        target = contender.target(route) if contender else instruments.upstreams.direct_target(route)
        if target is None:
            raise MeasurementError("wrk speaks to this mock in the clear only")
        connections = min(contender.endurance.connections if contender else _DIRECT_CONNECTIONS, most_connections)
        _run_wrk(instruments, target, shape, connections, _WARM_UP_SECONDS)
        pids = contender.measured_pids() if contender else ()
        before = cpu_seconds(pids)
        outcome = _run_wrk(instruments, target, shape, connections, math.ceil(instruments.seconds))
        return _values(outcome, cpu_seconds(pids) - before)

    return measure


def warm_up(contender: Contender, instruments: Instruments) -> None:
    """Load that is not measured, JSON and streams in turn; none without wrk."""
    half = math.ceil(contender.endurance.warm_up_seconds / 2)
    if instruments.wrk is not None:
        for shape, route in ((Shape.JSON, Route.FAST), (Shape.BURST, Route.SCRIPTED)):
            _run_wrk(instruments, contender.target(route), shape, contender.endurance.connections, half)


def _values(outcome: Json, cpu: float) -> Mapping[str, float]:
    values = {
        "per_second": outcome["requests"] / outcome["seconds"],
        "p50_ms": outcome["p50_us"] / 1000,
        "p99_ms": outcome["p99_us"] / 1000,
    }
    if cpu > 0:
        values["per_cpu_second"] = outcome["requests"] / cpu
        values["core_use"] = cpu / outcome["seconds"]
    return values


def _run_wrk(instruments: Instruments, target: Target, shape: Shape, connections: int, seconds: int) -> Json:
    assert instruments.wrk is not None
    body = instruments.workspace / "wrk-body"
    body.write_bytes(render_body(shape, target.model))
    headers = instruments.workspace / "wrk-headers"
    headers.write_text("".join(f"{name}: {value}\n" for name, value in request_headers(target)))
    command = [
        *instruments.wrk.argv,
        *("-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "15s", "-s", str(_SCRIPT)),
        *(f"http://{target.host}:{target.port}{target.path}", "--", str(body), str(headers)),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise MeasurementError(f"wrk failed: {(ended.stderr or ended.stdout).strip()[-200:]}")
    outcome: Json = json.loads(lines[-1])
    if outcome["requests"] == 0 or outcome["errors"]:
        raise MeasurementError(f"{outcome['errors']} errors in {outcome['requests']} requests")
    return outcome
