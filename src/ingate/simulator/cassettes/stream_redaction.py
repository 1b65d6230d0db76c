"""Redacts a recorded event stream: what is split over many deltas is looked at in one piece.

Events in which nothing is taken out stay as they are, to the byte.
"""

from __future__ import annotations

import re
from os.path import commonprefix

import msgspec

from ingate.simulator.json_value import JsonObject, get_string, is_object

from .redaction import Redaction

_EVENT = re.compile(rb".+?(?:\r\n\r\n|\n\n|\r\r|\Z)", re.DOTALL)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)

_JSON_PIECES = "partial_json"


class _Event:
    """The bytes of one event, and the JSON that its data lines hold, None when they hold none."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.document = self._before = _parse_data(raw)

    def replace(self, name: str, value: object) -> None:
        self.document = {**(self.document or {}), name: value}

    def render(self) -> bytes:
        if self.document is None or self.document == self._before:
            return self.raw
        lines = _LINE.findall(self.raw)
        data = [index for index, line in enumerate(lines) if line.startswith(b"data:")]
        first = lines[data[0]]
        end = first[len(first.rstrip(b"\r\n")) :]
        lines[data[0]] = b"data: " + msgspec.json.encode(self.document) + end
        return b"".join(line for index, line in enumerate(lines) if index not in data[1:])


def redact_stream(content: bytes, redaction: Redaction) -> bytes:
    """The same stream without what is to be taken out. Raises what the redaction raises."""
    events = [_Event(raw) for raw in _EVENT.findall(content)]
    texts = _SplitTexts()
    for event in events:
        if event.document is None:
            event.raw = redact_bytes(event.raw, redaction)
        else:
            _redact_event(event, event.document, texts, redaction)
    texts.redact(redaction)
    return b"".join(event.render() for event in events)


def redact_bytes(content: bytes, redaction: Redaction) -> bytes:
    """Of what is neither JSON nor events: the patterns are for ASCII, and so see all that they look for."""
    text = content.decode("latin-1")
    redacted = redaction.redact_text(text)
    return content if redacted == text else redacted.encode("latin-1")


def _redact_event(event: _Event, document: JsonObject, texts: _SplitTexts, redaction: Redaction) -> None:
    index = str(document.get("index"))
    for name, value in document.items():
        match get_string(document, "type"), name, value:
            case _, "type", _:
                pass
            case "content_block_start", "content_block", dict():
                texts.add_block(event, index, redaction)
            case "content_block_delta", "delta", dict():
                texts.add_delta(event, index, redaction)
            case ("message_start", "message", _) | ("message_delta", "delta", _):
                event.replace(name, redaction.redact_answer(value))
            case _:
                event.replace(name, redaction.redact_answer(value, name))


class _SplitTexts:
    """Texts by block and member, and the pieces that they came in: an event, and the object in it."""

    def __init__(self) -> None:
        self._types: dict[str, str] = {}
        self._pieces: dict[tuple[str, str], list[tuple[_Event, str]]] = {}

    def add_block(self, event: _Event, index: str, redaction: Redaction) -> None:
        block = _get_object(event, "content_block")
        self._types[index] = get_string(block, "type")
        split = {name for name in block if name in ("text", "thinking", "signature")}
        rest = {name: value for name, value in block.items() if name not in split}
        redacted = redaction.redact_answer(rest, "content", index)
        event.replace("content_block", {**block, **(redacted if is_object(redacted) else {})})
        for name in split:
            self._add_piece(event, "content_block", index, name)

    def add_delta(self, event: _Event, index: str, redaction: Redaction) -> None:
        delta = _get_object(event, "delta")
        listed = {
            name: redaction.redact_answer(value, "content", index, f"{name}s", "0")
            for name, value in delta.items()
            if name != "type" and not isinstance(value, str)
        }
        event.replace("delta", {**delta, **listed})
        for name, value in delta.items():
            if name != "type" and isinstance(value, str):
                self._add_piece(event, "delta", index, name)

    def redact(self, redaction: Redaction) -> None:
        for (index, name), places in self._pieces.items():
            pieces = [get_string(_get_object(event, within), name) for event, within in places]
            whole = "".join(pieces)
            redacted = (
                _redact_input(whole, index, redaction)
                if name == _JSON_PIECES
                else _redact_member(self._types.get(index, ""), name, whole, index, redaction)
            )
            if redacted != whole:
                for (event, within), piece in zip(places, _distribute(pieces, redacted), strict=True):
                    event.replace(within, {**_get_object(event, within), name: piece})

    def _add_piece(self, event: _Event, within: str, index: str, name: str) -> None:
        self._pieces.setdefault((index, name), []).append((event, within))


def _redact_member(block_type: str, name: str, whole: str, index: str, redaction: Redaction) -> str:
    redacted = redaction.redact_answer({"type": block_type, name: whole}, "content", index)
    return get_string(redacted, name) if is_object(redacted) else ""


def _redact_input(pieces: str, index: str, redaction: Redaction) -> str:
    """A tool's input. One that was cut short cannot be read, and is left out if there may be something in it."""
    try:
        value: object = msgspec.json.decode(pieces)
    except (msgspec.DecodeError, UnicodeError):
        unescaped = _ESCAPE.sub(" ", pieces)
        is_clean = all(redaction.redact_text(text) == text for text in (pieces, unescaped))
        return pieces if is_clean and not redaction.is_reaching("content", index, "input") else ""
    redacted = redaction.redact_answer(value, "content", index, "input")
    return pieces if redacted == value else msgspec.json.encode(redacted).decode()


def _distribute(pieces: list[str], changed: str) -> list[str]:
    """The changed text in as many pieces: what is the same at its beginning and end stays in its piece."""
    whole = "".join(pieces)
    before = len(commonprefix((whole, changed)))
    longest = min(len(whole), len(changed)) - before
    after = min(longest, len(commonprefix((whole[::-1], changed[::-1]))))
    rest = len(whole) - after
    insertion: str | None = changed[before : len(changed) - after]
    distributed: list[str] = []
    start = 0
    for number, piece in enumerate(pieces, 1):
        end = start + len(piece)
        kept_before, kept_after = whole[start : min(end, before)], whole[max(start, rest) : end]
        is_here = insertion is not None and (before < end or number == len(pieces))
        distributed.append(f"{kept_before}{insertion if is_here else ''}{kept_after}")
        insertion = None if is_here else insertion
        start = end
    return distributed


def _parse_data(raw: bytes) -> JsonObject | None:
    lines = [line[5:].strip() for line in _LINE.findall(raw) if line.startswith(b"data:")]
    try:
        value: object = msgspec.json.decode(b"\n".join(lines)) if lines else None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return value if is_object(value) else None


def _get_object(event: _Event, name: str) -> JsonObject:
    value = (event.document or {}).get(name)
    return value if is_object(value) else {}
