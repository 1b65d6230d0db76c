"""Server-sent events as bytes: cut into events, read, written.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import re

EVENT_LIMIT = 16 * 1024 * 1024
"""Bytes of one event that are kept until it is complete. A longer one passes as it comes."""

# The atomic group keeps CRLF one line end. A boundary that ends in the CR of a CRLF leaves its LF to the next event,
# where it is an empty line and means nothing: so no event waits for a byte that may never come.
_BOUNDARY = re.compile(rb"(?>\r\n|\n|\r){2}")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LONGEST_BOUNDARY = 4


class EventSplitter:
    """Cuts a stream into whole events, each with the empty line that ends it."""

    __slots__ = ("_carry",)

    def __init__(self) -> None:
        self._carry = bytearray()

    def read(self, data: bytes) -> list[bytes]:
        """The events that are complete now."""
        carry = self._carry
        position = max(0, len(carry) - _LONGEST_BOUNDARY + 1)
        carry += data
        events: list[bytes] = []
        begin = 0
        while (boundary := _BOUNDARY.search(carry, position)) is not None:
            events.append(bytes(carry[begin : boundary.end()]))
            begin = position = boundary.end()
        del carry[:begin]
        if len(carry) > EVENT_LIMIT:
            events.append(self.rest())
        return events

    def rest(self) -> bytes:
        """The event that is not complete, which is then forgotten."""
        rest = bytes(self._carry)
        self._carry.clear()
        return rest


def parse_event_data(event: bytes) -> bytes:
    """What its `data` fields hold; empty for a comment."""
    lines = [line[5:].removeprefix(b" ") for line in _LINE_END.split(event) if line.startswith(b"data:")]
    return b"\n".join(lines)


def render_event(name: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)
