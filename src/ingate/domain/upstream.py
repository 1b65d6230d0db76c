"""Upstreams: where exchanges go, and the port through which the gateway sends one and hears its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

import msgspec

from ingate.wire.arm.ids import render_upstream_id

from .catalog import Hosting
from .change import SystemData

UpstreamKind = Literal["simulator", "messages-api"]
"""`simulator` answers in process; `messages-api` is any server that speaks the Messages API."""

CredentialHeader = Literal["x-api-key", "api-key", "authorization"]
"""The request header that carries an upstream's credential; `authorization` sends it as a bearer token."""

SIMULATOR = "simulator"
"""The name of the upstream that every Ingate has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialReference:
    """Where a gateway finds an upstream's credential. The credential itself is never stored.

    `source` "env" reads the environment variable `location`; "file" reads the file at that path, trailing
    white space removed.
    """

    source: Literal["env", "file"]
    location: str

    def __str__(self) -> str:
        return f"{self.source}:{self.location}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamDefinition:
    """An upstream as the operator configured it. Times are in seconds."""

    name: str
    kind: UpstreamKind
    base_url: str | None = None
    """Everything before `/v1/messages`, such as `https://api.anthropic.com`. None for the simulator."""
    credential: CredentialReference | None = None
    credential_header: CredentialHeader = "x-api-key"
    profile: str = "none"
    """Which deviations from the Messages API to normalise; "none" relays every byte as it comes."""
    connect_timeout: float = 10.0
    first_byte_timeout: float = 600.0
    idle_timeout: float = 300.0
    """Longest silence between two reads of an answer."""
    tls_ca_file: str | None = None
    """Certificates to trust instead of the platform's."""


SIMULATOR_UPSTREAM = UpstreamDefinition(name=SIMULATOR, kind="simulator")
"""Built in: every directory has it, and nobody can change or delete it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredUpstream:
    """An upstream as Azure Resource Manager shows it. Its name is unique in the whole Ingate, because deployments
    of every resource may name it."""

    definition: UpstreamDefinition
    subscription_id: str
    resource_group: str
    allow_plain_http: bool
    """Its operator accepts that the credential crosses a network in clear."""
    etag: str
    system_data: SystemData

    @property
    def upstream_id(self) -> str:
        return render_upstream_id(self.subscription_id, self.resource_group, self.definition.name)


class UpstreamStore(Protocol):
    """Keeps the configured upstreams, so not the built-in one. Names are compared without regard to case; every
    change is a new revision of the directory."""

    async def get_upstream(self, name: str) -> ConfiguredUpstream | None: ...

    async def list_upstreams(self) -> list[ConfiguredUpstream]:
        """By name."""
        ...

    async def put_upstream(self, upstream: ConfiguredUpstream) -> None: ...

    async def delete_upstream(self, name: str) -> bool:
        """False when there was none."""
        ...


class UpstreamFailure(Enum):
    """Why an exchange with an upstream ended without a whole answer."""

    NOT_CONFIGURED = "not-configured"
    """Its credential or certificate file cannot be read."""
    UNREACHABLE = "unreachable"
    """No connection: refused, no such host, TLS not agreed."""
    RESET = "reset"
    """The connection ended before the answer did."""
    TIMEOUT = "timeout"
    """Too slow to connect, to begin to answer, or to go on."""
    MALFORMED = "malformed"
    """What it sent is not HTTP, or not what its profile promises."""
    CUT = "cut"
    """The simulator was told to end the connection to the client there: a fault for the client to cope with."""


class UpstreamRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it goes to an upstream: end-to-end headers only, credentials and framing not among them."""

    method: bytes = b"POST"
    path: bytes
    """Below the upstream's base URL, such as `/v1/messages`."""
    query: bytes
    """Without the question mark; empty when there is none."""
    headers: Sequence[tuple[bytes, bytes]]
    """Names as the client spelled them."""
    body: Sequence[bytes | memoryview]
    """The client's bytes in order, with only the value of `model` replaced."""
    content_length: int
    resource_id: str = ""
    """Its Azure Resource Manager id."""
    deployment_name: str = ""
    """Empty when the operation names none."""
    hosting: Hosting = "anthropic"
    rendered: dict[object, bytes] = msgspec.field(default_factory=dict[object, bytes])
    """Where an upstream may keep what it makes of path, query and headers: a client repeats them from request to
    request, and then finds it there."""


class UpstreamSink(Protocol):
    """What hears an upstream's answer. Every call ends with exactly one of: a read with `ended`, a failure, or
    the caller's own cancel. None of these methods raises."""

    def on_answer_head(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """The answer begins. `on_answer_read` follows in the same turn of the event loop."""
        ...

    def on_answer_read(self, data: bytes, ended: bool) -> None:
        """Some of the answer's body, transfer coding removed; `ended` with its last byte. May be empty."""
        ...

    def on_upstream_failure(self, failure: UpstreamFailure, detail: str) -> None:
        """No more will come. `detail` is for the operator's log and holds no secret."""
        ...


class UpstreamCall(Protocol):
    """A request under way."""

    def cancel(self) -> None:
        """Ends it at once; the sink hears nothing more. Harmless after the end."""
        ...

    def pause(self) -> None:
        """Stops reading from the upstream until `resume`: the client is slower than it."""
        ...

    def resume(self) -> None: ...


class Upstream(Protocol):
    """One configured upstream, ready to be used by a gateway worker."""

    def send(self, request: UpstreamRequest, sink: UpstreamSink) -> UpstreamCall:
        """Starts an exchange. The sink is never called before this returns."""
        ...
