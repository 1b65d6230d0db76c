from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from bench.mock_upstream import MockConnection
from bench.workload import Shape, Target, render_body, render_request

TARGET = Target(host="127.0.0.1", port=1, path="/v1/messages", headers=(("x-api-key", "k"),), model="claude-mock")


class Transport(asyncio.WriteTransport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def connection(loop: asyncio.AbstractEventLoop, transport: Transport) -> MockConnection:
    connection = MockConnection(loop)
    connection.connection_made(transport)
    return connection


def request_for(shape: Shape) -> bytes:
    return render_request(TARGET, render_body(shape, TARGET.model))


def test_a_request_without_another_marker_gets_json(connection: MockConnection, transport: Transport) -> None:
    connection.data_received(request_for(Shape.JSON))
    [answer] = transport.written
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head
    assert f"content-length: {len(body)}".encode() in head


def test_a_burst_is_sixty_events_and_an_end(connection: MockConnection, transport: Transport) -> None:
    connection.data_received(request_for(Shape.BURST))
    [answer] = transport.written
    assert answer.count(b"event: ") == 60
    assert answer.endswith(b"0\r\n\r\n")
    assert 8_000 < len(answer) < 10_000


def test_a_request_may_come_in_pieces_and_connections_are_kept(
    connection: MockConnection, transport: Transport
) -> None:
    for byte in request_for(Shape.JSON) * 2:
        connection.data_received(bytes([byte]))
    assert len(transport.written) == 2


def test_a_large_body_is_answered_when_all_of_it_was_read(connection: MockConnection, transport: Transport) -> None:
    request = request_for(Shape.LARGE_JSON)
    assert len(request) > 390_000
    for start in range(0, len(request), 65_536):
        assert not transport.written
        connection.data_received(request[start : start + 65_536])
    assert len(transport.written) == 1
    connection.data_received(request_for(Shape.JSON))
    assert len(transport.written) == 2


def test_a_paced_stream_goes_on_until_the_client_leaves(
    loop: asyncio.AbstractEventLoop, connection: MockConnection, transport: Transport
) -> None:
    async def stream() -> None:
        connection.data_received(request_for(Shape.PACED))
        await asyncio.sleep(0.2)
        connection.connection_lost(None)
        written = len(transport.written)
        await asyncio.sleep(0.1)
        assert len(transport.written) == written

    loop.run_until_complete(stream())
    assert len(transport.written) >= 3
    assert b"message_start" in transport.written[0]
