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


_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_decode_any: Any = msgspec.json.Decoder().decode

_MODEL = b'"model"'
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)
_VALUE = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{\[]|[^\s,}\]]+', re.DOTALL)
_NEXT_KEY = re.compile(rb'\s*+[{,]\s*+"(?:[^"\\]++|\\.)*+"\s*+:\s*+', re.DOTALL)
_KEY_END = re.compile(rb"[ \t\r\n]*+:[ \t\r\n]*+")
_END = re.compile(rb"\s*+}")


def parse_request(body: bytes) -> ParsedRequest | MalformedRequest:
    """Of duplicate keys the last counts, as in Anthropic's own parser."""
    try:
        fields = _decoder.decode(body)
        model = _field(fields, "model")
    except msgspec.ValidationError:
        return MalformedRequest(message="Input should be a valid dictionary")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return MalformedRequest(message=f"The request body is not valid JSON: {_reason(error)}")
    if not isinstance(model, str):
        problem = "Input should be a valid string" if "model" in fields else "Field required"
        return MalformedRequest(message=f"model: {problem}")
    max_tokens = _field(fields, "max_tokens")
    return ParsedRequest(
        deployment_name=model,
        stream=_field(fields, "stream") is True,
        max_tokens=max_tokens if type(max_tokens) is int else None,
        model_spans=_find_model(body, fields) or _walk_models(body),
    )


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


def _field(fields: dict[str, msgspec.Raw], name: str) -> Any:
    raw = fields.get(name)
    return None if raw is None else _decode_any(raw)


def _find_model(body: bytes, fields: dict[str, msgspec.Raw]) -> tuple[Span, ...]:
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


def _walk_models(body: bytes) -> tuple[Span, ...]:
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
    return str(error).removeprefix("JSON is malformed: ")
