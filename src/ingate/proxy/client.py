"""A client that has connected, until it has said what it wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from .answers import render_refusal
from .request_head import HEAD_BYTES

HEAD_SECONDS = 10.0
LINGER_SECONDS = 1.0
"""After a refusal, for the client to read it: closing on bytes that were not read would take it away again."""

_END = b"\r\n\r\n"

TakeHead = Callable[["ProxyClient", bytes, bytes], None]
"""Gets the head without its end, and what came after it. Nothing more is read then."""


class ProxyClient(asyncio.Protocol):
    """`refuse` or another protocol on its transport comes after the head."""

    transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, take_head: TakeHead, *, head_seconds: float) -> None:
        self._loop = loop
        self._take_head: TakeHead | None = take_head
        self._head_seconds = head_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        slow = "the request did not come within the time for it"
        self._timer = self._loop.call_later(self._head_seconds, self.refuse, 408, slow)

    def data_received(self, data: bytes) -> None:
        if self._take_head is None:
            return
        received = self._received
        received += data
        end = received.find(_END)
        if end > HEAD_BYTES or (end < 0 and len(received) > HEAD_BYTES):
            self.refuse(431, f"the request's head is longer than {HEAD_BYTES} bytes")
        elif end < 0 and not _can_become_head(received):
            self.refuse(400, "this is no HTTP/1.0 or HTTP/1.1 request")
        elif end >= 0:
            take_head, self._take_head = self._take_head, None
            self._stop_timer()
            self.transport.pause_reading()
            take_head(self, bytes(received[:end]), bytes(received[end + len(_END) :]))

    def refuse(self, status: int, reason: str) -> None:
        """Says why, and closes."""
        self._take_head = None
        self._stop_timer()
        if self.transport.is_closing():
            return
        self.transport.write(render_refusal(status, reason))
        self.transport.write_eof()
        self.transport.resume_reading()
        self._timer = self._loop.call_later(LINGER_SECONDS, self.transport.abort)

    def eof_received(self) -> None:
        """Closes: a client that ends before it has asked, or has read the refusal, waits for nothing."""
        self._take_head = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._take_head = None
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _can_become_head(received: bytearray) -> bool:
    """Another protocol (TLS begins with 0x16) or lines that end otherwise would be waited for in vain."""
    return received[:1].isalpha() and b"\n\n" not in received
