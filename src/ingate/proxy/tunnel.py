"""Two connections that hand each other their bytes, as they come.

No task, no queue: a read on one side is a write on the other. Where a side cannot write on, the other is not read.
"""

from __future__ import annotations

import asyncio
from typing import cast


class Tunnel:
    """Ends when both directions have, when a side breaks, or when nothing has moved for `idle_seconds`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, idle_seconds: float) -> None:
        self._loop = loop
        self._idle_seconds = idle_seconds
        self._moved_at = loop.time()
        self._watch: asyncio.TimerHandle | None = None
        self._ended: asyncio.Future[None] = loop.create_future()
        self.client = TunnelSide(self)
        self.host = TunnelSide(self)
        self.client.peer, self.host.peer = self.host, self.client
        self._first_to_end: TunnelSide | None = None

    @property
    def client_left_unheard(self) -> bool:
        """Whether the client was the first to go, and had not sent a byte."""
        return self._first_to_end is self.client and not self.client.has_spoken

    async def run_to_its_end(self) -> None:
        """Both sides have their transports. Cancelled, it breaks both."""
        self._look_whether_idle()
        try:
            await self._ended
        finally:
            if self._watch is not None:
                self._watch.cancel()
            self.client.abort()
            self.host.abort()

    def note_moved(self) -> None:
        self._moved_at = self._loop.time()

    def note_end(self, side: TunnelSide) -> None:
        if self._first_to_end is None:
            self._first_to_end = side

    def end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _look_whether_idle(self) -> None:
        left = self._moved_at + self._idle_seconds - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._look_whether_idle)
            return
        self.client.abort()
        self.host.abort()
        self.end()


class TunnelSide(asyncio.Protocol):
    """One of the two connections. `asyncio` calls it; `peer` is the other."""

    peer: TunnelSide

    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel
        self._transport: asyncio.Transport | None = None
        self._early = bytearray()
        self._has_ended = False
        self.has_spoken = False
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by us, not by asyncio, for a transport that another protocol had before."""
        self._transport = cast("asyncio.Transport", transport)
        if self._early:
            self._transport.write(bytes(self._early))
            self._early.clear()
        if self.peer.is_lost:
            self.close()
        elif self.peer._transport is None:
            self._transport.pause_reading()  # nobody is there yet to take what is read
        else:
            self.peer.resume_reading()

    def data_received(self, data: bytes) -> None:
        self.has_spoken = True
        self._tunnel.note_moved()
        self.peer.write(data)

    def write(self, data: bytes) -> None:
        """Before there is a connection, keeps it for then. That is what was read before the other side was paused."""
        if self._transport is None:
            self._early += data
        elif not self._transport.is_closing():
            self._transport.write(data)

    def pause_writing(self) -> None:
        self.peer.pause_reading()

    def resume_writing(self) -> None:
        self._tunnel.note_moved()
        self.peer.resume_reading()

    def pause_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def eof_received(self) -> bool:
        """Whether this side stays open for what the other has yet to say. TLS cannot be closed by half."""
        self._has_ended = True
        self._tunnel.note_end(self)
        self.peer.finish()
        return self._transport is not None and self._transport.can_write_eof() and not self.peer._has_ended

    def finish(self) -> None:
        """There is no more to write."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.can_write_eof() and not self._has_ended:
            self._transport.write_eof()
        else:
            self._transport.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self._tunnel.note_end(self)
        if exc is not None:
            self.peer.abort()
        self.peer.close()
        if self.peer.is_lost:
            self._tunnel.end()
