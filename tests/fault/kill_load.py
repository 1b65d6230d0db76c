"""Clients that never ask twice, an upstream that keeps its own books, and what both can say afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.support.raw_client import Address
from tests.support.strict_http import Incomplete, Request, parse_response
from tests.support.upstream_script import SSE_HEADERS, Answer, Send, Step, Wait, answer, render_events, render_head

REQUESTS_A_CONNECTION = 15
"""Then a client connects anew, so that a worker that was started again gets its share."""


class Consumption(NamedTuple):
    input_tokens: int
    output_tokens: int


@dataclass
class Bookkeeper:
    """The script of an upstream whose answers each have an id and a consumption of their own."""

    answered: dict[str, Consumption] = field(default_factory=dict[str, Consumption])
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self, request: Request) -> Answer:
        number = next(self._numbers)
        marker = b"".join(request.values(b"x-marker")).decode()
        consumed = self.answered[f"req_{marker}"] = Consumption(number, number % 97 + 1)
        if b'"stream":true' in request.body:
            return _stream(marker, consumed)
        message: dict[str, object] = {
            "id": marker,
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [],
            "stop_reason": "end_turn",
            "usage": consumed._asdict(),
        }
        head = ((b"content-type", b"application/json"), (b"request-id", b"req_" + marker.encode()))
        return answer(200, json.dumps(message).encode(), headers=head, framing="chunked" if number % 3 else "eof")


def _stream(marker: str, consumed: Consumption) -> Answer:
    start = {"id": marker, "role": "assistant", "usage": {"input_tokens": consumed.input_tokens, "output_tokens": 1}}
    pieces = [
        render_events(("message_start", {"message": start})),
        render_events(("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "One"}})),
        render_events(
            (
                "message_delta",
                {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": consumed.output_tokens}},
            ),
            ("message_stop", {}),
        ),
    ]
    headers = (*SSE_HEADERS, (b"request-id", b"req_" + marker.encode()), (b"transfer-encoding", b"chunked"))
    steps: list[Step] = [Send(render_head(200, headers))]
    for piece in pieces:
        steps += [Send(b"%x\r\n%b\r\n" % (len(piece), piece)), Wait(0.003)]
    return [*steps, Send(b"0\r\n\r\n")]


@dataclass
class Load:
    """Clients that ask one thing after another until they are told to stop."""

    address: Address
    api_key: str
    deployment_name: str
    received: list[str] = field(default_factory=list[str])
    """The ids of the answers that came whole, to their last byte."""
    broken: int = 0
    """Answers that did not."""
    refused: list[bytes] = field(default_factory=list[bytes])
    """What came that was not the upstream's."""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _is_over: bool = False

    @contextlib.contextmanager
    def running(self, clients: int) -> Generator[None]:
        async def run() -> None:
            await asyncio.gather(*(self._be_client(random.Random(number)) for number in range(clients)))  # noqa: S311

        thread = threading.Thread(target=asyncio.run, args=(run(),))
        thread.start()
        try:
            yield
        finally:
            self._is_over = True
            thread.join()

    async def _be_client(self, dice: random.Random) -> None:
        while not self._is_over:
            try:
                reader, writer = await asyncio.open_connection(*self.address)
            except OSError:
                self.broken += 1
                continue
            try:
                for _ in range(REQUESTS_A_CONNECTION):
                    if self._is_over or not await self._ask(reader, writer, dice):
                        break
            except OSError:
                self.broken += 1
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dice: random.Random) -> bool:
        """Whether the connection can be used again."""
        marker = str(next(self._numbers))
        writer.write(self._render(marker, stream=dice.random() < 0.5))
        if dice.random() < 0.05:
            await asyncio.sleep(dice.random() * 0.01)
            return False  # leaves in the middle
        data = b""
        while True:
            part = await reader.read(65_536)
            if not part:
                self.broken += 1
                return False
            data += part
            try:
                response, _ = parse_response(data, method=b"POST", ended=False)
            except Incomplete:
                continue
            if response.status == 200 and b"error" not in response.body:
                self.received.append(f"req_{marker}")
            else:
                self.refused.append(response.head_bytes + response.body)
            return True

    def _render(self, marker: str, *, stream: bool) -> bytes:
        body: dict[str, object] = {"model": self.deployment_name, "max_tokens": 8, "stream": stream, "messages": []}
        data = json.dumps(body, separators=(",", ":")).encode()
        head = (
            f"POST /anthropic/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\napi-key: {self.api_key}\r\n"
            f"anthropic-version: 2023-06-01\r\nx-marker: {marker}\r\ncontent-length: {len(data)}\r\n\r\n"
        )
        return head.encode() + data
