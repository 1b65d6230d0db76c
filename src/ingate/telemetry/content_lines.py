"""One line of a content file: what an exchange said, read, redacted, and only then written.

What cannot be read cannot be redacted, so of it only the size is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from ingate.domain.content import ExchangeContent
from ingate.domain.redaction import RedactionTooSlow, Redactor
from ingate.wire.content_coding import ContentReader
from ingate.wire.messages.stream_content import assemble_stream

DECODED_BYTES = 4 * 1024 * 1024
"""What is looked at of a compressed answer, decoded."""

Unrecorded = Literal["too-long", "unreadable", "encoded", "too-slow"]

Redact = Callable[[object], object]
_encode = msgspec.json.Encoder().encode


class _Unreadable(Exception):
    def __init__(self, why: Unrecorded) -> None:
        super().__init__(why)
        self.why: Unrecorded = why


def render_content_line(content: ExchangeContent, redactor: Redactor) -> bytes:
    return (
        _encode(
            {
                "time": content.time,
                "apim_request_id": content.apim_request_id,
                "resource": content.resource,
                "resource_id": content.resource_id,
                "deployment": content.deployment,
                "operation": content.operation,
                "status": content.status,
                "ended": content.ending,
                "request": _render_request(content, redactor.redact),
                "answer": _render_answer(content, redactor.redact),
            }
        )
        + b"\n"
    )


def _render_request(content: ExchangeContent, redact: Redact) -> dict[str, Any]:
    size = {"bytes": content.request_bytes}
    if content.request is None:
        return size | {"unrecorded": "too-long"}
    try:
        return size | {"content": redact(msgspec.json.decode(content.request))}
    except (ValueError, RecursionError):
        return size | {"unrecorded": "unreadable"}
    except RedactionTooSlow:
        return size | {"unrecorded": "too-slow"}


def _render_answer(content: ExchangeContent, redact: Redact) -> dict[str, Any]:
    size = {"bytes": content.answer_bytes}
    if not content.answer_bytes:
        return size
    is_cut = content.answer_bytes > len(content.answer)
    try:
        data = content.answer
        if content.content_coding is not None:
            data, is_longer = _decode(content.content_coding, data)
            is_cut = is_cut or is_longer
        read = assemble_stream(data) if content.is_stream else _read_json(data, is_cut)
        return size | {"content": redact(read)} | ({"cut": True} if is_cut else {})
    except _Unreadable as unreadable:
        return size | {"unrecorded": unreadable.why}
    except (ValueError, RecursionError):
        return size | {"unrecorded": "unreadable"}
    except RedactionTooSlow:
        return size | {"unrecorded": "too-slow"}


def _read_json(data: bytes, is_cut: bool) -> object:
    if is_cut:
        raise _Unreadable("too-long")
    return msgspec.json.decode(data)


def _decode(coding: bytes, data: bytes) -> tuple[bytes, bool]:
    """What it says, and whether there is more of it than is looked at."""
    decoded = bytearray()
    is_longer = False

    def read(piece: bytes) -> None:
        nonlocal is_longer
        room = DECODED_BYTES - len(decoded)
        is_longer = is_longer or len(piece) > room
        decoded.extend(piece[:room])

    reader = ContentReader(coding, read)
    reader.read(data)
    if reader.problem is not None:
        raise _Unreadable("encoded")
    return bytes(decoded), is_longer
