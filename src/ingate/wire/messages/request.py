"""What a gateway must know of a Messages request, and the one change it makes to it.

The body is parsed once, for decisions; the client's own bytes go on, with only the value of the top-level
`model` replaced (docs/decisions/0002-byte-fidelity.md).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

Span = tuple[int, int]
"""Where a value stands in a body: its first byte and the one after its last."""


class ParsedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The decisive fields of a well-formed body."""

    deployment_name: str
    stream: bool
    max_tokens: int | None
    model_spans: tuple[Span, ...]
    """The values of `model` at the top level: one, or more when the client repeated the key."""


class MalformedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Why a body cannot be an exchange, in the words that the Messages API uses."""

    message: str


class _Fields(msgspec.Struct):
    model: Any = None
    stream: Any = None
    max_tokens: Any = None


_decode_fields = msgspec.json.Decoder(_Fields).decode
_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_any: Any = msgspec.json.Decoder().decode

SMALL_BODY = 16 * 1024

_MODEL = b'"model"'
_KEY_AND_STRING = re.compile(rb'"model"\s*+:\s*+("(?:[^"\\]++|\\.)*+")', re.DOTALL)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)
_VALUE = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{\[]|[^\s,}\]]+', re.DOTALL)
_NEXT_KEY = re.compile(rb'\s*+[{,]\s*+"(?:[^"\\]++|\\.)*+"\s*+:\s*+', re.DOTALL)
_LONE_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
"""Half of a pair: msgspec refuses it in other words, which mislead."""
_KEY_END = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+")
_END = re.compile(rb"\s*+}")


def parse_request(body: bytes) -> ParsedRequest | MalformedRequest:
    """Of duplicate keys the last counts, as in Anthropic's own parser."""
    try:
        if len(body) <= SMALL_BODY:
            fields = _decode_fields(body)
            spans = _find_only_key(body)
        else:
            raw = _decode_raw(body)
            fields = _Fields(*(_decode_any(raw[name]) if name in raw else None for name in _Fields.__struct_fields__))
            spans = _step_to_model(body, raw)
        if not isinstance(fields.model, str):
            return _refuse_model(body, fields.model)
        spans = spans or _step_to_model(body, _decode_raw(body)) or _walk_to_models(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _refuse_json(body, error)
    max_tokens = fields.max_tokens
    return ParsedRequest(
        deployment_name=fields.model,
        stream=fields.stream is True,
        max_tokens=max_tokens if type(max_tokens) is int else None,
        model_spans=spans,
    )


def _refuse_model(body: bytes, model: object) -> MalformedRequest:
    is_absent = model is None and "model" not in _decode_raw(body)
    return MalformedRequest(message=f"model: {'Field required' if is_absent else 'Input should be a valid string'}")


def _refuse_json(body: bytes, error: Exception) -> MalformedRequest:
    if str(error).startswith("Expected `object`"):
        return MalformedRequest(message="Input should be a valid dictionary")
    if _LONE_SURROGATE.search(body) is not None:
        return MalformedRequest(message="The request body is not valid JSON: no low surrogate in string")
    return MalformedRequest(message=f"The request body is not valid JSON: {_reason(error)}")


def splice_model(
    body: bytes, model_spans: tuple[Span, ...], upstream_model: bytes
) -> tuple[list[bytes | memoryview], int]:
    """The body with every value of `model` replaced by the JSON string `upstream_model`, as pieces to be sent in
    order, and their length. All else is untouched, byte for byte.

    Duplicates are all replaced, so that no upstream can read another model out of the request than the gateway
    did.
    """
    pieces: list[bytes | memoryview] = []
    view = memoryview(body)
    length = len(body)
    position = 0
    for start, end in model_spans:
        pieces.append(view[position:start])
        pieces.append(upstream_model)
        length += len(upstream_model) - (end - start)
        position = end
    pieces.append(view[position:])
    return pieces, length


def _find_only_key(body: bytes) -> tuple[Span, ...]:
    """The quick way for a small body, empty where it does not lead. A quote inside a JSON string is escaped, so
    `"model"` before a colon is nothing but a key; when those bytes occur once, and no key can be spelled with
    escapes, it is the one that the parser read."""
    if b"\\u00" in body:
        return ()
    start = body.find(_MODEL)
    if body.find(_MODEL, start + 7) >= 0:
        return ()
    value = _KEY_AND_STRING.match(body, start)
    return (value.span(1),) if value is not None else ()


def _step_to_model(body: bytes, fields: dict[str, msgspec.Raw]) -> tuple[Span, ...]:
    """Steps over the top level by the lengths of the values that the parser saw, which costs a few dozen bytes of
    work however large they are. Empty when a key is there twice.

    Each step proves itself: the value's bytes stand where they are expected, and no JSON value that ends before a
    comma or brace is the beginning of another.
    """
    spans: tuple[Span, ...] = ()
    position = 0
    for name, raw in fields.items():
        key = _NEXT_KEY.match(body, position)
        if key is None:
            return ()
        start = key.end()
        value = bytes(raw)
        if not body.startswith(value, start):
            return ()
        position = start + len(value)
        if name == "model":
            spans = ((start, position),)
    return spans if _END.match(body, position) is not None else ()


def _walk_to_models(body: bytes) -> tuple[Span, ...]:
    """Reads every string and bracket to find each `model` at the top level. Slow, and needed only for a body with
    duplicate keys."""
    spans: list[Span] = []
    depth = 0
    position = 0
    while (token := _TOKEN.search(body, position)) is not None:
        position = token.end()
        first = body[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
        elif depth == 1 and (key_end := _KEY_END.match(body, position)) is not None:
            position = key_end.end()
            if _is_model(token.group()) and (value := _VALUE.match(body, position)) is not None:
                spans.append(_value_span(body, value))
                position = spans[-1][1]
    return tuple(spans)


def _value_span(body: bytes, value: re.Match[bytes]) -> Span:
    """A `model` that a later one overrides may be an object or a list; its span ends with its closing bracket."""
    if value.group() not in (b"{", b"["):
        return value.span()
    depth = 1
    position = value.end()
    while depth and (token := _TOKEN.search(body, position)) is not None:
        position = token.end()
        first = body[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
    return value.start(), position


def _is_model(key: bytes) -> bool:
    return key == _MODEL or (b"\\" in key and _decode_any(key) == "model")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "too deeply nested"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return str(error).removeprefix("JSON is malformed: ")
