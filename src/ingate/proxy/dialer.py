"""The way to what clients are led to: limits, tunnels, connections to planes and hosts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from .client import HEAD_SECONDS
from .destination import Address
from .listener import Listener
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


class Dialer:
    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, plane_tls: ssl.SSLContext, listener: Listener, limits: Limits
    ) -> None:
        """`plane_tls` is for planes that speak TLS: it trusts their certificates."""
        self._loop = loop
        self._plane_tls = plane_tls
        self._listener = listener
        self._limits = limits

    def make_tunnel(self) -> Tunnel:
        return Tunnel(self._loop, idle_seconds=self._limits.idle_seconds)

    async def connect(self, tunnel: Tunnel, address: Address, *, server_name: str | None) -> str | None:
        """Joins the tunnel's far side to `address`, over TLS when a server name is given. None, or why not."""
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
            self._listener.on_unreachable(address, describe(error))
            return f"{address.host}:{address.port} cannot be reached: {describe(error)}"
        return None


def describe(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or type(error).__name__).replace("_", " ").lower()
    if isinstance(error, ConnectionResetError):
        return "connection reset"
    return error.strerror or ("it took too long" if isinstance(error, TimeoutError) else str(error))
