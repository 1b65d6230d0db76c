"""Starts `ingate up` as a user would, on free ports and a data directory of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

START_SECONDS = 60.0


_OF_ANOTHER_INGATE = ("INGATE_", "ANTHROPIC_", "AZURE_", "IDENTITY_", "MSI_")
"""Variables that would make what a test starts depend on who runs it."""


def inherit_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """For a process that a test starts: this one's environment without the user's own settings, and `more`."""
    ours = dict(os.environ)
    return {name: value for name, value in ours.items() if not name.startswith(_OF_ANOTHER_INGATE)} | dict(more or {})


@dataclass(kw_only=True)
class RunningIngate:
    """A serving Ingate, and the shortest ways to what tests need of it."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    stdout_file: Path
    stderr_file: Path
    running: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def gateway_url(self) -> str:
        return self.running["gateway_url"]

    @property
    def management_url(self) -> str:
        return self.running["management_url"]

    @property
    def tls_url(self) -> str:
        """Resource Manager's, Microsoft Graph's and Entra ID's, for whoever trusts `ca_file`."""
        return self.running["management_tls_url"]

    @property
    def ca_file(self) -> Path:
        return self.data_dir / "ca.pem"

    @property
    def tenant_id(self) -> str:
        return self.running["tenant_id"]

    @property
    def base_url(self) -> str:
        """What an AnthropicFoundry client takes."""
        return f"{self.gateway_url}/anthropic"

    @property
    def api_key(self) -> str:
        return self.get_keys("example-resource")["key1"]

    @property
    def group_path(self) -> str:
        return f"/subscriptions/{self.running['subscription_id']}/resourceGroups/{self.running['resource_group']}"

    def account_path(self, resource: str) -> str:
        return f"{self.group_path}/providers/Microsoft.CognitiveServices/accounts/{resource}"

    def get_keys(self, resource: str) -> dict[str, str]:
        return self.manage("POST", f"{self.account_path(resource)}/listKeys")

    def manage(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One call of the management API. Raises urllib.error.HTTPError for a refusal."""
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.management_url}{path}?api-version=2025-09-01",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {(self.data_dir / 'admin.token').read_text().strip()}",
                "content-type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            text = answer.read()
        return cast("dict[str, Any]", json.loads(text)) if text else {}

    def run_cli(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`ingate ARGUMENTS` against this Ingate, as from another terminal."""
        return subprocess.run(
            [sys.executable, "-m", "ingate", *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            env=inherit_environment(
                {
                    "INGATE_DATA_DIR": str(self.data_dir),
                    "INGATE_CONFIG_DIR": str(self.data_dir.with_suffix(".config")),
                    **(environment or {}),
                }
            ),
        )

    def put_resource(self, name: str) -> None:
        """Without deployments; its host names begin with its name."""
        self.manage(
            "PUT",
            self.account_path(name),
            {
                "kind": "AIServices",
                "location": "eastus2",
                "sku": {"name": "S0"},
                "properties": {"customSubDomainName": name},
            },
        )

    def delete_resource(self, name: str) -> None:
        """For good: its name can be used again. Nothing happens when there is none."""
        self.manage("DELETE", self.account_path(name))
        for deleted in self.manage("GET", f"{self._provider_path}/deletedAccounts")["value"]:
            if deleted["name"] == name:
                self.manage("DELETE", deleted["id"])

    @property
    def _provider_path(self) -> str:
        return f"/subscriptions/{self.running['subscription_id']}/providers/Microsoft.CognitiveServices"

    def delete_upstream(self, name: str) -> None:
        self.manage("DELETE", f"{self.group_path}/providers/Ingate.Gateway/upstreams/{name}")

    def delete_deployment(self, name: str, *, resource: str = "example-resource") -> None:
        self.manage("DELETE", f"{self.account_path(resource)}/deployments/{name}")

    def put_upstream(self, name: str, base_url: str, **properties: object) -> None:
        self.manage(
            "PUT",
            f"{self.group_path}/providers/Ingate.Gateway/upstreams/{name}",
            {"properties": {"kind": "messages-api", "baseUrl": base_url, **properties}},
        )

    def put_deployment(
        self,
        name: str,
        *,
        resource: str = "example-resource",
        model: str = "claude-sonnet-4-5",
        capacity: int = 10_000,
        upstream: str = "simulator",
        upstream_model: str | None = None,
    ) -> None:
        """Served by the gateway when this returns and a moment has passed (see `wait_until_served`)."""
        routing = {"upstream": upstream} | ({"upstreamModel": upstream_model} if upstream_model else {})
        self.manage(
            "PUT",
            f"{self.account_path(resource)}/deployments/{name}",
            {
                "sku": {"name": "GlobalStandard", "capacity": capacity},
                "properties": {"model": {"format": "Anthropic", "name": model}, "ingate": routing},
            },
        )

    def wait_until_served(self) -> None:
        """Until the gateway has the directory revision that was published last."""
        published = json.loads((self.data_dir / "directory.json").read_text())["revision"]
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{self.gateway_url}/healthz", timeout=5) as answer:  # noqa: S310
                if (json.load(answer)["directory_revision"] or 0) >= published:
                    return
            time.sleep(0.02)
        raise AssertionError("the gateway did not take the new directory within 5 s")

    def wait_for_proxy_report(self, host: str) -> None:
        """Until the proxy's file of what became of its clients names this host."""
        deadline = time.monotonic() + 10
        while host not in (self.data_dir / "proxy.json").read_text():
            assert time.monotonic() < deadline, f"the proxy did not report {host} within 10 s"
            time.sleep(0.05)

    def read_journal(self) -> list[dict[str, Any]]:
        lines = [
            line
            for path in sorted((self.data_dir / "journal").glob("*.jsonl"))
            for line in path.read_text().splitlines()
        ]
        entries = [json.loads(line) for line in lines if line]
        return [entry for entry in entries if "journal_format" not in entry]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def start_ingate(
    data_dir: Path, *options: str, environment: Mapping[str, str] | None = None, command: Sequence[str] = ()
) -> Generator[RunningIngate]:
    """`options` are those of `ingate up`. Fails with what Ingate said when it does not come up."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    stdout_file, stderr_file = data_dir.with_suffix(".stdout"), data_dir.with_suffix(".stderr")
    arguments = ["up", "--port", "0", "--management-port", "0", "--data-dir", str(data_dir), *options]
    with stdout_file.open("wb") as stdout, stderr_file.open("wb") as stderr:
        process = subprocess.Popen(
            [*(command or (sys.executable, "-m", "ingate")), *arguments],
            stdout=stdout,
            stderr=stderr,
            stdin=subprocess.DEVNULL,
            env=inherit_environment(environment),
        )
    ingate = RunningIngate(process=process, data_dir=data_dir, stdout_file=stdout_file, stderr_file=stderr_file)
    try:
        _await_banner(ingate)
        ingate.running = json.loads((data_dir / "running.json").read_text())
        yield ingate
    finally:
        ingate.stop()


def _await_banner(ingate: RunningIngate) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Ctrl-C stops it" not in ingate.stdout_file.read_text():
        if ingate.process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"ingate up did not come up:\n{ingate.stderr_file.read_text()}")
        time.sleep(0.05)
