"""The proxy: what becomes of each connection, from its first line to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, assert_never

from .answers import ESTABLISHED
from .client import ProxyClient
from .destination import (
    Destination,
    NotLetOut,
    Routes,
    ToPlane,
    Untouched,
    decide_plain_request,
    decide_tunnel,
    find_by_name,
)
from .dialer import Dialer, Limits, StartTask, describe
from .listener import Listener
from .request_head import Connect, Malformed, PlainRequest, parse_request_head
from .tls_contexts import MakeContext, TlsContexts


class Proxy:
    """`accept` is the protocol factory of its listening socket."""

    def __init__(
        self,
        *,
        loop: asyncio.AbstractEventLoop,
        routes: Routes,
        make_context: MakeContext,
        dialer: Dialer,
        start_task: StartTask,
        listener: Listener,
        limits: Limits,
    ) -> None:
        self._loop = loop
        self._routes = routes
        self._contexts = TlsContexts(
            make_context, is_served=lambda name: find_by_name(routes.planes, name) is not None
        )
        self._dialer = dialer
        self._start_task = start_task
        self._listener = listener
        self._limits = limits
        self._open = 0

    def accept(self) -> asyncio.Protocol:
        return ProxyClient(self._loop, self._take_head, head_seconds=self._limits.head_seconds)

    def _take_head(self, client: ProxyClient, head: bytes, rest: bytes) -> None:
        if self._open >= self._limits.connections:
            client.refuse(503, f"more than {self._limits.connections} connections are open")
            return
        self._listener.on_arrival()
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
        tunnel = self._dialer.make_tunnel()
        reason = await self._dialer.connect(tunnel, plane.address, server_name=host if plane.is_tls else None)
        if reason is not None:
            client.refuse(502, reason)
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
            self._listener.on_untrusted(host, describe(error))
            client.transport.abort()
            tunnel.host.abort()
            return
        if transport is None:  # the client left in the meantime
            tunnel.host.abort()
            return
        self._listener.on_served(host)
        tunnel.client.connection_made(transport)
        await tunnel.run_to_its_end()
        if tunnel.client_left_unheard:
            self._listener.on_left_unheard(host)

    async def _pass_on(self, client: ProxyClient, destination: Untouched, rest: bytes, *, is_tunnel: bool) -> None:
        tunnel = self._dialer.make_tunnel()
        reason = await self._dialer.connect(tunnel, destination.address, server_name=None)
        if reason is not None:
            client.refuse(502, reason)
            return
        if is_tunnel:
            client.transport.write(ESTABLISHED)
        client.transport.set_protocol(tunnel.client)
        tunnel.client.connection_made(client.transport)
        tunnel.host.write(destination.first + rest)
        tunnel.client.resume_reading()
        await tunnel.run_to_its_end()
