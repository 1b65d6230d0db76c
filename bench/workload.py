"""What is sent and what is answered: the requests, and the mock upstream's canned answers.

A request's text begins with a marker such as `bench:burst`, which every gateway passes on; the mock upstream picks
its answer by it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]

BENCH_API_KEY = "bench-upstream-key-0123456789abcdef"
"""What gateways present to the mock upstream. Opens nothing."""

BURST_DELTAS = 54
"""With the six events around them a burst has 60 events and about 9 KB."""

SLOW_EVENT_INTERVAL = 5.0
"""Seconds between two events of a slow stream."""


class Route(StrEnum):
    """Which of the mock's listeners a gateway's upstream is."""

    FAST = "fast"
    """Small canned JSON, from nginx where there is one."""
    SCRIPTED = "scripted"
    """Answers picked by the request's marker."""
    TLS = "tls"
    """As FAST, over TLS."""


class Shape(StrEnum):
    """A kind of request; its value is the marker's second half."""

    JSON = "json"
    LARGE_JSON = "large"
    BURST = "burst"
    PACED = "paced"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where and how a client sends requests to one contender."""

    host: str
    port: int
    path: str
    headers: tuple[tuple[str, str], ...]
    model: str


def render_body(shape: Shape, model: str) -> bytes:
    """A Messages request as an application would send it."""
    body: Json = {
        "model": model,
        "max_tokens": 1024,
        "system": "You are a terse assistant for a weather service. Answer in one paragraph.",
        "messages": [{"role": "user", "content": f"bench:{shape} What should I wear in Oslo tomorrow?"}],
    }
    if shape in (Shape.BURST, Shape.PACED, Shape.SLOW):
        body["stream"] = True
    if shape is Shape.LARGE_JSON:
        body["messages"].extend(_long_conversation(total_bytes=400_000))
    return json.dumps(body).encode()


def render_request(target: Target, body: bytes) -> bytes:
    """One HTTP/1.1 request, head and body."""
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.host}:{target.port}"]
    lines += [f"{name}: {value}" for name, value in request_headers(target)]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def request_headers(target: Target) -> list[tuple[str, str]]:
    """All headers but Host and Content-Length."""
    return [
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("user-agent", "ingate-bench/1"),
        ("anthropic-version", "2023-06-01"),
        *target.headers,
    ]


def json_answer() -> bytes:
    """A Messages answer of about 1 KB."""
    text = "Oslo will be cold and bright tomorrow, so dress in layers and bring a hat. " * 9
    answer: Json = {
        "id": "msg_01BenchAnswer0000000000000",
        "type": "message",
        "role": "assistant",
        "model": "claude-mock",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": _usage(input_tokens=41, output_tokens=150),
    }
    return json.dumps(answer).encode()


def stream_opening() -> list[bytes]:
    """The events before the first delta, one each."""
    message: Json = {
        "id": "msg_01BenchAnswer0000000000000",
        "type": "message",
        "role": "assistant",
        "model": "claude-mock",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(input_tokens=41, output_tokens=1),
    }
    block: Json = {"type": "text", "text": ""}
    return [
        _event({"type": "message_start", "message": message}),
        _event({"type": "content_block_start", "index": 0, "content_block": block}),
        _event({"type": "ping"}),
    ]


def stream_delta() -> bytes:
    """One event of text."""
    delta = {"type": "text_delta", "text": "layers and a hat, "}
    return _event({"type": "content_block_delta", "index": 0, "delta": delta})


def stream_closing() -> list[bytes]:
    """The events after the last delta."""
    delta: Json = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        _event({"type": "content_block_stop", "index": 0}),
        _event({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 150}}),
        _event({"type": "message_stop"}),
    ]


def _event(data: Json) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def _usage(*, input_tokens: int, output_tokens: int) -> Json:
    return {
        "input_tokens": input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _long_conversation(*, total_bytes: int) -> list[Json]:
    paragraph = "The forecast for the coast says wind from the north-west, clearing by noon. " * 13
    turns = max(1, total_bytes // (len(paragraph) + 40) // 2)
    turn: list[Json] = [
        {"role": "assistant", "content": paragraph},
        {"role": "user", "content": [{"type": "text", "text": paragraph}]},
    ]
    return turn * turns
