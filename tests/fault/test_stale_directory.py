"""What an earlier run left in the data directory decides nothing, not even for the first request of the next run."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
from tests.support.running import start_ingate

START_SECONDS = 60.0
MESSAGE = {"model": "claude-haiku-4-5", "max_tokens": 16, "messages": [{"role": "user", "content": "Hello!"}]}


def test_no_request_goes_where_an_earlier_run_would_have_sent_it(tmp_path: Path) -> None:
    """As `ingate record` and `--local` do, which put their upstream in the simulator's place in this file alone."""
    data_dir = tmp_path / "data"
    with start_ingate(data_dir) as ingate:
        key = ingate.api_key
    _send_everything_to(data_dir / "directory.json", "an-upstream-of-an-earlier-run")
    port = _find_free_port()
    answers: list[httpx2.Response] = []
    caller = threading.Thread(target=_call_as_soon_as_it_is_ready, args=(port, key, answers), daemon=True)
    caller.start()

    with start_ingate(data_dir, "--port", str(port)):
        caller.join(START_SECONDS)

    assert [answer.status_code for answer in answers] == [200]


def _send_everything_to(file: Path, upstream: str) -> None:
    directory: dict[str, Any] = json.loads(file.read_bytes())
    deployments = [deployment for resource in directory["resources"] for deployment in resource["deployments"]]
    assert deployments
    for deployment in deployments:
        deployment["upstream"] = upstream
    file.write_text(json.dumps(directory))


def _call_as_soon_as_it_is_ready(port: int, key: str, answers: list[httpx2.Response]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=START_SECONDS) as client:
        while time.monotonic() < deadline:
            try:
                client.get("/readyz").raise_for_status()
            except httpx2.HTTPError:
                time.sleep(0.02)
                continue
            headers = {"api-key": key, "anthropic-version": "2023-06-01"}
            answers.append(client.post("/anthropic/v1/messages", json=MESSAGE, headers=headers))
            return


def _find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
