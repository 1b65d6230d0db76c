"""Single HTTP exchanges, for waiting until a contender is ready and for configuring one."""

from __future__ import annotations

import http.client
import json
import socket
import time

from bench.processes import PinnedProcess
from bench.workload import Json, Shape, Target, render_body, request_headers


class NotReadyError(Exception):
    """A process did not begin to answer in time, or refused."""


def wait_until_listening(port: int, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError as error:
            if time.monotonic() > deadline:
                raise NotReadyError(f"nothing listens on port {port} after {seconds:.0f} s") from error
            time.sleep(0.05)


def wait_until_answering(target: Target, process: PinnedProcess, *, seconds: float) -> None:
    """Returns once the target answers a small Messages request with 200."""
    deadline = time.monotonic() + seconds
    while True:
        outcome = _try_exchange(target)
        if outcome == "":
            return
        if process.has_ended():
            raise NotReadyError(f"the process ended: {process.log_tail()}")
        if time.monotonic() > deadline:
            raise NotReadyError(f"no answer after {seconds:.0f} s ({outcome}): {process.log_tail()}")
        time.sleep(0.1)


def exchange_json(
    port: int, method: str, path: str, body: Json | None, headers: dict[str, str], *, seconds: float = 10
) -> tuple[int, Json]:
    """One request to 127.0.0.1 with a JSON answer; OSError when it cannot be had."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"content-type": "application/json", **headers})
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text or "{}")
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"{method} {path}: {error}") from error
    finally:
        connection.close()


def _try_exchange(target: Target) -> str:
    """Empty when it worked, else what went wrong."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=20)
    try:
        body = render_body(Shape.JSON, target.model)
        connection.request("POST", target.path, body, dict(request_headers(target)))
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
    return "" if response.status == 200 and '"type"' in text else f"{response.status} {text[:200]}"
