"""Portkey's open-source gateway on Node.js, told per request where the Messages API is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import wait_until_answering
from bench.preparation import Tool
from bench.processes import PinnedProcess, descendants, free_port
from bench.upstreams import MockUpstreams, UpstreamAddress
from bench.workload import BENCH_API_KEY, Route, Target

_STREAMS_FIX = Path(__file__).with_name("portkey_streams.mjs")


class Portkey:
    """A single Node.js process."""

    name = "portkey"
    endurance = Endurance(warm_up_seconds=10, paced_streams=100, open_streams=2_000, streams_opened_a_second=100)

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self.version = tool.version
        self._port = 0
        self._addresses: Mapping[Route, UpstreamAddress] = {}
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        self._port = free_port()
        self._addresses = upstreams.addresses
        node, server = self._tool.argv
        self._process = PinnedProcess(
            [node, "--import", str(_STREAMS_FIX), server, "--headless", f"--port={self._port}"],
            core=core,
            log=workspace / "portkey.log",
            environment={"NODE_ENV": "production", "NODE_EXTRA_CA_CERTS": str(upstreams.certificate)},
        )
        wait_until_answering(self.target(Route.FAST), self._process, seconds=30)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        headers = (
            ("x-portkey-provider", "anthropic"),
            ("x-portkey-custom-host", f"{self._addresses[route].url}/v1"),
            ("x-api-key", BENCH_API_KEY),
        )
        return Target(host="127.0.0.1", port=self._port, path="/v1/messages", headers=headers, model="claude-mock")

    def measured_pids(self) -> Sequence[int]:
        return [] if self._process is None else [self._process.pid, *descendants(self._process.pid)]
