"""Ingate as `ingate up` starts it, its simulator answering: strict; lenient, to see what validation costs; or from a
script, as other mocks answer."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.contenders.contender import Endurance
from bench.exchange import NotReadyError, exchange_json, wait_until_answering
from bench.preparation import PROJECT
from bench.processes import PinnedProcess, descendants, free_port
from bench.upstreams import MockUpstreams
from bench.workload import Json, Route, Shape, Target

_API_VERSION = "2025-09-01"
_DEPLOYMENT = "bench-simulator"
_CAPACITY = 1_000_000
"""The most there is: the default deployments' quotas would be reached within a second. Quotas stay on."""


class SimulatingIngate:
    """API keys, quotas, journal and one gateway worker are on, as they are by default. All its processes count: the
    worker that answers, the control process and the supervisor."""

    version = "Ingate, this checkout"
    endurance = Endurance(warm_up_seconds=4)

    def __init__(
        self, name: str = "ingate", options: Sequence[str] = (), *, texts: Mapping[Shape, str] | None = None
    ) -> None:
        """`texts`: what a script says in place of generated answers."""
        self.name = name
        self._options = options
        self._texts = texts
        self._port = 0
        self._api_key = ""
        self._process: PinnedProcess | None = None

    def start(self, upstreams: MockUpstreams, workspace: Path, *, core: int) -> None:
        """Needs no upstream: the simulator is one."""
        self._port, management_port = free_port(), free_port()
        folder = workspace / self.name.replace(" ", "")
        folder.mkdir(exist_ok=True)
        data_directory = folder / "data"
        ports = ("--port", str(self._port), "--management-port", str(management_port), "--management-tls-port", "0")
        options = [*self._options, *_write_script(self._texts, folder)]
        self._process = PinnedProcess(
            [sys.executable, "-m", "ingate", "up", *ports, "--data-dir", str(data_directory), *options],
            core=core,
            log=folder / "log",
            environment={"PYTHONPATH": str(PROJECT / "src")},
        )
        _wait_until_ready(management_port, data_directory, self._process)
        token = (data_directory / "admin.token").read_text().strip()
        self._api_key = _create_deployment(management_port, token)
        wait_until_answering(self.target(Route.FAST), self._process, seconds=10)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def target(self, route: Route) -> Target:
        headers = (("api-key", self._api_key),)
        path = "/anthropic/v1/messages"
        return Target(host="127.0.0.1", port=self._port, path=path, headers=headers, model=_DEPLOYMENT)

    def measured_pids(self) -> Sequence[int]:
        return [] if self._process is None else [self._process.pid, *descendants(self._process.pid)]


def _write_script(texts: Mapping[Shape, str] | None, folder: Path) -> Sequence[str]:
    """A rule for each shape's marker, which begins the user's message (bench/workload.py)."""
    if texts is None:
        return ()
    rules = [{"when": {"text": f"bench:{shape}"}, "respond": text} for shape, text in texts.items()]
    script = folder / "script.json"
    script.write_text(json.dumps({"version": 1, "rules": rules}))
    return ("--script", str(script))


def _wait_until_ready(port: int, data_directory: Path, process: PinnedProcess) -> None:
    deadline = time.monotonic() + 30
    while not ((data_directory / "admin.token").exists() and _is_ready(port)):
        if process.has_ended():
            raise NotReadyError(f"ingate up ended: {process.log_tail()}")
        if time.monotonic() > deadline:
            raise NotReadyError(f"ingate up is not ready after 30 s: {process.log_tail()}")
        time.sleep(0.1)


def _is_ready(port: int) -> bool:
    try:
        return exchange_json(port, "GET", "/readyz", None, {})[0] == 200
    except OSError:
        return False


def _create_deployment(port: int, token: str) -> str:
    """A deployment of the simulator whose quota is not reached; returns the resource's key 1."""

    def ask(method: str, path: str, body: Json | None = None) -> Json:
        headers = {"authorization": f"Bearer {token}"}
        status, answer = exchange_json(port, method, f"{path}?api-version={_API_VERSION}", body, headers)
        if status not in (200, 201):
            raise NotReadyError(f"{method} {path} answered {status}: {answer}")
        return answer

    subscription = ask("GET", "/subscriptions")["value"][0]["subscriptionId"]
    group = f"/subscriptions/{subscription}/resourceGroups/example-group"
    account = f"{group}/providers/Microsoft.CognitiveServices/accounts/example-resource"
    deployment: Json = {
        "sku": {"name": "GlobalStandard", "capacity": _CAPACITY},
        "properties": {
            "model": {"format": "Anthropic", "name": "claude-haiku-4-5", "version": "20251001"},
            "ingate": {"upstream": "simulator"},
        },
    }
    ask("PUT", f"{account}/deployments/{_DEPLOYMENT}", deployment)
    return ask("POST", f"{account}/listKeys")["key1"]
