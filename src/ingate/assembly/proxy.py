"""The proxy process: `python -m ingate.assembly.proxy ...`, transparent mode for the Ingate of a data directory.

It takes CONNECT on one socket and TLS itself on another, or on one of them only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingate.certificates.authority import (
    AUTHORITY_FILE,
    AZURE_NAMES,
    LOCAL_ADDRESSES,
    AuthorityUnusable,
    open_authority,
)
from ingate.proxy.destination import Address, Plane, Routes
from ingate.proxy.dialer import Dialer, Limits
from ingate.proxy.direct import NAMELESS, DirectFront
from ingate.proxy.listener import Listener
from ingate.proxy.proxy import Proxy
from ingate.store.private_file import write_private_file

from .lifeline import report_ready, watch_lifeline
from .proxy_log import ObservationsFile, ProxyLog

GATEWAY_NAMES = ("*.services.ai.azure.com", "*.cognitiveservices.azure.com", "*.openai.azure.com")
"""Of the names that Ingate has certificates for, those that the gateway serves; the others are control's."""

DIRECT_NAMES = (NAMELESS, f"*.{NAMELESS}")
"""The gateway's as well, for clients that come without a proxy."""

END_SECONDS = 0.25
"""For connections whose clients have left already to be seen ending."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ingate.assembly.proxy", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="whose authority signs")
    parser.add_argument("--gateway-url", required=True)
    parser.add_argument("--management-url", required=True)
    parser.add_argument("--management-tls-url", required=True)
    parser.add_argument("--allow", action="append", default=[], help="a host to pass on untouched")
    parser.add_argument("--passthrough", action="store_true", help="pass on every host that is not Ingate's")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--listen-fd", type=int, nargs="+", default=[], help="bound sockets, in place of a port")
    parser.add_argument("--tls-fd", type=int, default=-1, help="the one of them on which TLS is taken directly")
    parser.add_argument("--observations", type=Path, help="a file for what became of clients, for `ingate doctor`")
    parser.add_argument("--lifeline-fd", type=int, default=-1, help="a pipe that ends with whoever started this")
    parser.add_argument("--ready-fd", type=int, default=-1, help="a pipe that hears when this process serves")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="ingate proxy: %(message)s", stream=sys.stderr)
    try:
        connect_fds = [descriptor for descriptor in arguments.listen_fd if descriptor != arguments.tls_fd]
        sockets = _Sockets(
            connect=_open_listener(connect_fds, arguments.port) if connect_fds or arguments.tls_fd < 0 else None,
            tls=_open_listener([arguments.tls_fd], 0) if arguments.tls_fd >= 0 else None,
        )
        routes = make_routes(
            gateway_url=arguments.gateway_url,
            management_url=arguments.management_url,
            management_tls_url=arguments.management_tls_url,
            allowed=arguments.allow,
            passes_everything=arguments.passthrough,
        )
        serving = _serve(
            arguments.data_dir,
            routes,
            sockets,
            lifeline=arguments.lifeline_fd,
            ready=arguments.ready_fd,
            observations_file=arguments.observations,
        )
        return asyncio.run(serving)
    except (AuthorityUnusable, OSError) as error:
        report_ready(arguments.ready_fd, {"error": str(error)})
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sockets:
    """Those that clients connect to."""

    connect: socket.socket | None
    tls: socket.socket | None


def make_routes(
    *, gateway_url: str, management_url: str, management_tls_url: str, allowed: list[str], passes_everything: bool
) -> Routes:
    """The control process's identity endpoints are on its TLS port alone, so that is where its hosts lead."""
    gateway = Plane(address=_parse_address(gateway_url), is_tls=False)
    control = Plane(address=_parse_address(management_tls_url), is_tls=True, is_for_this_machine=True)
    return Routes(
        planes={name: gateway if name in GATEWAY_NAMES else control for name in AZURE_NAMES},
        metadata=_parse_address(management_url),
        allowed=tuple(host.lower().removesuffix(".") for host in allowed),
        passes_everything=passes_everything,
    )


def add_direct_names(routes: Routes) -> Routes:
    """For the socket that takes TLS itself."""
    gateway = routes.planes[GATEWAY_NAMES[0]]
    return replace(routes, planes={**routes.planes, **dict.fromkeys(DIRECT_NAMES, gateway)})


def make_server_context(data_dir: Path, host: str) -> ssl.SSLContext:
    """With a new certificate for `host`, signed by the data directory's authority. Raises AuthorityUnusable."""
    now = datetime.now(UTC)
    authority = open_authority(data_dir, write_private=write_private_file, now=now)
    addresses = LOCAL_ADDRESSES if host == NAMELESS else ()
    server = authority.issue(names=[host], addresses=addresses, now=now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # mode 0600; `ssl` reads files only
        file.write(server.certificate_pem + server.private_key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def _serve(
    data_dir: Path,
    routes: Routes,
    sockets: _Sockets,
    *,
    lifeline: int,
    ready: int,
    observations_file: Path | None,
) -> int:
    loop = asyncio.get_running_loop()
    open_authority(data_dir, write_private=write_private_file, now=datetime.now(UTC))  # now, rather than at a request
    file = ObservationsFile(observations_file, loop) if observations_file is not None else None
    tasks: set[asyncio.Task[None]] = set()
    proxy, front = _make_fronts(data_dir, routes, file.observations if file is not None else ProxyLog(), tasks)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    watch_lifeline(lifeline, loop, stopped.set)
    servers: list[asyncio.Server] = []
    proxy_url = ""
    if sockets.connect is not None:
        servers.append(await loop.create_server(proxy.accept, sock=sockets.connect))
        proxy_url = f"http://127.0.0.1:{sockets.connect.getsockname()[1]}"
    if sockets.tls is not None:
        servers.append(await loop.create_server(front.accept, sock=sockets.tls))
    report_ready(ready, {"proxy_url": proxy_url})
    await stopped.wait()
    for server in servers:
        server.close()
    await _end(tasks)
    if file is not None:
        file.write()
    return 0


def _make_fronts(
    data_dir: Path, routes: Routes, listener: Listener, tasks: set[asyncio.Task[None]]
) -> tuple[Proxy, DirectFront]:
    """What takes connections. The tasks that serve them are in `tasks` while they do."""
    loop, limits = asyncio.get_running_loop(), Limits()
    plane_tls = ssl.create_default_context(cafile=data_dir / AUTHORITY_FILE)
    dialer = Dialer(loop, plane_tls=plane_tls, listener=listener, limits=limits)

    def make_context(host: str) -> ssl.SSLContext:
        return make_server_context(data_dir, host)

    def start_task(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    proxy = Proxy(
        loop=loop,
        routes=routes,
        make_context=make_context,
        dialer=dialer,
        start_task=start_task,
        listener=listener,
        limits=limits,
    )
    front = DirectFront(
        loop=loop,
        routes=add_direct_names(routes),
        make_context=make_context,
        dialer=dialer,
        start_task=start_task,
        listener=listener,
        limits=limits,
    )
    return proxy, front


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=END_SECONDS)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)


def _open_listener(descriptors: list[int], port: int) -> socket.socket:
    if descriptors:
        listener = socket.socket(fileno=descriptors[0])
    else:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    listener.setblocking(False)
    return listener


def _parse_address(url: str) -> Address:
    parts = urlsplit(url)
    return Address(host=parts.hostname or "127.0.0.1", port=parts.port or (443 if parts.scheme == "https" else 80))


if __name__ == "__main__":
    sys.exit(main())
