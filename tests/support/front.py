"""A gateway worker for tests: a process of its own in front of a recording upstream.

`_command` is the only place that knows how a worker is started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource, render_directory
from ingate.domain.key import digest_api_key
from ingate.domain.upstream import SIMULATOR_UPSTREAM, CredentialReference, UpstreamDefinition
from ingate.settings import Settings, render_settings

from .messages_requests import (
    API_KEY,
    DEPLOYMENT_NAME,
    OTHER_API_KEY,
    RESOURCE_NAME,
    UPSTREAM_CREDENTIAL,
    UPSTREAM_MODEL,
    health_request,
)
from .raw_client import Address, exchange
from .recording_upstream import RecordingUpstream, recording_upstream

LOG = "gateway.log"

_RESOURCE_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/front-tests"
    f"/providers/Microsoft.CognitiveServices/accounts/{RESOURCE_NAME}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Seconds. Short enough to be waited for in tests where a test is about them, generous elsewhere."""

    head: float = 10.0
    """For a whole head, from its first byte."""
    body: float = 10.0
    """For the next bytes of a body."""
    idle: float = 30.0
    """For the next request on a kept connection."""
    drain: float = 5.0
    """For open answers after SIGTERM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One more deployment, and the upstream behind it."""

    deployment_name: str
    base_url: str | None = None
    """None for the recording upstream."""
    upstream_model: str = UPSTREAM_MODEL
    connect_timeout: float = 2.0
    first_byte_timeout: float = 30.0
    idle_timeout: float = 30.0


class Front:
    """A running gateway worker."""

    def __init__(
        self, process: subprocess.Popen[bytes], address: Address, upstream: RecordingUpstream, data_directory: Path
    ) -> None:
        self.process = process
        self.address = address
        self.upstream = upstream
        self.data_directory = data_directory
        self._log = data_directory / LOG

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def read_log(self) -> str:
        return self._log.read_text(errors="replace")

    def count_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def read_resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def running_front(
    *,
    deadlines: Deadlines | None = None,
    routes: Sequence[Route] = (),
    first_byte_timeout: float = 30.0,
    idle_timeout: float = 30.0,
    settings: Mapping[str, Any] | None = None,
) -> Generator[Front]:
    """A worker and its recording upstream, both gone afterwards. The two timeouts are the recording upstream's;
    `settings` are the worker's own, where they are not the defaults."""
    with tempfile.TemporaryDirectory(prefix="front-") as name, recording_upstream() as upstream:
        data_directory = Path(name)
        recorded = Route(
            deployment_name=DEPLOYMENT_NAME,
            first_byte_timeout=first_byte_timeout,
            idle_timeout=idle_timeout,
        )
        _write_directory(data_directory, [recorded, *routes], upstream.base_url)
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            address: Address = listener.getsockname()
            process = _start(data_directory, listener, deadlines or Deadlines(), settings or {})
        front = Front(process, address, upstream, data_directory)
        try:
            _await_ready(front)
            yield front
        finally:
            if front.is_alive:
                process.kill()
            process.wait(10)


def _write_directory(data_directory: Path, routes: Sequence[Route], recording_url: str) -> None:
    credential = data_directory / "upstream.credential"
    credential.write_bytes(UPSTREAM_CREDENTIAL + b"\n")
    directory = Directory(
        revision=1,
        resources=(
            DirectoryResource(
                name=RESOURCE_NAME,
                resource_id=_RESOURCE_ID,
                subdomain=RESOURCE_NAME,
                location="eastus2",
                key_digests=(digest_api_key(API_KEY), digest_api_key(OTHER_API_KEY)),
                deployments=tuple(_deployment(number, route) for number, route in enumerate(routes)),
            ),
        ),
        upstreams=(
            SIMULATOR_UPSTREAM,
            *(_upstream(number, route, credential, recording_url) for number, route in enumerate(routes)),
        ),
    )
    path = data_directory / "directory.json"
    path.write_bytes(render_directory(directory))
    path.chmod(0o600)


def _deployment(number: int, route: Route) -> DirectoryDeployment:
    return DirectoryDeployment(
        name=route.deployment_name,
        model_id="claude-haiku-4-5",
        model_version="20251001",
        deployment_type="GlobalStandard",
        capacity=1_000_000_000,
        upstream=f"upstream-{number}",
        upstream_model=route.upstream_model,
    )


def _upstream(number: int, route: Route, credential: Path, recording_url: str) -> UpstreamDefinition:
    return UpstreamDefinition(
        name=f"upstream-{number}",
        kind="messages-api",
        base_url=route.base_url or recording_url,
        credential=CredentialReference(source="file", location=str(credential)),
        connect_timeout=route.connect_timeout,
        first_byte_timeout=route.first_byte_timeout,
        idle_timeout=route.idle_timeout,
    )


def _start(
    data_directory: Path, listener: socket.socket, deadlines: Deadlines, more: Mapping[str, Any]
) -> subprocess.Popen[bytes]:
    with (data_directory / LOG).open("wb") as output:
        return subprocess.Popen(
            _command(data_directory, listener.fileno(), deadlines, more),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(listener.fileno(),),
        )


def _command(data_directory: Path, listen_fd: int, deadlines: Deadlines, more: Mapping[str, Any]) -> list[str]:
    settings = Settings(
        data_dir=data_directory,
        default_resource=RESOURCE_NAME,
        log_level="warning",
        head_timeout=deadlines.head,
        body_timeout=deadlines.body,
        idle_timeout=deadlines.idle,
        drain_timeout=deadlines.drain,
        **more,
    )
    arguments = ["gateway", "--settings", render_settings(settings), "--listen-fd", str(listen_fd)]
    return [sys.executable, "-m", "ingate.assembly", *arguments]


def _await_ready(front: Front) -> None:
    deadline = time.monotonic() + 15
    while True:
        with contextlib.suppress(OSError, AssertionError):
            if exchange(front.address, health_request(), seconds=1).status == 200:
                return
        if time.monotonic() > deadline or not front.is_alive:
            raise RuntimeError(f"the gateway did not start:\n{front.read_log()}")
        time.sleep(0.05)
