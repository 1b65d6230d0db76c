"""W3C trace context (https://www.w3.org/TR/trace-context/): the trace and the span that a request belongs to."""

from __future__ import annotations

import re
from typing import NamedTuple

_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE = b"0" * 32
_NO_SPAN = b"0" * 16


class TraceParent(NamedTuple):
    """The ids are lower-case hexadecimal."""

    trace_id: str
    span_id: str
    """Of whoever sent the request."""
    flags: str


def parse_traceparent(value: bytes | None) -> TraceParent | None:
    """None for none, and for one that the recommendation has receivers ignore (section 3.2.2)."""
    match = _TRACEPARENT.fullmatch(value) if value else None
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == b"ff" or (version == b"00" and more) or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return TraceParent(trace_id.decode(), span_id.decode(), flags.decode())


def render_traceparent(trace: TraceParent) -> bytes:
    return f"00-{trace.trace_id}-{trace.span_id}-{trace.flags}".encode()


def make_span_id(apim_request_id: str) -> str:
    """Of an exchange's own span: the same from its record as in the request that went on."""
    return apim_request_id.replace("-", "")[:16]
