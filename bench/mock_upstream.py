"""The scripted upstream: `python -m bench.mock_upstream PORT`. Answers by the request's marker (`bench.workload`).

A callback protocol with canned bytes, so that it stays cheaper than every gateway in front of it. It trusts its
clients: requests have a Content-Length and are not pipelined.
"""

from __future__ import annotations

import asyncio
import random
import sys
from typing import cast

import uvloop

from bench.workload import (
    BURST_DELTAS,
    SLOW_EVENT_INTERVAL,
    json_answer,
    stream_closing,
    stream_delta,
    stream_opening,
)

PACED_EVENTS_A_SECOND = 20
LARGE_BODY = 65_536
"""Bodies from this size on are read and dropped, and answered with JSON."""


def _head(content_type: str, framing: str) -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nrequest-id: req_011BenchMock\r\n{framing}\r\n\r\n"
    ).encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_EVENT_STREAM_HEAD = _head("text/event-stream; charset=utf-8", "transfer-encoding: chunked")
_JSON_BODY = json_answer()
_JSON = _head("application/json", f"content-length: {len(_JSON_BODY)}") + _JSON_BODY
_OPENING = _EVENT_STREAM_HEAD + b"".join(map(_chunk, stream_opening()))
_DELTA = _chunk(stream_delta())
_BURST = _OPENING + _DELTA * BURST_DELTAS + b"".join(map(_chunk, stream_closing())) + b"0\r\n\r\n"


class MockConnection(asyncio.Protocol):
    """One connection from a gateway."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._body_left = 0
        self._next_event: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._next_event is not None:
            self._next_event.cancel()

    def data_received(self, data: bytes) -> None:
        if self._body_left:
            self._body_left -= len(data)
            if self._body_left <= 0:
                self._write(_JSON)
            return
        self._buffer += data
        while self._take_request():
            pass

    def _take_request(self) -> bool:
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return False
        body_start = head_end + 4
        body_end = body_start + _content_length(self._buffer[:head_end])
        if body_end - body_start >= LARGE_BODY:
            self._body_left = body_end - len(self._buffer)
            self._buffer = b""
            if self._body_left <= 0:
                self._write(_JSON)
            return False
        if len(self._buffer) < body_end:
            return False
        body, self._buffer = self._buffer[body_start:body_end], self._buffer[body_end:]
        self._answer(body)
        return True

    def _answer(self, body: bytes) -> None:
        marker = body.find(b"bench:")
        if body.startswith(b"burst", marker + 6):
            self._write(_BURST)
        elif body.startswith(b"paced", marker + 6):
            self._start_stream(1 / PACED_EVENTS_A_SECOND)
        elif body.startswith(b"slow", marker + 6):
            self._start_stream(SLOW_EVENT_INTERVAL)
        else:
            self._write(_JSON)

    def _start_stream(self, interval: float) -> None:
        self._write(_OPENING)
        phase = random.random() * interval  # noqa: S311 - spreads the streams over the interval; guards nothing
        self._next_event = self._loop.call_later(phase, self._write_event, self._loop.time() + phase, interval)

    def _write_event(self, due: float, interval: float) -> None:
        self._write(_DELTA)
        due += interval
        self._next_event = self._loop.call_at(due, self._write_event, due, interval)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


def _content_length(head: bytes) -> int:
    head = head.lower()
    start = head.find(b"\r\ncontent-length:")
    if start < 0:
        return 0
    return int(head[start + 17 :].partition(b"\r\n")[0])


async def serve(port: int) -> None:
    """Serves on loopback until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: MockConnection(loop), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
