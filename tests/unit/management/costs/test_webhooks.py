from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from ingate.management.costs import webhooks
from ingate.management.costs.webhooks import post_webhook

pytestmark = pytest.mark.anyio


class Receiver(HTTPServer):
    """Answers each path with the status that it names, and remembers what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert isinstance(self.server, Receiver)
        self.server.received.append((self.path, json.loads(body)))
        self.send_response(int(self.path.strip("/")))
        self.send_header("location", "/200")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (302, False), (404, False), (500, False)])
async def test_only_success_is_taking_it_and_redirects_are_not_followed(
    receiver: Receiver, status: int, taken: bool
) -> None:
    assert await post_webhook(f"{receiver.url}/{status}", {"a": 1}) is taken
    assert receiver.received == [(f"/{status}", {"a": 1})]


async def test_nobody_there_is_not_taking_it(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    receiver.server_close()
    assert await post_webhook(f"{receiver.url}/secret-path", {}) is False
    assert "secret-path" not in caplog.text


async def test_an_address_that_is_none_is_not_taking_it() -> None:
    assert await post_webhook("http://[::1", {}) is False


async def test_a_receiver_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(webhooks, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert await post_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/", {}) is False
