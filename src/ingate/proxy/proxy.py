"""The proxy: what becomes of each connection, from its first line to its end."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, assert_never

from .answers import ESTABLISHED
from .client import HEAD_SECONDS, ProxyClient
from .destination import (
    Address,
    Destination,
    NotLetOut,
    Routes,
    ToPlane,
    Untouched,
    decide_plain_request,
    decide_tunnel,
    find_by_name,
)
from .request_head import Connect, Malformed, PlainRequest, parse_request_head
from .tls_contexts import MakeContext, TlsContexts
from .tunnel import Tunnel

StartTask = Callable[[Coroutine[Any, Any, None]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, and a count."""

    head_seconds: float = HEAD_SECONDS
    connect_seconds: float = 10.0
    handshake_seconds: float = 10.0
    idle_seconds: float = 900.0
    """Longer than any plane waits for an answer's first byte."""
    connections: int = 1000


class Listener(Protocol):
    """Hears what people want to know of."""

    def on_not_let_out(self, host: str, port: int, reason: str) -> None: ...

    def on_unreachable(self, address: Address, reason: str) -> None: ...

    def on_untrusted(self, host: str, reason: str) -> None:
        """A client broke off the handshake: it does not trust the certificate, most of the time."""
        ...


class Proxy:
    """`accept` is the protocol factory of its listening socket."""

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        routes: Routes,
        make_context: MakeContext,
        plane_tls: ssl.SSLContext,
        start_task: StartTask,
        listener: Listener,
        limits: Limits | None = None,
    ) -> None:
        """`plane_tls` is for planes that speak TLS: it trusts their certificates."""
        self._loop = loop
        self._routes = routes
        self._contexts = TlsContexts(
            make_context, is_served=lambda name: find_by_name(routes.planes, name) is not None
        )
        self._plane_tls = plane_tls
        self._start_task = start_task
        self._listener = listener
        self._limits = limits or Limits()
        self._open = 0

    def accept(self) -> asyncio.Protocol:
        return ProxyClient(self._loop, self._take_head, head_seconds=self._limits.head_seconds)

    def _take_head(self, client: ProxyClient, head: bytes, rest: bytes) -> None:
        if self._open >= self._limits.connections:
            client.refuse(503, f"more than {self._limits.connections} connections are open")
            return
        destination = self._decide(head)
        match destination:
            case Malformed():
                client.refuse(400, destination.reason)
            case NotLetOut():
                self._listener.on_not_let_out(destination.host, destination.port, destination.reason)
                client.refuse(403, destination.reason)
            case ToPlane() if rest:
                client.refuse(400, "the client spoke before the tunnel was open")
            case ToPlane():
                self._start_task(self._serve(client, self._reach_plane(client, destination)))
            case Untouched():
                is_tunnel = not destination.first
                self._start_task(self._serve(client, self._pass_on(client, destination, rest, is_tunnel=is_tunnel)))
            case _:
                assert_never(destination)

    def _decide(self, head: bytes) -> Destination | Malformed:
        asked = parse_request_head(head)
        match asked:
            case Connect():
                return decide_tunnel(asked, self._routes)
            case PlainRequest():
                return decide_plain_request(asked, self._routes)
            case Malformed():
                return asked
            case _:
                assert_never(asked)

    async def _serve(self, client: ProxyClient, serving: Coroutine[Any, Any, None]) -> None:
        self._open += 1
        try:
            await serving
        finally:
            self._open -= 1
            if client.transport.is_closing():
                client.transport.abort()

    async def _reach_plane(self, client: ProxyClient, destination: ToPlane) -> None:
        host, plane = destination.host, destination.plane
        tunnel = self._make_tunnel()
        if not await self._connect(client, tunnel, plane.address, server_name=host if plane.is_tls else None):
            return
        client.transport.write(ESTABLISHED)
        try:
            transport = await self._loop.start_tls(
                client.transport,
                tunnel.client,
                self._contexts.get(host),
                server_side=True,
                ssl_handshake_timeout=self._limits.handshake_seconds,
            )
        except OSError as error:  # ssl.SSLError is one
            self._listener.on_untrusted(host, _describe(error))
            client.transport.abort()
            tunnel.host.abort()
            return
        if transport is None:  # the client left in the meantime
            tunnel.host.abort()
            return
        tunnel.client.connection_made(transport)
        await tunnel.run_to_its_end()

    async def _pass_on(self, client: ProxyClient, destination: Untouched, rest: bytes, *, is_tunnel: bool) -> None:
        tunnel = self._make_tunnel()
        if not await self._connect(client, tunnel, destination.address, server_name=None):
            return
        if is_tunnel:
            client.transport.write(ESTABLISHED)
        client.transport.set_protocol(tunnel.client)
        tunnel.client.connection_made(client.transport)
        tunnel.host.write(destination.first + rest)
        tunnel.client.resume_reading()
        await tunnel.run_to_its_end()

    async def _connect(
        self, client: ProxyClient, tunnel: Tunnel, address: Address, *, server_name: str | None
    ) -> bool:
        """Joins the tunnel's far side to `address`, over TLS when a server name is given. Refuses when it cannot."""
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                await self._loop.create_connection(
                    lambda: tunnel.host,
                    address.host,
                    address.port,
                    ssl=None if server_name is None else self._plane_tls,
                    server_hostname=server_name,
                )
        except OSError as error:  # so is TimeoutError
            self._listener.on_unreachable(address, _describe(error))
            client.refuse(502, f"{address.host}:{address.port} cannot be reached: {_describe(error)}")
            return False
        return True

    def _make_tunnel(self) -> Tunnel:
        return Tunnel(self._loop, idle_seconds=self._limits.idle_seconds)


def _describe(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or type(error).__name__).replace("_", " ").lower()
    return error.strerror or ("it took too long" if isinstance(error, TimeoutError) else type(error).__name__)
