"""Reading a stream of server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSentEvent:
    name: str
    data: str


def parse_events(chunks: Iterable[bytes]) -> Iterator[ServerSentEvent]:
    """The events in a stream that may be cut anywhere; one without its empty line at the end is dropped."""
    name, data = "message", list[str]()
    for line in _split_lines(chunks):
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
        else:
            if data:
                yield ServerSentEvent(name=name, data="\n".join(data))
            name, data = "message", []


def _split_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Whole lines, whether they end with CR, LF or both."""
    pending = b""
    after_cr = False
    for chunk in chunks:
        if after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            after_cr = False
        after_cr = after_cr or chunk.endswith(b"\r")
        *lines, pending = (pending + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")
