"""An event loop whose clock is moved by hand and whose connections lead nowhere but to the test."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from tests.unit.gateway.fake_front import FakeTransport

from ingate.domain.upstream import UpstreamFailure, UpstreamRequest
from ingate.upstreams.http1_connection import Http1Connection
from ingate.wire.http1 import Header


@dataclass
class FakeServer:
    """The far end of one connection to an upstream."""

    connection: Http1Connection
    transport: FakeTransport
    loop: HandDrivenLoop
    _taken: int = 0

    def takes(self) -> bytes:
        """What has come since the last look."""
        taken = bytes(self.transport.written[self._taken :])
        self._taken = len(self.transport.written)
        return taken

    def sends(self, data: bytes) -> None:
        self.connection.data_received(data)
        self.loop.settle()

    def closes(self, error: Exception | None = None) -> None:
        if error is None:
            self.connection.eof_received()
        self.transport.lose(error)
        self.loop.settle()


class HandDrivenLoop(asyncio.SelectorEventLoop):
    """`connecting` decides what becomes of a connect: None to stay under way, an exception, or a new connection."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 5000.0
        self.servers: list[FakeServer] = []
        self.asked: list[tuple[str, int, ssl.SSLContext | None, str | None]] = []
        self.refuse_with: Exception | None = None
        self.gate: asyncio.Event | None = None
        """While there is one, connects wait for it."""
        self.problems: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, context: self.problems.append(context))

    def time(self) -> float:
        return getattr(self, "now", 0.0)

    async def create_connection(  # type: ignore[override]
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | None = None,
        port: int | None = None,
        *,
        ssl: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        self.asked.append((host or "", port or 0, ssl, server_hostname))
        if self.gate is not None:
            await self.gate.wait()
        if self.refuse_with is not None:
            raise self.refuse_with
        connection = cast(Http1Connection, protocol_factory())
        transport = FakeTransport()
        transport.protocol = connection
        connection.connection_made(transport)
        self.servers.append(FakeServer(connection, transport, self))
        return transport, connection

    @property
    def server(self) -> FakeServer:
        """The far end of the newest connection."""
        return self.servers[-1]

    def settle(self) -> None:
        """Runs everything that is due."""
        for _ in range(5):
            self.call_soon(self.stop)
            self.run_forever()

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.settle()


Heard = tuple[str, object]


@dataclass
class RecordingSink:
    """What a gateway would hear, in order."""

    heard: list[Heard] = field(default_factory=list[Heard])
    headers: Sequence[Header] = ()

    def on_answer_head(self, status: int, headers: Sequence[Header]) -> None:
        self.heard.append(("head", status))
        self.headers = headers

    def on_answer_read(self, data: bytes, ended: bool) -> None:
        self.heard.append(("end" if ended else "read", data))

    def on_upstream_failure(self, failure: UpstreamFailure, detail: str) -> None:
        self.heard.append(("failure", failure))
        self.detail = detail

    detail: str = ""


REQUEST = UpstreamRequest(
    path=b"/v1/messages",
    query=b"beta=true",
    headers=[(b"anthropic-version", b"2023-06-01")],
    body=[b'{"model":', memoryview(b'"m"}')],
    content_length=13,
)
