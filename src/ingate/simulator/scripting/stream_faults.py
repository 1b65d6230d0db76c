"""What goes wrong with a stream: a fault put among the pieces that would have been sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from ingate.simulator.scripting.responses import StreamFault

Piece = tuple[float, bytes]
"""Seconds to wait before it, and the bytes."""

_END_OF_EVENT = re.compile(rb"\r?\n\r?\n")


def split_events(content: bytes) -> Iterator[bytes]:
    """A recorded stream in its events, byte for byte, each with the empty line that ends it."""
    start = 0
    for found in _END_OF_EVENT.finditer(content):
        yield content[start : found.end()]
        start = found.end()
    if start < len(content):
        yield content[start:]


def insert_fault(pieces: Iterable[Piece], fault: StreamFault) -> Iterator[Piece]:
    """The pieces up to the fault, the fault, and after a stall or malformed data the others.

    If the stream is too short for the place that the fault names, the fault comes before its last piece: a fault that
    was asked for happens. Raises ConnectionResetError where the connection is to be cut.
    """
    rest = Held(pieces)
    yield from take_before(rest, fault)
    match fault.kind:
        case "disconnect":
            raise ConnectionResetError("the script cuts the connection here")
        case "truncate":
            return
        case "error_event":
            yield 0.0, render_error_event(fault)
        case "stall":
            yield from delay_first(rest.list_all(), fault.seconds)
        case "malformed":
            yield 0.0, fault.data
            yield from rest.list_all()


class Held:
    """Pieces that are taken one by one or in part, and always leave the last."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = iter(pieces)
        self._next = next(self._pieces, None)

    def take(self) -> Piece | None:
        """The next piece, or None if that is the last."""
        taken = self._next
        following = next(self._pieces, None)
        if taken is None or following is None:
            return None
        self._next = following
        return taken

    def split(self, count: int) -> Piece | None:
        """The first bytes of the next piece, if it has more than these; the rest of it is then the next."""
        if self._next is None or len(self._next[1]) <= count:
            return None
        wait, content = self._next
        self._next = (0.0, content[count:])
        return wait, content[:count]

    def list_all(self) -> Iterator[Piece]:
        if self._next is not None:
            yield self._next
        yield from self._pieces


def take_before(rest: Held, fault: StreamFault) -> Iterator[Piece]:
    if fault.after_bytes is not None:
        yield from take_bytes(rest, fault.after_bytes)
        return
    for _ in range(fault.after_events or 0):
        piece = rest.take()
        if piece is None:
            return
        yield piece


def take_bytes(rest: Held, count: int) -> Iterator[Piece]:
    while count > 0:
        part = rest.split(count)
        if part is not None:
            yield part
            return
        piece = rest.take()
        if piece is None:
            return
        yield piece
        count -= len(piece[1])


def delay_first(pieces: Iterator[Piece], seconds: float) -> Iterator[Piece]:
    for wait, content in pieces:
        yield wait + seconds, content
        break
    yield from pieces


def render_error_event(fault: StreamFault) -> bytes:
    return b"event: error\ndata: %s\n\n" % msgspec.json.encode({"type": "error", "error": fault.error})
