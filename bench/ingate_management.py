"""Ingate as the benchmarks start it, and a client of its management API."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.exchange import NotReadyError, exchange_json
from bench.preparation import PROJECT
from bench.processes import PinnedProcess
from bench.workload import Json

_API_VERSION = "2025-09-01"
_CAPACITY = 1_000_000
"""The most there is: a million requests a minute, and as many at once to begin with. Limits stay on."""

ENVIRONMENT = {"PYTHONPATH": str(PROJECT / "src")}


def render_command(port: int, management_port: int, data_directory: Path, options: Sequence[str] = ()) -> list[str]:
    ports = ("--port", str(port), "--management-port", str(management_port), "--management-tls-port", "0")
    return [sys.executable, "-m", "ingate", "up", *ports, "--data-dir", str(data_directory), *options]


def connect(port: int, data_directory: Path, process: PinnedProcess) -> IngateManagement:
    """Waits until Ingate is ready and has written what a client of its management API needs."""
    deadline = time.monotonic() + 30
    token_file = data_directory / "admin.token"
    while not (token_file.exists() and _is_ready(port)):
        if process.has_ended():
            raise NotReadyError(f"ingate up ended: {process.log_tail()}")
        if time.monotonic() > deadline:
            raise NotReadyError(f"ingate up is not ready after 30 s: {process.log_tail()}")
        time.sleep(0.1)
    management = IngateManagement(port=port, token=token_file.read_text().strip(), providers="")
    subscription = management.ask("GET", "/subscriptions")["value"][0]["subscriptionId"]
    providers = f"/subscriptions/{subscription}/resourceGroups/example-group/providers"
    return IngateManagement(port=port, token=management.token, providers=providers)


def _is_ready(port: int) -> bool:
    try:
        return exchange_json(port, "GET", "/readyz", None, {})[0] == 200
    except OSError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class IngateManagement:
    port: int
    token: str
    providers: str
    """The path of the default resource group's resources."""

    @property
    def account(self) -> str:
        return f"{self.providers}/Microsoft.CognitiveServices/accounts/example-resource"

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        headers = {"authorization": f"Bearer {self.token}"}
        status, answer = exchange_json(self.port, method, f"{path}?api-version={_API_VERSION}", body, headers)
        if status not in (200, 201):
            raise NotReadyError(f"{method} {path} answered {status}: {answer}")
        return answer

    def put_deployment(self, name: str, destination: Json) -> None:
        """`destination` is its upstream, and what is called there. Its quota is not reached."""
        deployment: Json = {
            "sku": {"name": "GlobalStandard", "capacity": _CAPACITY},
            "properties": {
                "model": {"format": "Anthropic", "name": "claude-haiku-4-5", "version": "20251001"},
                "ingate": destination,
            },
        }
        self.ask("PUT", f"{self.account}/deployments/{name}", deployment)

    def get_key(self) -> str:
        """The resource's key 1."""
        return self.ask("POST", f"{self.account}/listKeys")["key1"]
