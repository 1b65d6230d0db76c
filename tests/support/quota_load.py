"""Many clients on one deployment, and what of their requests was admitted."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .running import RunningIngate

ANSWER_SECONDS = 10.0


@dataclass(kw_only=True)
class LoadResult:
    """What clients saw. Input tokens are those of the answers' usage."""

    admitted: int = 0
    input_tokens: int = 0
    refused: int = 0
    others: list[str] = field(default_factory=list[str])
    """First lines of answers that are neither 200 nor 429."""
    began: float = 0.0
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        return self.ended - self.began


async def run_load(
    ingate: RunningIngate, deployment: str, *, clients: int, seconds: float, pause: float, text: str = "Hello"
) -> LoadResult:
    """Each client has a connection of its own, asks, and asks again after `pause` when it was refused."""
    address = urlsplit(ingate.gateway_url)
    assert address.hostname is not None
    body = json.dumps(
        {"model": deployment, "max_tokens": 1, "messages": [{"role": "user", "content": text}]}
    ).encode()
    head = (
        "POST /anthropic/v1/messages HTTP/1.1\r\nhost: localhost\r\nanthropic-version: 2023-06-01\r\n"
        f"content-type: application/json\r\nx-api-key: {ingate.api_key}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    result = LoadResult(began=time.monotonic())
    until = result.began + seconds
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_run_client(address.hostname, address.port or 80, request, until, pause, result))
    result.ended = time.monotonic()
    return result


async def _run_client(host: str, port: int, request: bytes, until: float, pause: float, result: LoadResult) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while time.monotonic() < until:
        writer.write(request)
        async with asyncio.timeout(ANSWER_SECONDS):
            status, line, body = await _read_answer(reader)
        if status == 200:
            result.admitted += 1
            result.input_tokens += json.loads(body)["usage"]["input_tokens"]
        elif status == 429:
            result.refused += 1
            await asyncio.sleep(pause)
        else:
            result.others.append(line)
            await asyncio.sleep(pause)
    writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *headers = head.split("\r\n")
    lengths = [header.partition(":")[2] for header in headers if header.lower().startswith("content-length:")]
    return int(line.split(" ")[1]), line, await reader.readexactly(int(lengths[0]))
