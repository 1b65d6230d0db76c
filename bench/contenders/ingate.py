"""Ingate as `ingate up` starts it, configured over its management API; only its gateway worker is measured."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import NotReadyError, exchange_json, wait_until_answering
from bench.preparation import PROJECT
from bench.processes import PinnedProcess, command_line, descendants, free_port
from bench.upstreams import MockUpstreams
from bench.workload import BENCH_API_KEY, Json, Route, Target

_API_VERSION = "2025-09-01"
_CREDENTIAL_VARIABLE = "BENCH_UPSTREAM_KEY"
_CAPACITY = 1_000_000
"""The most there is: a million requests a minute, and as many at once to begin with. Limits stay on."""


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
        ports = ("--port", str(self._port), "--management-port", str(management_port), "--management-tls-port", "0")
        self._process = PinnedProcess(
            [sys.executable, "-m", "ingate", "up", *ports, "--data-dir", str(data_directory)],
            core=core,
            log=workspace / "ingate.log",
            environment={_CREDENTIAL_VARIABLE: BENCH_API_KEY, "PYTHONPATH": str(PROJECT / "src")},
        )
        management = _connect(management_port, data_directory, self._process)
        self._api_key = management.configure(upstreams)
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


def _connect(port: int, data_directory: Path, process: PinnedProcess) -> _Management:
    """Waits until Ingate is ready and has written what a client of its management API needs."""
    deadline = time.monotonic() + 30
    token_file = data_directory / "admin.token"
    while not (token_file.exists() and _is_ready(port)):
        if process.has_ended():
            raise NotReadyError(f"ingate up ended: {process.log_tail()}")
        if time.monotonic() > deadline:
            raise NotReadyError(f"ingate up is not ready after 30 s: {process.log_tail()}")
        time.sleep(0.1)
    return _Management(port=port, token=token_file.read_text().strip())


def _is_ready(port: int) -> bool:
    try:
        return exchange_json(port, "GET", "/readyz", None, {})[0] == 200
    except OSError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Management:
    """A client of the management API."""

    port: int
    token: str

    def configure(self, upstreams: MockUpstreams) -> str:
        """Creates an upstream and a deployment `bench-ROUTE` for each route; returns key 1."""
        subscription = self._ask("GET", "/subscriptions")["value"][0]["subscriptionId"]
        group = f"/subscriptions/{subscription}/resourceGroups/example-group/providers"
        account = f"{group}/Microsoft.CognitiveServices/accounts/example-resource"
        for route, address in upstreams.addresses.items():
            properties: Json = {
                "kind": "messages-api",
                "baseUrl": address.url,
                "credential": f"env:{_CREDENTIAL_VARIABLE}",
                "profile": "none",
            }
            if address.tls:
                properties["tlsCaFile"] = str(upstreams.certificate)
            self._ask("PUT", f"{group}/Ingate.Gateway/upstreams/bench-{route}", {"properties": properties})
            self._ask("PUT", f"{account}/deployments/bench-{route}", _deployment(f"bench-{route}"))
        return self._ask("POST", f"{account}/listKeys")["key1"]

    def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        headers = {"authorization": f"Bearer {self.token}"}
        status, answer = exchange_json(self.port, method, f"{path}?api-version={_API_VERSION}", body, headers)
        if status not in (200, 201):
            raise NotReadyError(f"{method} {path} answered {status}: {answer}")
        return answer


def _deployment(upstream: str) -> Json:
    return {
        "sku": {"name": "GlobalStandard", "capacity": _CAPACITY},
        "properties": {
            "model": {"format": "Anthropic", "name": "claude-haiku-4-5", "version": "20251001"},
            "ingate": {"upstream": upstream, "upstreamModel": "claude-mock"},
        },
    }
