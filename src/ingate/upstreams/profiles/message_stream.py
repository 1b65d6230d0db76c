"""A message's events put into the order that the Messages API promises.

https://platform.claude.com/docs/en/build-with-claude/streaming: content blocks come one after the other; each has a
start, deltas and a stop before the next one starts. An event that is right already passes as the bytes that came.
What cannot be understood passes too: a client knows better what to do with it than nothing.
"""

from __future__ import annotations

import msgspec

from .event_stream import parse_event_data, render_event
from .foreign_error import parse_error_object, render_foreign_error
from .message import normalise_block, normalise_message, normalise_stop
from .raw_json import NULL, RawObject, parse_object, parse_text, parse_value, render_raw

_SPLITTABLE = {"text_delta": "text", "thinking_delta": "thinking"}
"""The deltas that may continue in a new block, with their block's type, when their own has had to be closed."""


class MessageStream:
    """Normalises one stream, event by event."""

    __slots__ = ("_indexes", "_model", "_next", "_open")

    def __init__(self, model: str | None) -> None:
        self._model = model
        self._indexes: dict[int, int] = {}
        """The server's index of each block so far, and the index it has been given."""
        self._next = 0
        self._open: int | None = None
        """The server's index of the block that is open."""

    def read_event(self, event: bytes) -> bytes:
        """What to pass on for this event: itself, something in its place, or nothing."""
        document = parse_object(parse_event_data(event))
        if document is None:
            return event
        match parse_text(document.get("type")):
            case "message_start":
                return self._read_message_start(event, document)
            case "content_block_start":
                return self._read_block_start(event, document)
            case "content_block_delta":
                return self._read_block_delta(event, document)
            case "content_block_stop":
                return self._read_block_stop(event, document)
            case "message_delta":
                return self._close() + self._read_message_delta(event, document)
            case "message_stop":
                return self._close() + event
            case _:
                return _read_other(event, document)

    def _read_message_start(self, event: bytes, document: RawObject) -> bytes:
        message = parse_object(document.get("message"))
        if message is None or not normalise_message(message, self._model):
            return event
        document["message"] = render_raw(message)
        return _render(document)

    def _read_block_start(self, event: bytes, document: RawObject) -> bytes:
        index, block = parse_value(document.get("index")), parse_object(document.get("content_block"))
        if type(index) is not int or block is None:
            return event
        closing = self._close()
        changed = normalise_block(block, begins=True)
        if changed:
            document["content_block"] = render_raw(block)
        return closing + self._placed(event, document, self._begin(index), changed=changed)

    def _read_block_delta(self, event: bytes, document: RawObject) -> bytes:
        index = parse_value(document.get("index"))
        if type(index) is not int or index not in self._indexes:
            return event
        if index == self._open:
            return self._placed(event, document, self._indexes[index])
        delta = parse_object(document.get("delta")) or {}
        delta_type = parse_text(delta.get("type")) or ""
        if delta_type == "signature_delta" and not parse_text(delta.get("signature")):
            return b""  # llama.cpp's: it signs nothing, after the next block has begun
        if delta_type not in _SPLITTABLE:
            return event
        return (
            self._close()
            + self._reopen(index, _SPLITTABLE[delta_type])
            + self._placed(event, document, self._indexes[index])
        )

    def _read_block_stop(self, event: bytes, document: RawObject) -> bytes:
        index = parse_value(document.get("index"))
        if type(index) is not int or index not in self._indexes:
            return event
        if index != self._open:
            return b""
        self._open = None
        return self._placed(event, document, self._indexes[index])

    def _read_message_delta(self, event: bytes, document: RawObject) -> bytes:
        delta = parse_object(document.get("delta"))
        if delta is None:
            return event
        changed = normalise_stop(delta)
        for name in ("stop_reason", "stop_sequence"):
            if name not in delta:
                delta[name] = NULL
                changed = True
        if not changed:
            return event
        document["delta"] = render_raw(delta)
        return _render(document)

    def _begin(self, index: int) -> int:
        self._indexes[index], self._open = self._next, index
        self._next += 1
        return self._indexes[index]

    def _reopen(self, index: int, block_type: str) -> bytes:
        block: RawObject = {"type": render_raw(block_type), block_type: render_raw("")}
        normalise_block(block, begins=True)
        start: RawObject = {
            "type": render_raw("content_block_start"),
            "index": render_raw(self._begin(index)),
            "content_block": render_raw(block),
        }
        return _render(start)

    def _close(self) -> bytes:
        """The stop of the block that is open; the server's own, should it come, is then dropped."""
        if self._open is None:
            return b""
        index, self._open = self._indexes[self._open], None
        return _render({"type": render_raw("content_block_stop"), "index": render_raw(index)})

    def _placed(self, event: bytes, document: RawObject, index: int, *, changed: bool = False) -> bytes:
        """The event under the index that its block has been given."""
        if not changed and parse_value(document.get("index")) == index:
            return event
        document["index"] = render_raw(index)
        return _render(document)


def _read_other(event: bytes, document: RawObject) -> bytes:
    if "error" not in document:
        return event
    error = parse_error_object(document)
    return event if error.is_documented else render_event("error", render_foreign_error(error, 500))


def _render(document: RawObject) -> bytes:
    return render_event(parse_text(document["type"]) or "message", msgspec.json.encode(document))
