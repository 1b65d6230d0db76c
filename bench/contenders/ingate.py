"""Ingate as `ingate up` starts it, configured over its management API; only its gateway worker is measured."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import wait_until_answering
from bench.ingate_management import ENVIRONMENT, IngateManagement, connect, render_command
from bench.processes import PinnedProcess, command_line, descendants, free_port
from bench.upstreams import MockUpstreams
from bench.workload import BENCH_API_KEY, Json, Route, Target

_CREDENTIAL_VARIABLE = "BENCH_UPSTREAM_KEY"


class Ingate:
    """Authentication, limits, usage reading and the request log are on, as they are by default."""

    name = "ingate"
    version = "Ingate, this checkout"
    endurance = Endurance()

    def __init__(self) -> None:
        self._port = 0
        self._api_key = ""
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        self._port, management_port = free_port(), free_port()
        data_directory = workspace / "ingate-data"
        shutil.rmtree(data_directory, ignore_errors=True)
        self._process = PinnedProcess(
            render_command(self._port, management_port, data_directory),
            core=core,
            log=workspace / "ingate.log",
            environment={_CREDENTIAL_VARIABLE: BENCH_API_KEY, **ENVIRONMENT},
        )
        management = connect(management_port, data_directory, self._process)
        self._api_key = _configure(management, upstreams)
        for route in upstreams.addresses:
            wait_until_answering(self.target(route), self._process, seconds=10)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        return Target(
            host="127.0.0.1",
            port=self._port,
            path="/anthropic/v1/messages",
            headers=(("api-key", self._api_key),),
            model=f"bench-{route}",
        )

    def measured_pids(self) -> Sequence[int]:
        if self._process is None:
            return []
        below = descendants(self._process.pid)
        return [pid for pid in below if "gateway" in command_line(pid)]


def _configure(management: IngateManagement, upstreams: MockUpstreams) -> str:
    """Creates an upstream and a deployment `bench-ROUTE` for each route; returns key 1."""
    for route, address in upstreams.addresses.items():
        name = f"bench-{route}"
        properties: Json = {
            "kind": "messages-api",
            "baseUrl": address.url,
            "credential": f"env:{_CREDENTIAL_VARIABLE}",
            "profile": "none",
        }
        if address.tls:
            properties["tlsCaFile"] = str(upstreams.certificate)
        management.ask("PUT", f"{management.providers}/Ingate.Gateway/upstreams/{name}", {"properties": properties})
        management.put_deployment(name, {"upstream": name, "upstreamModel": "claude-mock"})
    return management.get_key()
