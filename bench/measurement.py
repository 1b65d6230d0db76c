"""The benchmark's own words: what is measured of whom, and what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.contenders.contender import Contender
from bench.preparation import Tool
from bench.upstreams import MockUpstreams
from bench.workload import Route

DIRECT = "direct"
"""The name under which the mock upstream itself, with no gateway in front, is measured."""


class MeasurementError(Exception):
    """A measurement that is worth nothing; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What scenarios measure with."""

    upstreams: MockUpstreams
    wrk: Tool | None
    workspace: Path
    seconds: float
    """Of load in one measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure of a scenario."""

    key: str
    label: str
    digits: int = 0
    compared: bool = False
    """Whether the report gives its ratio to nginx."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of load."""

    name: str
    title: str
    route: Route
    metrics: tuple[Metric, ...]
    measure: Callable[[Contender | None, Instruments], Mapping[str, float]]
    """None measures the mock upstream itself. Raises MeasurementError."""
    with_direct: bool = False
    once_on_fresh_process: bool = False
    """Measured once, each contender started anew for it."""
    least_open_streams: int = 0
    """Contenders that endure fewer are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one scenario measured of one contender in one repeat."""

    scenario: str
    contender: str
    repeat: int
    values: Mapping[str, float]
    """By metric key; empty when it failed."""
    failure: str = ""
