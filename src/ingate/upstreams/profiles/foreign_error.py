"""Errors as other servers write them, and as the Messages API does.

The shapes that are understood: Anthropic's `{"type": "error", "error": {"type", "message"}}`, OpenAI's
`{"error": {"message", "type", "code"}}`, `{"error": "..."}`, `{"message": ..., "type": ...}`, FastAPI's
`{"detail": ...}`, and plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import msgspec

from ingate.wire.messages.errors import STATUS_OF, ErrorType

from .raw_json import RawObject, parse_object, parse_text, parse_value

DOCUMENTED_TYPES: frozenset[str] = frozenset(get_args(ErrorType))
LONGEST_PLAIN_TEXT = 500
"""Characters of an unstructured error that are passed on."""

_TYPE_OF: dict[int, ErrorType] = {
    **{status: error_type for error_type, status in STATUS_OF.items()},
    408: "timeout_error",
    503: "overloaded_error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignError:
    """An error as a server told it. `type` is the server's own word, empty when it gave none."""

    type: str
    message: str
    is_documented: bool = False
    """Whether it already stands in the Messages API's envelope, with one of its types."""
    figures: tuple[tuple[str, int], ...] = ()
    """The whole numbers beside the message, such as llama.cpp's `n_ctx`."""

    def figure(self, name: str) -> int | None:
        return dict(self.figures).get(name)


def parse_error(body: bytes) -> ForeignError:
    """Never fails: what has no known shape is its own message."""
    document = parse_object(body)
    if document is None:
        text = body.decode("utf-8", "replace").strip()
        return ForeignError(type="", message="" if text.startswith("<") else text[:LONGEST_PLAIN_TEXT])
    return parse_error_object(document)


def parse_error_object(document: RawObject) -> ForeignError:
    detail = parse_object(document.get("error"))
    if detail is None:
        message = next((text for name in ("error", "message", "detail") if (text := _text(document, name))), "")
        return ForeignError(type=parse_text(document.get("type")) or "", message=message)
    error_type = parse_text(detail.get("type")) or ""
    return ForeignError(
        type=error_type,
        message=_text(detail, "message"),
        is_documented=parse_text(document.get("type")) == "error" and error_type in DOCUMENTED_TYPES,
        figures=tuple((name, value) for name, raw in detail.items() if type(value := parse_value(raw)) is int),
    )


def _text(document: RawObject, name: str) -> str:
    """A member as text; what is no string (FastAPI's list of faults) stays JSON."""
    raw = document.get(name)
    return "" if raw is None else parse_text(raw) or bytes(raw).decode("utf-8", "replace")


def decide_error_type(error: ForeignError, status: int) -> ErrorType:
    """The documented type for a status; where that says little, the server's own word if it is a documented one."""
    known = _TYPE_OF.get(status)
    if known is not None and known != "api_error":
        return known
    if error.type in DOCUMENTED_TYPES:
        return error.type  # type: ignore[return-value]
    return "invalid_request_error" if 400 <= status < 500 else "api_error"


def render_foreign_error(error: ForeignError, status: int) -> bytes:
    """In the Messages API's envelope. Its `request_id` is left out: only the gateway knows it."""
    message = error.message or f"The upstream answered {status} and gave no reason."
    return msgspec.json.encode(
        {"type": "error", "error": {"type": decide_error_type(error, status), "message": message}}
    )
