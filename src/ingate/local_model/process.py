"""The process of the local model's server, as its parent sees it."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

from .fault import LocalModelError
from .installation import check_server_is_installed
from .server import ServerSettings
from .weights import is_smollm2

CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja")
_POLL_SECONDS = 0.05
_LOG_TAIL_LINES = 5


def find_free_port() -> int:
    """A loopback port that nothing listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def start_local_server(weights: Path, *, port: int, api_key: str, log_file: Path) -> subprocess.Popen[bytes]:
    """Starts llama.cpp's server for these weights on a loopback port, and returns before it is ready.

    It takes `api_key` as `x-api-key` or as a bearer token. It ends with `terminate()`, and by itself when this
    process ends, however that happens. Keep the object: its `stdin` tells the server that its parent lives.
    """
    check_server_is_installed()
    toy = is_smollm2(weights)
    settings = ServerSettings(
        weights=str(weights),
        port=port,
        api_key=api_key,
        parent_pid=os.getpid(),
        chat_template=CHAT_TEMPLATE.read_text("utf-8") if toy else "",
        cache_prompts=not toy,
        threads=1 if toy else -1,  # so small a model gains nothing from a second, and loses much on a busy machine
    )
    with _open_private(log_file) as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ingate.local_model.server"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    with contextlib.suppress(BrokenPipeError):  # it has ended already, which wait_until_ready will say
        _tell(process, settings)
    return process


def _tell(process: subprocess.Popen[bytes], settings: ServerSettings) -> None:
    if process.stdin is not None:
        process.stdin.write(msgspec.json.encode(settings) + b"\n")
        process.stdin.flush()


def wait_until_ready(
    process: subprocess.Popen[bytes], *, port: int, timeout_seconds: float, log_file: Path | None = None
) -> None:
    """Blocks until the server answers. Raises LocalModelError, with the end of its log, when it never will."""
    deadline = time.monotonic() + timeout_seconds
    while not (_is_healthy(port) and process.poll() is None):
        status = process.poll()
        if status is not None:
            raise LocalModelError(f"The local model's server ended with status {status}.{_tail(log_file)}")
        if time.monotonic() >= deadline:
            raise LocalModelError(
                f"The local model's server was not ready within {timeout_seconds:g} seconds.{_tail(log_file)}"
            )
        time.sleep(_POLL_SECONDS)


def _is_healthy(port: int) -> bool:
    """https://github.com/ggml-org/llama.cpp/tree/master/tools/server: 503 while the model is being loaded."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tail(log_file: Path | None) -> str:
    if log_file is None:
        return ""
    try:
        lines = log_file.read_text("utf-8", "replace").splitlines()[-_LOG_TAIL_LINES:]
    except OSError:
        return ""
    return "".join(f"\n  {line}" for line in [f"{log_file} ends with:", *lines])


def _open_private(path: Path) -> BinaryIO:
    """Begun anew, and for the owner only: what llama.cpp logs is not ours to promise."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
