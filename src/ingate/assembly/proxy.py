"""The proxy process: `python -m ingate.assembly.proxy ...`, transparent mode for the Ingate of a data directory."""

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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ingate.certificates.authority import AUTHORITY_FILE, AZURE_NAMES, AuthorityUnusable, open_authority
from ingate.proxy.destination import Address, Plane, Routes
from ingate.proxy.proxy import Proxy
from ingate.store.private_file import write_private_file

from .lifeline import report_ready, watch_lifeline

_log = logging.getLogger(__name__)

GATEWAY_NAMES = ("*.services.ai.azure.com", "*.cognitiveservices.azure.com", "*.openai.azure.com")
"""Of the names that Ingate has certificates for, those that the gateway serves; the others are control's."""

REMEMBERED = 1000
"""What was said once is not said again; of so many things at most."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ingate.assembly.proxy", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="whose authority signs")
    parser.add_argument("--gateway-url", required=True)
    parser.add_argument("--management-url", required=True)
    parser.add_argument("--management-tls-url", required=True)
    parser.add_argument("--allow", action="append", default=[], help="a host to pass on untouched")
    parser.add_argument("--passthrough", action="store_true", help="pass on every host that is not Ingate's")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--listen-fd", type=int, default=-1, help="a bound socket, in place of a port")
    parser.add_argument("--lifeline-fd", type=int, default=-1, help="a pipe that ends with whoever started this")
    parser.add_argument("--ready-fd", type=int, default=-1, help="a pipe that hears when this process serves")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="ingate proxy: %(message)s", stream=sys.stderr)
    try:
        listener = _open_listener(arguments.listen_fd, arguments.port)
        routes = make_routes(
            gateway_url=arguments.gateway_url,
            management_url=arguments.management_url,
            management_tls_url=arguments.management_tls_url,
            allowed=arguments.allow,
            passes_everything=arguments.passthrough,
        )
        return asyncio.run(_serve(arguments.data_dir, routes, listener, arguments.lifeline_fd, arguments.ready_fd))
    except (AuthorityUnusable, OSError) as error:
        report_ready(arguments.ready_fd, {"error": str(error)})
        return 1


def make_routes(
    *, gateway_url: str, management_url: str, management_tls_url: str, allowed: list[str], passes_everything: bool
) -> Routes:
    """The control process's identity endpoints are on its TLS port alone, so that is where its hosts lead."""
    gateway = Plane(address=_parse_address(gateway_url), is_tls=False)
    control = Plane(address=_parse_address(management_tls_url), is_tls=True)
    return Routes(
        planes={name: gateway if name in GATEWAY_NAMES else control for name in AZURE_NAMES},
        metadata=_parse_address(management_url),
        allowed=tuple(host.lower().removesuffix(".") for host in allowed),
        passes_everything=passes_everything,
    )


def make_server_context(data_dir: Path, host: str) -> ssl.SSLContext:
    """With a new certificate for `host`, signed by the data directory's authority. Raises AuthorityUnusable."""
    now = datetime.now(UTC)
    authority = open_authority(data_dir, write_private=write_private_file, now=now)
    server = authority.issue(names=[host], addresses=(), now=now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # mode 0600; `ssl` reads files only
        file.write(server.certificate_pem + server.private_key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


class _Log:
    """Each thing once: a program that is refused tries again."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def on_not_let_out(self, host: str, port: int, reason: str) -> None:
        self._say(f"refused {host}:{port}: {reason}")

    def on_unreachable(self, address: Address, reason: str) -> None:
        self._say(f"{address.host}:{address.port} cannot be reached: {reason}")

    def on_untrusted(self, host: str, reason: str) -> None:
        self._say(
            f"a client broke off TLS with {host} ({reason}): it reads none of the variables that name the local "
            "authority's certificate, or takes only certificates that it knows (see `ingate trust`)"
        )

    def _say(self, text: str) -> None:
        if text not in self._said and len(self._said) < REMEMBERED:
            self._said.add(text)
            _log.warning("%s", text)


async def _serve(data_dir: Path, routes: Routes, listener: socket.socket, lifeline: int, ready: int) -> int:
    loop = asyncio.get_running_loop()
    open_authority(data_dir, write_private=write_private_file, now=datetime.now(UTC))  # now, rather than at a request
    tasks: set[asyncio.Task[None]] = set()

    def start_task(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    proxy = Proxy(
        loop=loop,
        routes=routes,
        make_context=lambda host: make_server_context(data_dir, host),
        plane_tls=ssl.create_default_context(cafile=data_dir / AUTHORITY_FILE),
        start_task=start_task,
        listener=_Log(),
    )
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    watch_lifeline(lifeline, loop, stopped.set)
    server = await loop.create_server(proxy.accept, sock=listener)
    port: int = listener.getsockname()[1]
    report_ready(ready, {"proxy_url": f"http://127.0.0.1:{port}"})
    await stopped.wait()
    server.close()
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    return 0


def _open_listener(descriptor: int, port: int) -> socket.socket:
    if descriptor >= 0:
        listener = socket.socket(fileno=descriptor)
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
