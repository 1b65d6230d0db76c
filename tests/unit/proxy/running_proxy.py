"""A proxy on loopback, a plane behind it, and clients that speak to it as real ones do."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingate.assembly.proxy import add_direct_names, make_server_context
from ingate.certificates.authority import open_authority
from ingate.proxy.destination import Address, Plane, Routes
from ingate.proxy.dialer import Dialer, Limits
from ingate.proxy.direct import DirectFront
from ingate.proxy.listener import Listener
from ingate.proxy.proxy import Proxy
from ingate.store.private_file import write_private_file

SERVED = "example-resource.services.ai.azure.com"
NEAR = "management.azure.com"
"""Served to this machine alone."""
Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(kw_only=True)
class Heard(Listener):
    """What a proxy tells its listener."""

    arrivals: int = 0
    served: list[str] = field(default_factory=list[str])
    left_unheard: list[str] = field(default_factory=list[str])
    not_let_out: list[str] = field(default_factory=list[str])
    unreachable: list[str] = field(default_factory=list[str])
    untrusted: list[str] = field(default_factory=list[str])

    def on_arrival(self) -> None:
        self.arrivals += 1

    def on_served(self, host: str) -> None:
        self.served.append(host)

    def on_left_unheard(self, host: str) -> None:
        self.left_unheard.append(host)

    def on_not_let_out(self, host: str, port: int, reason: str) -> None:
        self.not_let_out.append(f"{host}:{port}")

    def on_unreachable(self, address: Address, reason: str) -> None:
        self.unreachable.append(reason)

    def on_untrusted(self, host: str, reason: str) -> None:
        self.untrusted.append(host)


@dataclass(kw_only=True)
class RunningProxy:
    port: int
    direct_port: int
    """Where it takes TLS itself."""
    ca_file: Path
    heard: Heard
    plane: asyncio.Server
    tasks: set[asyncio.Task[None]]

    async def open(self) -> Connection:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, head: str) -> bytes:
        """All that the proxy says to this, until it closes."""
        reader, writer = await self.open()
        writer.write(head.encode())
        answer = await reader.read()
        writer.close()
        return answer

    async def tunnel(self, target: str = f"{SERVED}:443", *, version: str = "1.1") -> Connection:
        reader, writer = await self.open()
        writer.write(f"CONNECT {target} HTTP/{version}\r\nHost: {target}\r\n\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        return reader, writer

    async def tls(
        self, host: str = SERVED, *, version: str = "1.1", protocols: tuple[str, ...] = (), name: str | None = None
    ) -> Connection:
        """`name` is what the TLS asks for, where that is another one."""
        reader, writer = await self.tunnel(f"{host}:443", version=version)
        context = ssl.create_default_context(cafile=self.ca_file)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        await writer.start_tls(context, server_hostname=name or host)
        return reader, writer

    async def direct(self, name: str | None = SERVED, *, trusts: bool = True) -> Connection:
        """TLS from the first byte, with this name in it (SNI)."""
        context = ssl.create_default_context(cafile=self.ca_file if trusts else None)
        # Without a name in the TLS, the certificate is checked for the address.
        return await asyncio.open_connection(
            "127.0.0.1", self.direct_port, ssl=context, server_hostname=name or "127.0.0.1"
        )

    async def settle(self) -> None:
        """Until no connection is served any more."""
        if self.tasks:
            _, left = await asyncio.wait(self.tasks, timeout=5)
            assert not left


@asynccontextmanager
async def running_proxy(
    folder: Path,
    handle: Handle,
    *,
    plane_tls: ssl.SSLContext | None = None,
    allowed: tuple[str, ...] = (),
    passes_everything: bool = False,
    limits: Limits | None = None,
) -> AsyncGenerator[RunningProxy]:
    """`handle` is the plane of Azure's resource hosts, and the metadata service. With `plane_tls` it speaks TLS."""
    open_authority(folder, write_private=write_private_file, now=datetime.now(UTC))
    plane = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=plane_tls)
    address = Address(host="127.0.0.1", port=plane.sockets[0].getsockname()[1])
    tasks: set[asyncio.Task[None]] = set()

    def start_task(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    heard = Heard()
    loop = asyncio.get_running_loop()
    limits = limits or Limits()
    routes = Routes(
        planes={
            "*.services.ai.azure.com": Plane(address=address, is_tls=plane_tls is not None),
            NEAR: Plane(address=address, is_tls=plane_tls is not None, is_for_this_machine=True),
        },
        metadata=address,
        allowed=allowed,
        passes_everything=passes_everything,
    )
    plane_trust = ssl.create_default_context(cafile=folder / "ca.pem")
    dialer = Dialer(loop, plane_tls=plane_trust, listener=heard, limits=limits)
    proxy = Proxy(
        loop=loop,
        routes=routes,
        make_context=lambda host: make_server_context(folder, host),
        dialer=dialer,
        start_task=start_task,
        listener=heard,
        limits=limits,
    )
    front = DirectFront(
        loop=loop,
        routes=add_direct_names(routes),
        make_context=lambda host: make_server_context(folder, host),
        dialer=dialer,
        start_task=start_task,
        listener=heard,
        limits=limits,
    )
    server = await loop.create_server(proxy.accept, "127.0.0.1", 0)
    direct = await loop.create_server(front.accept, "127.0.0.1", 0)
    try:
        port: int = server.sockets[0].getsockname()[1]
        direct_port: int = direct.sockets[0].getsockname()[1]
        yield RunningProxy(
            port=port,
            direct_port=direct_port,
            ca_file=folder / "ca.pem",
            heard=heard,
            plane=plane,
            tasks=tasks,
        )
    finally:
        server.close()
        direct.close()
        plane.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
