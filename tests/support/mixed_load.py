"""Many calls of every kind by a few clients at once, and what their answers said."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast
from urllib.parse import urlsplit

from .running import RunningIngate

ANSWER_SECONDS = 20.0
CLASSES = {
    "input": ("input_tokens",),
    "output": ("output_tokens",),
    "cache_read": ("cache_read_input_tokens",),
    "cache_write_5m": ("cache_creation", "ephemeral_5m_input_tokens"),
    "cache_write_1h": ("cache_creation", "ephemeral_1h_input_tokens"),
}
"""Where an answer's usage has each class of tokens."""
LONG_TEXT = "All of this is worth remembering. " * 250
"""Enough for a prompt to be cached by models with a minimum of 1,024 tokens."""


@dataclass(frozen=True, kw_only=True)
class Call:
    deployment: str
    caller: str
    """A name in the load's credentials."""
    body: dict[str, Any]
    operation: str = "messages"
    status: int = 200


@dataclass(kw_only=True)
class Truth:
    """What the answers said."""

    calls: Counter[tuple[str, str, int, bool]] = field(default_factory=lambda: Counter[tuple[str, str, int, bool]]())
    """By deployment, operation, status, and whether it was streamed."""
    tokens: Counter[tuple[str, str, str]] = field(default_factory=lambda: Counter[tuple[str, str, str]]())
    """By deployment, caller and class."""

    def count_calls(self, **wanted: object) -> int:
        names = ("deployment", "operation", "status", "streamed")
        return sum(
            many for key, many in self.calls.items() if wanted.items() <= dict(zip(names, key, strict=True)).items()
        )

    def sum_tokens(self, class_: str, deployment: str | None = None) -> int:
        return sum(
            many
            for (of, _, name), many in self.tokens.items()
            if name == class_ and (deployment is None or of == deployment)
        )

    def add(self, call: Call, status: int, usage: Mapping[str, Any]) -> None:
        self.calls[call.deployment, call.operation, status, bool(call.body.get("stream"))] += 1
        for class_, path in CLASSES.items():
            *outer, last = path
            inner: Mapping[str, Any] = usage
            for name in outer:
                inner = inner.get(name) or {}
            value = inner.get(last)
            if value and call.operation == "messages":
                self.tokens[call.deployment, call.caller, class_] += value


def plan_calls(
    deployments: tuple[str, str, str], keyed: str, others: tuple[str, ...], stranger: str
) -> Iterator[Call]:
    """Endless. `keyed`, `others` and `stranger` are names of callers: by key, by token, and one nobody knows."""
    number = 0
    while True:
        deployment = deployments[number // 20 % 3]
        caller = (keyed, *others)[number // 7 % (1 + len(others))]
        yield _plan_call(number, deployment, caller, stranger)
        number += 1


def _plan_call(number: int, deployment: str, caller: str, stranger: str) -> Call:
    ask = {"model": deployment, "messages": [{"role": "user", "content": f"Question {number}"}]}
    body: dict[str, Any] = {**ask, "max_tokens": 4 + number % 40}
    which = number % 20
    if which < 8:
        return Call(deployment=deployment, caller=caller, body=body)
    if which < 13:
        return Call(deployment=deployment, caller=caller, body=body | {"stream": True})
    if which < 16:
        ttl = "1h" if which == 15 else "5m"
        system = [
            {
                "type": "text",
                "text": f"{LONG_TEXT} {number // 20 % 50}",
                "cache_control": {"type": "ephemeral", "ttl": ttl},
            }
        ]
        return Call(deployment=deployment, caller=caller, body=body | {"system": system, "stream": which == 14})
    if which == 16:
        return Call(deployment=deployment, caller=caller, body=ask, operation="count_tokens")
    if which == 17:
        return Call(deployment=deployment, caller=caller, body=body | {"max_tokens": 0.5}, status=400)
    if which == 18:
        return Call(deployment="nobody", caller=caller, body=body | {"model": "nobody"}, status=404)
    return Call(deployment=deployment, caller=stranger, body=body, status=401)


async def run_mixed_load(
    ingate: RunningIngate, calls: Iterator[Call], credentials: Mapping[str, str], *, count: int, clients: int = 16
) -> Truth:
    """`credentials`: each caller's header, as `name: value`. Fails when an answer has another status than planned."""
    address = urlsplit(ingate.gateway_url)
    assert address.hostname is not None
    truth, waiting = Truth(), islice(calls, count)
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_run_client(address.hostname, address.port or 80, waiting, credentials, truth))
    return truth


async def _run_client(
    host: str, port: int, calls: Iterator[Call], credentials: Mapping[str, str], truth: Truth
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for call in calls:
        writer.write(_render_request(call, credentials[call.caller]))
        async with asyncio.timeout(ANSWER_SECONDS):
            status, is_open, content = await _read_answer(reader)
        assert status == call.status, content[:500]
        truth.add(
            call, status, _read_usage(content, is_stream=bool(call.body.get("stream"))) if status == 200 else {}
        )
        if not is_open:
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
    writer.close()


def _render_request(call: Call, credential: str) -> bytes:
    body = json.dumps(call.body).encode()
    path = "/anthropic/v1/messages" + ("/count_tokens" if call.operation == "count_tokens" else "")
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\nanthropic-version: 2023-06-01\r\n"
        f"content-type: application/json\r\n{credential}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bool, bytes]:
    """Its status, whether the connection stays open, and its body."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        pieces: list[bytes] = []
        while size := int(await reader.readline(), 16):
            pieces.append((await reader.readexactly(size + 2))[:-2])
        await reader.readexactly(2)
        content = b"".join(pieces)
    else:
        content = await reader.readexactly(int(headers["content-length"]))
    return int(lines[0].split()[1]), headers.get("connection") != "close", content


def _read_usage(content: bytes, *, is_stream: bool) -> dict[str, Any]:
    """A stream's numbers are those of its last event that has them."""
    if not is_stream:
        return cast("dict[str, Any]", json.loads(content)).get("usage", {})
    usage: dict[str, Any] = {}
    for line in content.splitlines():
        if line.startswith(b'data: {"type":"message_') or line.startswith(b'data: {"type": "message_'):
            event = json.loads(line[6:])
            usage |= event.get("message", event).get("usage") or {}
    return usage
