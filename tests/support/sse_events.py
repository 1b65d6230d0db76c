"""A reader of server-sent events, straight from the standard: https://html.spec.whatwg.org/#event-stream-interpretation."""

from __future__ import annotations

import re
from typing import NamedTuple


class Event(NamedTuple):
    name: str
    data: str


def parse_events(body: bytes) -> list[Event]:
    """The events that a client dispatches; one that the end of the stream cuts off is not among them."""
    events: list[Event] = []
    name, data = "message", list[str]()
    lines = re.split(r"\r\n|\r|\n", body.decode().removeprefix("\ufeff"))
    for line in lines[:-1]:
        if not line:
            if data:
                events.append(Event(name, "\n".join(data)))
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return events
