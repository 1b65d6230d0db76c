"""What a recording upstream sends back: a list of steps, and the answers that tests keep asking for."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .strict_http import Headers, Request, render_chunks

Framing = Literal["content-length", "chunked", "eof"]
Pieces = Literal["whole", "one-byte"] | int
"""How a body is cut: not at all, into single bytes, or at random with this seed."""


@dataclass(frozen=True, slots=True)
class Send:
    """Sends these bytes with one call."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Stall:
    """Sends nothing more until the gateway closes the connection (or `seconds` pass)."""

    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Reset:
    """Ends the connection with RST."""


@dataclass(frozen=True, slots=True)
class Close:
    """Ends the connection with FIN."""


Step = Send | Wait | Stall | Reset | Close
Answer = Sequence[Step]
"""After its last step the connection stays open for the next request, unless a step ended it."""

JSON_HEADERS: Headers = ((b"content-type", b"application/json"),)
SSE_HEADERS: Headers = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))


def split_pieces(data: bytes, pieces: Pieces) -> list[bytes]:
    if pieces == "whole":
        return [data] if data else []
    if pieces == "one-byte":
        return [data[i : i + 1] for i in range(len(data))]
    dice = random.Random(pieces)  # noqa: S311 - repeatable, not secret
    parts: list[bytes] = []
    position = 0
    while position < len(data):
        size = dice.choice((1, 2, 3, 7, 20, 100, 1000, 5000))
        parts.append(data[position : position + size])
        position += size
    return parts


def render_head(status: int, headers: Headers, *, reason: bytes = b"Scripted") -> bytes:
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, reason, lines)


def answer(
    status: int,
    body: bytes,
    *,
    headers: Headers = JSON_HEADERS,
    framing: Framing = "content-length",
    pieces: Pieces = "whole",
    pause: float = 0.0,
) -> list[Step]:
    """A whole answer. `pieces` cuts the body into sends (and chunks, when chunked), `pause` seconds apart."""
    parts = split_pieces(body, pieces)
    if framing == "content-length":
        headers = (*headers, (b"content-length", b"%d" % len(body)))
    elif framing == "chunked":
        headers = (*headers, (b"transfer-encoding", b"chunked"))
        parts = [render_chunks([part])[:-5] for part in parts] + [b"0\r\n\r\n"]
    else:
        headers = (*headers, (b"connection", b"close"))
    steps: list[Step] = [Send(render_head(status, headers))]
    for part in parts:
        if pause:
            steps.append(Wait(pause))
        steps.append(Send(part))
    if framing == "eof":
        steps.append(Close())
    return steps


def sse_answer(
    body: bytes, *, pieces: Pieces = "whole", framing: Framing = "chunked", pause: float = 0.0
) -> list[Step]:
    return answer(200, body, headers=SSE_HEADERS, framing=framing, pieces=pieces, pause=pause)


def error_body(kind: str, message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()


def render_events(*events: tuple[str, dict[str, object]]) -> bytes:
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (name.encode(), json.dumps({"type": name, **data}).encode())
        for name, data in events
    )


SHORT_STREAM = render_events(
    (
        "message_start",
        {
            "message": {
                "id": "msg_recorded",
                "type": "message",
                "role": "assistant",
                "model": "upstream-model",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {"input_tokens": 7, "output_tokens": 1},
            }
        },
    ),
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "One"}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": " two"}}),
    ("content_block_stop", {"index": 0}),
    ("message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 3}}),
    ("message_stop", {}),
)


def echo(request: Request) -> list[Step]:
    """The default answer: a message that says which request it answers, streamed when that asked for a stream."""
    marker = b"".join(request.values(b"x-marker")).decode("latin-1")
    if b'"stream":true' in request.body:
        return sse_answer(SHORT_STREAM.replace(b"msg_recorded", json.dumps(marker)[1:-1].encode()))
    message = {
        "id": marker,
        "type": "message",
        "role": "assistant",
        "model": "upstream-model",
        "content": [{"type": "text", "text": hashlib.sha256(request.body).hexdigest()}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }
    return answer(200, json.dumps(message).encode())
