"""One worker's data plane: its connections, what they share, and its orderly end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .client_address import ClientAddresses, FrontNetwork

if TYPE_CHECKING:
    from .connection import ClientConnection
    from .local_operations import LocalOperations
    from .pipeline import Pipeline

MiB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontLimits:
    """Bounds that the HTTP front keeps while it reads. Times are in seconds."""

    head_bytes: int = 64 * 1024
    header_count: int = 256
    body_bytes: int = 32 * MiB
    """https://platform.claude.com/docs/en/api/errors: 32 MB for messages and count_tokens."""
    upload_bytes: int = 500 * MiB
    """The same page: 500 MB for files."""
    head_timeout: float = 15.0
    """From a head's first byte to its last."""
    body_timeout: float = 30.0
    """For a body to come, prolonged by a second for every `body_bytes_per_second` that did."""
    body_bytes_per_second: int = 4096
    idle_timeout: float = 75.0
    """For the next request on a connection."""
    send_timeout: float = 300.0
    """For a client that does not read its answer."""
    linger_timeout: float = 2.0
    """For a client to take a last answer before its connection is cut."""
    connections: int = 20_000


class GatewayServer:
    """Shared by a worker's client connections. `sweep` is to be called a few times a second."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        limits: FrontLimits,
        clock: Callable[[], float],
        operations: LocalOperations | None = None,
        network: FrontNetwork | None = None,
    ) -> None:
        """`clock` is monotonic, in seconds. Without `operations`, the reserved prefix is a path like any other."""
        self.addresses = ClientAddresses(network.trusted_proxies if network is not None else ())
        self.operations = operations
        self.pipeline = pipeline
        self.limits = limits
        self.clock = clock
        self.connections: set[ClientConnection] = set()
        self.draining = False

    @property
    def is_idle(self) -> bool:
        """Whether no connection is left, and no upstream that is read on for its usage."""
        return not self.connections and not self.pipeline.drains

    def sweep(self) -> None:
        """Cuts off connections that have reached their deadline, and upstreams that nobody waits for any more."""
        now = self.clock()
        self.pipeline.drains.sweep(now)
        for connection in [c for c in self.connections if c.deadline <= now]:
            connection.on_deadline()

    def drain(self) -> None:
        """Takes no new requests; open exchanges go on."""
        self.draining = True
        self.pipeline.draining = True
        for connection in list(self.connections):
            connection.close_when_idle()

    def abort(self) -> None:
        """Ends what is still open. Every exchange settles as shut down."""
        for connection in list(self.connections):
            connection.stop()
        self.pipeline.drains.abort()
