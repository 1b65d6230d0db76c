"""What the control process and a query process say to each other: JSON, each with its length before it in four bytes.

One query at a time: the answer's rows come in pieces, then one message ends it.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ingate.domain.log_query import LogType

LENGTH_BYTES = 4
MESSAGE_BYTES = 256 * 1024 * 1024
"""A longer one is a mistake."""


class QueryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """See `domain.log_query.LogQuery`; times are seconds since 1970."""

    text: str
    now: float
    start: float | None
    end: float | None
    resource_ids: tuple[str, ...] | None
    oldest: float | None
    rows: dict[str, list[dict[str, Any]]]
    includes_content: bool
    most_rows: int
    most_bytes: int


class RowsMessage(msgspec.Struct, frozen=True, kw_only=True, tag="rows"):
    rows: msgspec.Raw
    """A JSON array, not empty."""


class AnswerMessage(msgspec.Struct, frozen=True, kw_only=True, tag="answer"):
    """After the last rows."""

    columns: tuple[tuple[str, LogType], ...]
    row_count: int
    cut_at: Literal["rows", "bytes"] | None
    render: dict[str, Any] | None
    start: float | None
    end: float | None
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    scanned_segments: int
    scanned_journals: int
    scanned_bytes: int


class InvalidMessage(msgspec.Struct, frozen=True, kw_only=True, tag="invalid"):
    code: Literal["SyntaxError", "SemanticError", "NotSupported", "TooComplex"]
    message: str
    line: int | None
    column: int | None
    token: str | None


class OutOfMemoryMessage(msgspec.Struct, frozen=True, kw_only=True, tag="out of memory"):
    pass


class FailedMessage(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    reason: str
    """Names no file."""
    detail: str
    """For the log alone."""


Message = RowsMessage | AnswerMessage | InvalidMessage | OutOfMemoryMessage | FailedMessage

decode_request = msgspec.json.Decoder(QueryRequest).decode
decode_message = msgspec.json.Decoder(Message).decode


def render_message(message: QueryRequest | Message) -> bytes:
    text = msgspec.json.encode(message)
    return len(text).to_bytes(LENGTH_BYTES, "big") + text
