"""Side readers: they see an answer's bytes as they pass and take the usage from them, never delaying one.

https://platform.claude.com/docs/en/build-with-claude/streaming: `message_start` carries the usage known at the start,
every `message_delta` the cumulative usage so far, so a later figure replaces an earlier one.
"""

from __future__ import annotations

import re

import msgspec

CARRY_LIMIT = 16 * 1024 * 1024
"""Bytes of one torn event that a reader keeps. A longer one passes unread; no event with usage comes near."""

JSON_LIMIT = 512 * 1024
JSON_TAIL = 64 * 1024
"""Of a JSON answer over the limit, what a reader keeps from then on."""

_USAGE_OBJECT = re.compile(rb'"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})')


class CacheCreation(msgspec.Struct, frozen=True):
    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0


class ServerToolUse(msgspec.Struct, frozen=True):
    web_search_requests: int | None = 0
    web_fetch_requests: int | None = 0


class OutputTokensDetails(msgspec.Struct, frozen=True):
    thinking_tokens: int | None = 0


class ReportedUsage(msgspec.Struct, frozen=True):
    """`usage` as it stands on the wire; None where this event did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    server_tool_use: ServerToolUse | None = None
    output_tokens_details: OutputTokensDetails | None = None
    service_tier: str | None = None

    def updated(self, later: ReportedUsage) -> ReportedUsage:
        """What is known after `later`, which is cumulative but may leave out what did not change."""
        known = {
            name: new if (new := getattr(later, name)) is not None else getattr(self, name)
            for name in self.__struct_fields__
        }
        return ReportedUsage(**known)


class _Delta(msgspec.Struct, frozen=True):
    stop_reason: str | None = None


class _Message(msgspec.Struct, frozen=True):
    model: str | None = None
    usage: ReportedUsage | None = None
    stop_reason: str | None = None


class _Error(msgspec.Struct, frozen=True):
    type: str | None = None


class _Document(msgspec.Struct, frozen=True):
    """The fields of interest of any answer and of any event; `type` tells them apart."""

    type: str | None = None
    message: _Message | None = None
    delta: _Delta | None = None
    model: str | None = None
    usage: ReportedUsage | None = None
    stop_reason: str | None = None
    error: _Error | None = None
    input_tokens: int | None = None


_decode = msgspec.json.Decoder(_Document).decode
_decode_usage = msgspec.json.Decoder(ReportedUsage).decode


class AnswerReader:
    """What an answer says of itself, as far as it has been read."""

    __slots__ = ("error_type", "ended_well", "response_model", "stop_reason", "usage")

    def __init__(self) -> None:
        self.usage: ReportedUsage | None = None
        self.response_model: str | None = None
        self.stop_reason: str | None = None
        self.error_type: str | None = None
        """Set by an error answer or an `error` event."""
        self.ended_well = False
        """Whether, at the end, the whole answer was there: its closing brace, or `message_stop`."""

    def read(self, data: bytes) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """No more will come."""

    def _take(self, document: _Document) -> None:
        message = document.message
        if message is not None:
            self._take_usage(message.usage)
            self.response_model = message.model or self.response_model
        if document.usage is not None:
            self._take_usage(document.usage)
        if document.model is not None:
            self.response_model = document.model
        if document.delta is not None and document.delta.stop_reason is not None:
            self.stop_reason = document.delta.stop_reason
        if document.stop_reason is not None:
            self.stop_reason = document.stop_reason
        if document.error is not None:
            self.error_type = document.error.type or "unknown"

    def _take_usage(self, usage: ReportedUsage | None) -> None:
        if usage is not None:
            self.usage = usage if self.usage is None else self.usage.updated(usage)


class JsonAnswerReader(AnswerReader):
    """Reads a JSON answer of Messages or of count_tokens. Of a long one it keeps only the end, where the usage is."""

    __slots__ = ("_carry", "_is_whole")

    def __init__(self) -> None:
        super().__init__()
        self._carry: bytes | bytearray = b""
        self._is_whole = True

    def read(self, data: bytes) -> None:
        if not self._carry:
            self._carry = data
        else:
            if isinstance(self._carry, bytes):
                self._carry = bytearray(self._carry)
            self._carry += data
        if len(self._carry) > JSON_LIMIT:
            self._carry = bytearray(self._carry[-JSON_TAIL:])
            self._is_whole = False

    def end(self) -> None:
        if not self._is_whole:
            self._read_tail()
            return
        try:
            document = _decode(self._carry)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        self.ended_well = True
        self._take(document)
        if document.input_tokens is not None and document.usage is None:
            self.usage = ReportedUsage(input_tokens=document.input_tokens)

    def _read_tail(self) -> None:
        """A quote inside a string is escaped, so these bytes are a key; the message's own `usage` is the last one."""
        for found in list(_USAGE_OBJECT.finditer(self._carry))[-1:]:
            try:
                self._take_usage(_decode_usage(found[1]))
                self.ended_well = True
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return


class StreamAnswerReader(AnswerReader):
    """Reads an SSE answer. It looks only into the events that hold usage, and at the end for an error."""

    __slots__ = ("_carry", "_last", "saw_content")

    def __init__(self) -> None:
        super().__init__()
        self._carry: bytearray | None = None
        """The beginning of an event that is not whole yet."""
        self._last = b""
        """The bytes that ended the last event, and perhaps some before them."""
        self.saw_content = False
        """Whether a content block has begun: the first token's time has come."""

    def read(self, data: bytes) -> None:
        if self._carry is not None:
            self._read_on(self._carry, data)
        elif data.endswith(b"\n\n"):
            self._read_events(data)
        else:
            self._read_tail(data)

    def end(self) -> None:
        if self._carry is not None:
            self._read_events(bytes(self._carry))
            self._carry = None
        last = self._last.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip(b"\n")
        self._read_event(last[last.rfind(b"\n\n") + 1 :])

    def _read_on(self, carry: bytearray, data: bytes) -> None:
        seen = max(0, len(carry) - 3)
        carry += data
        if _find_last_boundary(carry, seen) >= 0:
            self._carry = None
            self._read_tail(bytes(carry))
        elif len(carry) > CARRY_LIMIT:
            self._carry = None

    def _read_tail(self, data: bytes) -> None:
        boundary = max(0, _find_last_boundary(data, 0))
        if boundary:
            self._read_events(data[:boundary])
        if boundary < len(data):
            self._carry = bytearray(data[boundary:])

    def _read_events(self, events: bytes) -> None:
        if not events.isspace():
            self._last = events
        if not self.saw_content and b"content_block" in events:
            self.saw_content = True
        position = events.find(_USAGE)
        if position >= 0 and b"\r" in events:
            events = events.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            position = events.find(_USAGE)
        while position >= 0:
            end = events.find(b"\n\n", position)
            end = len(events) if end < 0 else end
            self._read_event(events[events.rfind(b"\n\n", 0, position) + 1 : end])
            position = events.find(_USAGE, end)

    def _read_event(self, event: bytes) -> None:
        data = b"\n".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
        try:
            document = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if document.type in ("message_start", "message_delta", "error"):
            self._take(document)
        elif document.type == "message_stop":
            self.ended_well = True


_USAGE = b'"usage"'


def _find_last_boundary(data: bytes | bytearray, start: int) -> int:
    """The end of the last whole event at or after `start`, or -1."""
    boundary = data.rfind(b"\n\n", start)
    if boundary >= 0:
        boundary += 2
    if b"\r" in data[start:]:
        crlf = data.rfind(b"\r\n\r\n", start)
        boundary = max(boundary, crlf + 4 if crlf >= 0 else -1)
        boundary = max(boundary, data.rfind(b"\r\r", start) + 2 if b"\r\r" in data[start:] else -1)
    return boundary
