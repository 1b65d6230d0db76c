"""A gateway worker without sockets: a clock moved by hand, transports that remember, upstreams that say what they are
told to. Everything that happens is also written into one transcript, in order.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ingate.domain.content import ContentRecording, ExchangeContent
from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource
from ingate.domain.exchange import ExchangeRecord
from ingate.domain.key import digest_api_key
from ingate.domain.price import PriceEntry, UnitPrices
from ingate.domain.upstream import (
    SIMULATOR_UPSTREAM,
    UpstreamCall,
    UpstreamDefinition,
    UpstreamFailure,
    UpstreamRequest,
    UpstreamSink,
)
from ingate.gateway.client_address import FrontNetwork
from ingate.gateway.connection import WRITE_HIGH_WATER, ClientConnection
from ingate.gateway.directory_index import DirectoryIndex
from ingate.gateway.drains import Drains
from ingate.gateway.pipeline import Pipeline
from ingate.gateway.server import FrontLimits, GatewayServer
from ingate.limits.in_process import InProcessLimiter
from ingate.wire.http1 import Header

KEY_1 = "key-one-of-example-resource"
KEY_2 = "key-two-of-example-resource"
HOST = b"example-resource.localhost"
MESSAGES = b"/anthropic/v1/messages"
BODY = b'{"model":"my-claude","max_tokens":1,"messages":[]}'
STREAM_BODY = b'{"model":"my-claude","max_tokens":1,"messages":[],"stream":true}'

JSON: Header = (b"content-type", b"application/json")
SSE: Header = (b"content-type", b"text/event-stream; charset=utf-8")

Transcript = list[tuple[str, object]]


@dataclass
class FakeClock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class FakeTransport(asyncio.Transport):
    """Remembers what was written. While `stalled`, the peer reads nothing."""

    def __init__(self, transcript: Transcript | None = None) -> None:
        super().__init__({"peername": ("203.0.113.7", 54321)})
        self.transcript: Transcript = transcript if transcript is not None else []
        self.protocol: asyncio.Protocol | None = None
        self.written = bytearray()
        self.stalled = False
        self.reading = True
        self.eof_written = self.closed = self.aborted = False
        self._unsent = 0
        self._high_water = WRITE_HIGH_WATER
        self._lost = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.is_closing() or self.eof_written:
            return
        self.written += data
        self.transcript.append(("client", bytes(data)))
        if self.stalled:
            was_below = self._unsent <= self._high_water
            self._unsent += len(data)
            if was_below and self._unsent > self._high_water and self.protocol is not None:
                self.protocol.pause_writing()

    def writelines(self, list_of_data: object) -> None:
        self.write(b"".join(bytes(piece) for piece in list_of_data))  # type: ignore[attr-defined]

    def drain(self) -> None:
        """The peer takes everything that is waiting."""
        self.stalled = False
        was_above = self._unsent > self._high_water
        self._unsent = 0
        if was_above and self.protocol is not None:
            self.protocol.resume_writing()

    def get_write_buffer_size(self) -> int:
        return self._unsent

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high_water = high if high is not None else WRITE_HIGH_WATER

    def write_eof(self) -> None:
        self.eof_written = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def lose(self, error: Exception | None = None) -> None:
        """The event loop says that the connection is gone."""
        if not self._lost and self.protocol is not None:
            self._lost = self.closed = True
            self.protocol.connection_lost(error)


@dataclass
class FakeCall:
    """A request as the upstream got it, and the upstream's side of the conversation."""

    request: UpstreamRequest
    sink: UpstreamSink
    transcript: Transcript
    cancelled: bool = False
    paused: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(bytes(piece) for piece in self.request.body)

    @property
    def headers(self) -> list[Header]:
        return list(self.request.headers)

    def answers(self, status: int, headers: Sequence[Header], data: bytes = b"", *, ended: bool = True) -> None:
        self.sink.on_answer_head(status, headers)
        self.sink.on_answer_read(data, ended)

    def sends(self, data: bytes, *, ended: bool = False) -> None:
        self.sink.on_answer_read(data, ended)

    def fails(self, failure: UpstreamFailure = UpstreamFailure.RESET, detail: str = "the wire was cut") -> None:
        self.sink.on_upstream_failure(failure, detail)

    def cancel(self) -> None:
        self.cancelled = True
        self.transcript.append(("upstream", "cancelled"))

    def pause(self) -> None:
        self.paused = True
        self.transcript.append(("upstream", "paused"))

    def resume(self) -> None:
        self.paused = False
        self.transcript.append(("upstream", "resumed"))


@dataclass
class FakeUpstream:
    transcript: Transcript = field(default_factory=Transcript)
    calls: list[FakeCall] = field(default_factory=list[FakeCall])

    def send(self, request: UpstreamRequest, sink: UpstreamSink) -> UpstreamCall:
        call = FakeCall(request, sink, self.transcript)
        self.calls.append(call)
        self.transcript.append(("upstream", call.body))
        return call


@dataclass
class FakeLog:
    transcript: Transcript = field(default_factory=Transcript)
    records: list[ExchangeRecord] = field(default_factory=list[ExchangeRecord])
    kept: list[ExchangeRecord] = field(default_factory=list[ExchangeRecord])
    ready: bool = True
    writable: bool = True
    """A disk that fills up while exchanges are under way is not, though the log was ready for them."""
    waiting: list[Callable[[bool], None]] | None = None
    """With a list, answers wait until a test calls what is in it."""

    def append(self, record: ExchangeRecord, then: Callable[[bool], None] | None = None) -> bool:
        if not self.writable:
            return False
        self.records.append(record)
        self.transcript.append(("record", record.outcome))
        if then is not None and self.waiting is not None:
            self.waiting.append(then)
        elif then is not None:
            then(True)
        return self.ready

    def keep(self, record: ExchangeRecord) -> None:
        self.kept.append(record)

    def is_ready(self) -> bool:
        return self.ready


@dataclass
class FakeContentLog:
    transcript: Transcript = field(default_factory=Transcript)
    contents: list[ExchangeContent] = field(default_factory=list[ExchangeContent])

    def append(self, content: ExchangeContent) -> None:
        self.contents.append(content)
        self.transcript.append(("content", content.ending))


@dataclass
class FakeClient:
    """A client's connection, from the client's side."""

    connection: ClientConnection
    transport: FakeTransport
    _taken: int = 0

    def sends(self, data: bytes) -> None:
        self.connection.data_received(data)

    def sends_slowly(self, data: bytes) -> None:
        """A byte a read."""
        for index in range(len(data)):
            self.connection.data_received(data[index : index + 1])

    def takes(self) -> bytes:
        """What has come since the last look."""
        taken = bytes(self.transport.written[self._taken :])
        self._taken = len(self.transport.written)
        return taken

    def half_closes(self) -> None:
        if not self.connection.eof_received():
            self.transport.close()

    def leaves(self) -> None:
        self.transport.lose(ConnectionResetError())


def number(prefix: str) -> Callable[[], str]:
    """req_1, req_2, ..."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers)}"


PRICE = PriceEntry(
    label="list",
    effective_from=0.0,
    tiers=(
        UnitPrices(
            input=Decimal(3),
            cache_write_5m=Decimal("3.75"),
            cache_write_1h=Decimal(6),
            cache_read=Decimal("0.30"),
            output=Decimal(15),
        ),
    ),
    web_search=Decimal(10),
)


def make_deployment(
    name: str, *, upstream: str = "fake", capacity: int = 1000, record_content: ContentRecording | None = None
) -> DirectoryDeployment:
    return DirectoryDeployment(
        record_content=record_content,
        name=name,
        model_id="claude-sonnet-4-5",
        model_version="20250929",
        deployment_type="GlobalStandard",
        capacity=capacity,
        upstream=upstream,
        upstream_model=f"{upstream}-model",
        prices=(PRICE,),
    )


def make_resource(name: str, *deployments: DirectoryDeployment, keys: tuple[str, str]) -> DirectoryResource:
    return DirectoryResource(
        name=name,
        resource_id=f"/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/{name}",
        subdomain=name,
        location="eastus2",
        key_digests=(digest_api_key(keys[0]), digest_api_key(keys[1])),
        deployments=deployments,
    )


def make_directory(*, capacity: int = 1000, record_content: ContentRecording | None = None) -> Directory:
    """Two resources; the first has `my-claude` and, in the simulator's place, `other`."""
    return Directory(
        revision=7,
        resources=(
            make_resource(
                "example-resource",
                make_deployment("my-claude", capacity=capacity, record_content=record_content),
                make_deployment("lost", upstream="deleted"),
                keys=(KEY_1, KEY_2),
            ),
            make_resource("second-resource", keys=("second-1", "second-2")),
        ),
        upstreams=(SIMULATOR_UPSTREAM, UpstreamDefinition(name="fake", kind="messages-api", base_url="http://fake")),
    )


class FakeFront:
    """One worker and its surroundings."""

    def __init__(
        self,
        *,
        limits: FrontLimits | None = None,
        capacity: int = 1000,
        drain_patience: float = 0,
        limiter: InProcessLimiter | None = None,
        record_content: ContentRecording | None = None,
        network: FrontNetwork | None = None,
        continues_traces: bool = False,
    ) -> None:
        self.network = network or FrontNetwork()
        self.transcript: Transcript = []
        self.clock = FakeClock()
        self.upstream = FakeUpstream(self.transcript)
        self.log = FakeLog(self.transcript)
        self.content_log = FakeContentLog(self.transcript)
        self.limiter = limiter or InProcessLimiter()
        self.pipeline = Pipeline(
            directory=self.index(make_directory(capacity=capacity, record_content=record_content)),
            limiter=self.limiter,
            log=self.log,
            clock=self.clock,
            wall_clock=lambda: self.clock() + 1_800_000_000,
            make_request_id=number("req_"),
            make_apim_request_id=number("apim-"),
            drains=Drains(patience=drain_patience),
            content_log=self.content_log,
            continues_traces=continues_traces,
        )
        self.server = GatewayServer(
            pipeline=self.pipeline, limits=limits or FrontLimits(), clock=self.clock, network=self.network
        )

    def index(self, directory: Directory) -> DirectoryIndex:
        return DirectoryIndex(
            directory,
            get_upstream=lambda _: self.upstream,
            default_resource="example-resource",
            domains=(),
            private_ranges=self.network.private_ranges,
        )

    def connect(self) -> FakeClient:
        transport = FakeTransport(self.transcript)
        connection = ClientConnection(self.server)
        transport.protocol = connection
        connection.connection_made(transport)
        return FakeClient(connection, transport)

    def wait(self, seconds: float) -> None:
        """Time passes, and deadlines come due."""
        self.clock.advance(seconds)
        self.server.sweep()

    @property
    def call(self) -> FakeCall:
        """The request that the upstream got last."""
        return self.upstream.calls[-1]


def render_request(
    body: bytes = BODY,
    *,
    headers: Sequence[bytes] = (),
    method: bytes = b"POST",
    target: bytes = MESSAGES,
    version: bytes = b"1.1",
    framing: bytes | None = None,
) -> bytes:
    """A request that is admitted, unless told otherwise."""
    lines = [
        b"%b %b HTTP/%b" % (method, target, version),
        b"Host: " + HOST,
        b"api-key: " + KEY_1.encode(),
        b"anthropic-version: 2023-06-01",
        *headers,
        framing if framing is not None else b"Content-Length: %d" % len(body),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
