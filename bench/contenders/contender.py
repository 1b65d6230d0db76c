"""What the benchmark needs of a gateway under test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.upstreams import MockUpstreams
from bench.workload import Route, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Endurance:
    """How much a contender is asked to carry, so that slow ones answer instead of timing out."""

    warm_up_seconds: int = 2
    """Of load after the first start: compilers compile."""
    connections: int = 64
    """Of the closed-loop load."""
    requests_a_second: int = 200
    """Of the open-loop load."""
    paced_streams: int = 400
    open_streams: int = 10_000
    """The most that are opened in a memory scenario."""
    streams_opened_a_second: int = 1_000


class Contender(Protocol):
    """A gateway. `start` may be called again after `stop`."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def endurance(self) -> Endurance: ...

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        """Returns when it answers requests; raises NotReadyError."""
        ...

    def stop(self) -> None:
        """Harmless when it does not run."""
        ...

    def target(self, route: Route) -> Target:
        """How to reach the mock behind this gateway."""
        ...

    def measured_pids(self) -> Sequence[int]:
        """The processes that relay: their CPU time and memory count."""
        ...
