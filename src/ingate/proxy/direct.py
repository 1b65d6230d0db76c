"""Clients that speak TLS from their first byte: DNS or /etc/hosts led them here, and the name in their TLS (SNI) says
whom they want.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable
from typing import Any, cast

from .answers import render_refusal
from .destination import HTTPS_PORT, Plane, Routes, find_by_name
from .dialer import Dialer, Limits, StartTask, describe
from .listener import Listener
from .request_head import parse_host
from .tls_contexts import PROTOCOLS, MakeContext, TlsContexts

NAMELESS = "localhost"
"""Whose certificate a client gets that names no host, such as one that was given an IP address."""


class DirectFront:
    """`accept` is the protocol factory of its listening socket. `routes` lead NAMELESS somewhere as well."""

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
        self._contexts = TlsContexts(make_context, is_served=lambda name: self._find(name) is not None)
        self._dialer = dialer
        self._start_task = start_task
        self._listener = listener
        self._limits = limits
        self._open = 0

    def accept(self) -> asyncio.Protocol:
        return _Arrival(self._take)

    def _take(self, transport: asyncio.Transport) -> None:
        if self._open >= self._limits.connections:
            transport.abort()
            return
        self._listener.on_arrival()
        self._start_task(self._serve(transport))

    async def _serve(self, transport: asyncio.Transport) -> None:
        self._open += 1
        try:
            await self._lead(transport)
        finally:
            self._open -= 1
            if transport.is_closing():
                transport.abort()

    async def _lead(self, transport: asyncio.Transport) -> None:
        tunnel = self._dialer.make_tunnel()
        is_near = is_on_this_machine(transport)
        greeting = _Greeting(self._contexts, lambda name: self._decide(name, is_near=is_near))
        try:
            secured = await self._loop.start_tls(
                transport,
                tunnel.client,
                greeting.context,
                server_side=True,
                ssl_handshake_timeout=self._limits.handshake_seconds,
            )
        except OSError as error:  # ssl.SSLError is one
            self._tell(greeting, error)
            transport.abort()
            return
        host, plane = greeting.name, greeting.plane
        if secured is None or plane is None:  # the client left in the meantime
            transport.abort()
            return
        tunnel.client.connection_made(secured)
        reason = await self._dialer.connect(tunnel, plane.address, server_name=host if plane.is_tls else None)
        if reason is not None:
            secured.write(render_refusal(502, reason))
            secured.close()
            return
        self._listener.on_served(host)
        await tunnel.run_to_its_end()
        if tunnel.client_left_unheard:
            self._listener.on_left_unheard(host)

    def _find(self, name: str) -> Plane | None:
        return find_by_name(self._routes.planes, name) if parse_host(name) == name else None

    def _decide(self, name: str, *, is_near: bool) -> Plane | str:
        """Where a client is led that asks for a name, or why it gets no certificate for it."""
        plane = self._find(name)
        if plane is None:
            return f"{name} is no host that Ingate serves: DNS or /etc/hosts should not lead it here"
        if plane.is_for_this_machine and not is_near:
            return f"{name} is served to this machine only; other machines reach the gateway's hosts"
        return plane

    def _tell(self, greeting: _Greeting, error: OSError) -> None:
        if greeting.refused:
            self._listener.on_not_let_out(greeting.name, HTTPS_PORT, greeting.refused)
        elif greeting.plane is not None:
            self._listener.on_untrusted(greeting.name, describe(error))
        # Otherwise it was no TLS, or a probe that looks whether somebody listens.


class _Greeting:
    """One client's TLS until it has said whom it wants. A context of its own tells clients apart."""

    def __init__(self, contexts: TlsContexts, decide: Callable[[str], Plane | str]) -> None:
        self.name = NAMELESS
        self.plane: Plane | None = None
        self.refused = ""
        """Why, when the name is one that this client cannot have."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_alpn_protocols(PROTOCOLS)
        self.context.sni_callback = self._choose
        self._contexts = contexts
        self._decide = decide

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        """None goes on; a number is the alert that ends the handshake."""
        self.name = name.lower() if name else NAMELESS
        decided = self._decide(self.name)
        if isinstance(decided, str):
            self.refused = decided
            return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
        self.plane = decided
        connection.context = self._contexts.get(self.name)
        return None


class _Arrival(asyncio.Protocol):
    """A connection, until TLS takes it. Nothing is read before."""

    def __init__(self, take: Callable[[asyncio.Transport], None]) -> None:
        self._take = take

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        accepted = cast("asyncio.Transport", transport)
        accepted.pause_reading()
        self._take(accepted)


def is_on_this_machine(transport: asyncio.Transport) -> bool:
    peer: Any = transport.get_extra_info("peername")
    address = ipaddress.ip_address(peer[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
