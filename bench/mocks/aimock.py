"""aimock on Node.js: fixtures that match on the last user message. It has no pace unless asked for one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import wait_until_answering
from bench.preparation import Tool
from bench.processes import PinnedProcess, descendants, free_port
from bench.upstreams import MockUpstreams
from bench.workload import Json, Route, Shape, Target


class Aimock:
    """One Node.js process; its log is off, its request journal is as it comes. Streams in deltas of 20 characters."""

    name = "aimock"
    endurance = Endurance(warm_up_seconds=8)

    def __init__(self, tool: Tool, texts: Mapping[Shape, str]) -> None:
        self._tool = tool
        self._texts = texts
        self.version = tool.version
        self._port = 0
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        self._port = free_port()
        fixtures = workspace / "aimock"
        fixtures.mkdir(exist_ok=True)
        (fixtures / "bench.json").write_text(json.dumps(_fixtures(self._texts)))
        address = ("--host", "127.0.0.1", "--port", str(self._port))
        self._process = PinnedProcess(
            [*self._tool.argv, *address, "--fixtures", str(fixtures), "--log-level", "silent"],
            core=core,
            log=workspace / "aimock.log",
            environment={"NODE_ENV": "production"},
        )
        wait_until_answering(self.target(Route.FAST), self._process, seconds=30)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        headers = (("x-api-key", "bench"),)
        return Target(
            host="127.0.0.1", port=self._port, path="/v1/messages", headers=headers, model="claude-haiku-4-5"
        )

    def measured_pids(self) -> Sequence[int]:
        return [] if self._process is None else [self._process.pid, *descendants(self._process.pid)]


def _fixtures(texts: Mapping[Shape, str]) -> Json:
    """The shape's marker begins the user's message (bench/workload.py)."""
    return {
        "fixtures": [
            {"match": {"userMessage": f"bench:{shape}"}, "response": {"content": text}}
            for shape, text in texts.items()
        ]
    }
