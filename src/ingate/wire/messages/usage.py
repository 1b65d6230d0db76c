"""Side readers: they see an answer's bytes as they pass and take the usage from them, never delaying one.

https://platform.claude.com/docs/en/build-with-claude/streaming: `message_start` carries the usage known at the start,
every `message_delta` the cumulative usage so far, so a later figure replaces an earlier one.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

CARRY_LIMIT = 16 * 1024 * 1024
"""Bytes of one torn event that a reader keeps. A longer one passes unread; no event with usage comes near."""

JSON_LIMIT = 512 * 1024
JSON_TAIL = 64 * 1024
"""Of a JSON answer over the limit, what a reader keeps from then on."""

OTHER_LIMIT = 16 * 1024
"""Bytes of unknown fields that a usage keeps."""

SAMPLE_BYTES = 1024
SAMPLED_THROUGHOUT = 4 * 1024
"""Of a stream, the bytes that are kept without a gap, for an estimate of what it held in case it breaks off."""

_USAGE_OBJECT = re.compile(rb'"usage"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\})')
_CONTENT = re.compile(
    rb'"delta"\s*+:\s*+\{(?:\s*+"type"\s*+:\s*+"[a-z_]*+"\s*+,)?'
    rb'\s*+"(?:text|thinking|partial_json)"\s*+:\s*+"((?:[^"\\]++|\\.)*+)'
)
"""What a delta adds to an answer's content. A quote inside a string is escaped, so these bytes are keys."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
UNSAID = msgspec.Raw()


class CacheCreation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ephemeral_5m_input_tokens: Count = 0
    ephemeral_1h_input_tokens: Count = 0

    @property
    def total(self) -> int:
        return self.ephemeral_5m_input_tokens + self.ephemeral_1h_input_tokens


class ServerToolUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    web_search_requests: Count | None = 0
    web_fetch_requests: Count | None = 0


class OutputTokensDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    thinking_tokens: Count | None = 0


class ReportedUsage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`usage` as it stands on the wire; None where this event did not say."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: CacheCreation | None = None
    server_tool_use: ServerToolUse | None = None
    output_tokens_details: OutputTokensDetails | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None
    iterations: msgspec.Raw = UNSAID
    """Of an answer that took several inferences (compaction, advisor, fallback), each one's usage."""
    other: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="(other)")
    """Fields that are not known here, or not of the kind that is documented, as they came. The name is none that a
    wire would have."""

    @property
    def says_input(self) -> bool:
        return self.input_tokens is not None or bool(
            self.cache_read_input_tokens or self.cache_creation_input_tokens or self.cache_creation
        )

    def updated(self, later: ReportedUsage) -> ReportedUsage:
        """What is known after `later`, which is cumulative but may leave out what did not change."""
        changes: dict[str, Any] = {
            name: value
            for name, value in zip(self.__struct_fields__, msgspec.structs.astuple(later), strict=True)
            if value is not None and value != UNSAID
        }
        split, total = self.cache_creation, later.cache_creation_input_tokens
        if split is not None and total is not None and total < split.total:
            changes.setdefault("cache_creation", None)  # it is of the total before
        if self.other and later.other:
            changes["other"] = {**self.other, **later.other}
        return msgspec.structs.replace(self, **changes)


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


class _LooseMessage(msgspec.Struct, frozen=True):
    model: str | None = None
    usage: msgspec.Raw = UNSAID
    stop_reason: str | None = None


class _LooseDocument(msgspec.Struct, frozen=True):
    """The same where a usage holds what is not known here."""

    type: str | None = None
    message: _LooseMessage | None = None
    delta: _Delta | None = None
    model: str | None = None
    usage: msgspec.Raw = UNSAID
    stop_reason: str | None = None
    error: _Error | None = None
    input_tokens: Count | None = None


_decode = msgspec.json.Decoder(_Document).decode
_decode_loosely = msgspec.json.Decoder(_LooseDocument).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder(dict[str, Any]).decode
_DECODE_FIELD = {
    field.name: msgspec.json.Decoder(field.type).decode
    for field in msgspec.structs.fields(ReportedUsage)
    if field.name != "other"
}
_PARTS: dict[str, type[msgspec.Struct]] = {
    "cache_creation": CacheCreation,
    "server_tool_use": ServerToolUse,
    "output_tokens_details": OutputTokensDetails,
}
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_document(data: bytes | bytearray) -> _Document | None:
    """An answer or an event; None of what is neither."""
    try:
        return _decode(data)
    except msgspec.ValidationError:
        return _read_loosely(data)
    except _UNREADABLE:
        return None


def read_usage(data: bytes | msgspec.Raw) -> ReportedUsage | None:
    """Of a usage with fields that are new, or not what is documented. None of what is no object."""
    try:
        fields = _decode_fields(data)
    except _UNREADABLE:
        return None
    known: dict[str, Any] = {}
    other: dict[str, msgspec.Raw] = {}
    room = OTHER_LIMIT
    for name, value in fields.items():
        try:
            known[name] = _DECODE_FIELD[name](value)
            continue
        except (KeyError, *_UNREADABLE):
            pass
        if name in _PARTS:
            known[name] = _read_part(_PARTS[name], value)
        room -= len(name) + len(memoryview(value))
        if room >= 0 and value != _NULL:
            other[name] = value.copy()
    return ReportedUsage(**known, other=other or None)


def _read_loosely(data: bytes | bytearray) -> _Document | None:
    try:
        loose = _decode_loosely(data)
    except _UNREADABLE:
        return None
    message = loose.message
    return _Document(
        type=loose.type,
        message=message and _Message(message.model, _read_said_usage(message.usage), message.stop_reason),
        delta=loose.delta,
        model=loose.model,
        usage=_read_said_usage(loose.usage),
        stop_reason=loose.stop_reason,
        error=loose.error,
        input_tokens=loose.input_tokens,
    )


def _read_said_usage(raw: msgspec.Raw) -> ReportedUsage | None:
    return read_usage(raw) if raw else None


def _read_part(kind: type[msgspec.Struct], raw: msgspec.Raw) -> msgspec.Struct | None:
    """The counts of an object that are known here."""
    try:
        fields = _decode_any(raw)
    except _UNREADABLE:
        return None
    counts = {name: fields.get(name) for name in kind.__struct_fields__}
    return kind(**{name: count for name, count in counts.items() if type(count) is int and 0 <= count <= 2**53})


_NULL = msgspec.Raw(b"null")


class AnswerReader:
    """What an answer says of itself, as far as it has been read."""

    __slots__ = (
        "ended_well",
        "error_type",
        "knows_output",
        "response_model",
        "stop_reason",
        "usage",
        "usage_is_final",
    )

    def __init__(self) -> None:
        self.usage: ReportedUsage | None = None
        self.response_model: str | None = None
        self.stop_reason: str | None = None
        self.error_type: str | None = None
        """Set by an error answer or an `error` event."""
        self.ended_well = False
        """Whether, at the end, the whole answer was there: its closing brace, or `message_stop`."""
        self.knows_output = False
        """Whether `usage` counts output, and not only what there was at the start."""
        self.usage_is_final = False
        """Whether `usage` is the answer's last word, even when what should follow it is missing."""

    def read(self, data: bytes) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """No more will come."""

    def measure_content(self) -> int:
        """Bytes of content so far: exact for a short stream, projected from samples of a long one."""
        raise NotImplementedError

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

    __slots__ = ("_carry", "_dropped")

    def __init__(self) -> None:
        super().__init__()
        self._carry: bytes | bytearray = b""
        self._dropped = 0

    def read(self, data: bytes) -> None:
        if not self._carry:
            self._carry = data
        else:
            if isinstance(self._carry, bytes):
                self._carry = bytearray(self._carry)
            self._carry += data
        if len(self._carry) > JSON_LIMIT:
            self._dropped += len(self._carry) - JSON_TAIL
            self._carry = bytearray(self._carry[-JSON_TAIL:])

    def end(self) -> None:
        if self._dropped:
            self._read_tail()
            return
        document = read_document(self._carry)
        if document is None:
            return
        self.ended_well = True
        self._take(document)
        if document.input_tokens is not None and document.usage is None:
            self.usage = ReportedUsage(input_tokens=document.input_tokens)
        self.knows_output = self.usage_is_final = self.usage is not None

    def measure_content(self) -> int:
        return self._dropped + len(self._carry)

    def _read_tail(self) -> None:
        """A quote inside a string is escaped, so these bytes are a key; the message's own `usage` is the last one."""
        for found in list(_USAGE_OBJECT.finditer(self._carry))[-1:]:
            self._take_usage(read_usage(bytes(found[1])))
            self.ended_well = self.knows_output = self.usage_is_final = self.usage is not None


class StreamAnswerReader(AnswerReader):
    """Reads an SSE answer. It looks only into the events that hold usage, and at the end for an error."""

    __slots__ = ("_carry", "_last", "_beginning", "_passed", "_sample_due", "_samples", "saw_content")

    def __init__(self) -> None:
        super().__init__()
        self._carry: bytearray | None = None
        """The beginning of an event that is not whole yet."""
        self._last = b""
        """The bytes that ended the last event, and perhaps some before them."""
        self._passed = 0
        self._sample_due = 0
        self._beginning: tuple[int, int] | None = None
        """How much had passed, and how many samples there were, when the samples began to have gaps."""
        self._samples: list[bytes] = []
        """Events, so that what they held can be measured if it has to be; most often it has not."""
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

    def measure_content(self) -> int:
        passed, samples = self._beginning or (self._passed, len(self._samples))
        content = _project(self._samples[:samples], passed) + _project(self._samples[samples:], self._passed - passed)
        return content + (_count_content(self._carry) if self._carry is not None else 0)

    def _sample(self, events: bytes) -> None:
        """All of a stream's beginning, then ever less."""
        if self._beginning is None:
            self._samples.append(events[:SAMPLED_THROUGHOUT])
            if self._passed >= SAMPLED_THROUGHOUT:
                self._beginning = self._passed, len(self._samples)
        else:
            self._samples.append(events[:SAMPLE_BYTES])
            self._sample_due = self._passed + self._passed // 4

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
        if len(events) <= SAMPLE_BYTES or events.find(_DELTA, 0, SAMPLE_BYTES) >= 0:  # not what a server tool found
            self._passed += len(events)
            if self._passed >= self._sample_due:
                self._sample(events)
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
        document = read_document(
            b"\n".join(line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:"))
        )
        if document is None:
            return
        if document.type == "message_delta":
            self._take(document)
            if document.usage is not None and document.usage.output_tokens is not None:
                self.knows_output = True
                self.usage_is_final = self.stop_reason is not None
        elif document.type in ("message_start", "error"):
            self._take(document)
        elif document.type == "message_stop":
            self.ended_well = True


_USAGE = b'"usage"'
_DELTA = b'"delta"'


def _count_content(events: bytes | bytearray) -> int:
    return sum(map(len, _CONTENT.findall(events)))


def _project(samples: list[bytes], passed: int) -> int:
    """The content of `passed` bytes, of which these are samples."""
    sampled = sum(map(len, samples))
    return _count_content(b"\n".join(samples)) * passed // sampled if sampled else 0


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
