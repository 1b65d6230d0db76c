"""A client that sends exactly the bytes it is given and reads strictly what comes back."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Sequence
from typing import Literal

from .strict_http import Incomplete, Response, parse_response

Address = tuple[str, int]
Fate = Literal["closed", "reset"]


class NoAnswer(AssertionError):
    """The deadline passed, or the connection ended, before a whole answer arrived."""


class RawClient:
    """One connection. Reads whenever it can while it sends, so that an early answer is never lost."""

    def __init__(self, address: Address, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.received = bytearray()
        """What has arrived and no answer has consumed yet."""
        self.fate: Fate | None = None
        """How the gateway ended the connection; None while it is open."""

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes, *, seconds: float = 10.0) -> bool:
        """Sends all of it; False when the gateway ended the connection first."""
        deadline = time.monotonic() + seconds
        view = memoryview(data)
        while view:
            if self.fate is not None:
                return False
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(view)} bytes were not taken within {seconds} s")
            readable, writable, _ = select.select([self.socket], [self.socket], [], left)
            if readable:
                self._receive()
            if writable and self.fate is None:
                try:
                    view = view[self.socket.send(view[:262_144]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    self._drain()
                    self.fate = "reset"
                    return False
        return True

    def half_close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def read_response(self, *, method: bytes = b"GET", seconds: float = 5.0, final: bool = True) -> Response:
        """The next answer; with `final`, 1xx answers are read over. Raises NoAnswer."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                response, rest = parse_response(bytes(self.received), method=method, ended=self.fate is not None)
            except Incomplete:
                if self.fate is not None or not self.wait_readable(deadline - time.monotonic()):
                    raise NoAnswer(f"{self.fate or 'still open'}, received {bytes(self.received[:300])!r}") from None
                self._gather()
                continue
            self.received[:] = rest
            if response.status >= 200 or not final:
                return response

    def _gather(self) -> None:
        """Reads on until there is twice as much, or nothing more for a moment: an answer of many small pieces is then
        not parsed from its beginning for each of them, while the upstream in the next thread waits its turn."""
        enough = 2 * len(self.received)
        while len(self.received) < enough and self.wait_readable(0.005):
            pass

    def wait_readable(self, seconds: float) -> bool:
        """Receives something, or learns that the connection ended; False when neither happens in time."""
        if self.fate is not None or seconds <= 0:
            return False
        readable, _, _ = select.select([self.socket], [], [], seconds)
        if readable:
            self._receive()
        return bool(readable)

    def read_until(self, wanted: bytes, *, seconds: float = 5.0) -> bytes:
        """Everything received so far, once `wanted` is in it. Consumes nothing."""
        deadline = time.monotonic() + seconds
        while wanted not in self.received:
            if not self.wait_readable(deadline - time.monotonic()):
                raise NoAnswer(
                    f"{wanted!r} did not come; {self.fate or 'still open'}; {bytes(self.received[-300:])!r}"
                )
        return bytes(self.received)

    def read_fate(self, *, seconds: float = 5.0) -> Fate | None:
        """Receives until the gateway ends the connection; None when it does not in time."""
        deadline = time.monotonic() + seconds
        while self.fate is None and self.wait_readable(deadline - time.monotonic()):
            pass
        return self.fate

    def reset(self) -> None:
        """Leaves with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    def _receive(self) -> None:
        try:
            data = self.socket.recv(262_144)
        except BlockingIOError:
            return
        except OSError:
            self.fate = "reset"
            return
        if data:
            self.received += data
        else:
            self.fate = "closed"

    def _drain(self) -> None:
        """What arrived before the reset still counts."""
        with contextlib.suppress(OSError):
            while data := self.socket.recv(262_144):
                self.received += data


def exchange(address: Address, *parts: bytes, method: bytes = b"GET", seconds: float = 5.0) -> Response:
    """One request on a connection of its own, and its answer."""
    with RawClient(address) as client:
        for part in parts:
            client.send(part)
        return client.read_response(method=method, seconds=seconds)


def render_request(
    method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes = b"", *, length: bool = True
) -> bytes:
    """A plain HTTP/1.1 request; `length` adds Content-Length when there is a body or the method is POST."""
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    if length and (body or method == b"POST"):
        lines += b"content-length: %d\r\n" % len(body)
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, lines, body)
