from __future__ import annotations

import json

import pytest
from tests.unit.gateway.fake_front import FakeFront


def ask(front: FakeFront, path: str) -> tuple[int, dict[str, object]]:
    client = front.connect()
    client.sends(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head, _, body = client.takes().partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?verbose"])
def test_a_worker_that_can_serve_says_so_without_a_key(front: FakeFront, path: str) -> None:
    assert ask(front, path) == (200, {"status": "ok", "ready": True, "directory_revision": 7})


def test_without_a_directory_it_lives_but_is_not_ready(front: FakeFront) -> None:
    front.pipeline.directory = None
    assert ask(front, "/healthz")[0] == 200
    assert ask(front, "/readyz") == (503, {"status": "not ready", "ready": False, "directory_revision": None})


def test_while_it_drains_it_is_not_ready(front: FakeFront) -> None:
    client = front.connect()
    client.sends(b"GET /readyz HTTP/1.1\r\n")
    front.server.drain()
    client.sends(b"Host: x\r\n\r\n")
    assert client.takes().startswith(b"HTTP/1.1 503 ")


def test_it_leaves_no_trace_in_the_log(front: FakeFront) -> None:
    ask(front, "/healthz")
    assert front.log.records == []


def test_only_to_be_read(front: FakeFront) -> None:
    client = front.connect()
    client.sends(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert client.takes().startswith(b"HTTP/1.1 404 ")
