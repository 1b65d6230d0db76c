"""The control process: the management API over the control plane's state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ingate.certificates.authority import (
    AZURE_NAMES,
    LOCAL_ADDRESSES,
    LOCAL_NAMES,
    AuthorityUnusable,
    open_authority,
)
from ingate.domain.directory import list_resources_with_development_keys
from ingate.domain.key import DEVELOPMENT_KEYS, KeyPair
from ingate.domain.upstream import UpstreamDefinition
from ingate.identity.app import create_identity_app, is_managed_identity, owns
from ingate.identity.signing_keys import seed_identity
from ingate.management.app import create_management_app
from ingate.management.control_plane import ControlPlane
from ingate.management.seeding import Defaults, seed_defaults
from ingate.settings import Settings, is_loopback
from ingate.store.faults import StoreUnusable
from ingate.store.opening import Stores, open_stores
from ingate.store.private_file import write_private_file
from ingate.telemetry.rollup_store import TelemetryUnusable

from .control_rooms import make_control_rooms, read_secret
from .data_files import ADMIN_TOKEN_FILE
from .lifeline import report_ready, watch_lifeline
from .private_data_dir import ensure_private
from .recording import put_recorded_deployments
from .telemetry_rooms import make_telemetry_rooms

_log = logging.getLogger(__name__)

SERVER_CERTIFICATE_FILE = "server.pem"


class StartRefused(Exception):
    """Ingate will not start like this. The text is for the user."""


def run_control(
    settings: Settings,
    *,
    listener: socket.socket,
    tls_listener: socket.socket,
    lifeline: int,
    ready: int,
    gateway_url: str,
    local_upstream: str,
) -> int:
    """Serves until SIGTERM or the supervisor's end. Gives back the exit code."""
    listeners = (listener, tls_listener)
    try:
        return asyncio.run(_serve(settings, listeners, lifeline, ready, gateway_url, local_upstream))
    except (StoreUnusable, TelemetryUnusable, StartRefused, AuthorityUnusable, OSError) as error:
        report_ready(ready, {"error": str(error)})
        return 1


async def _serve(
    settings: Settings,
    listeners: tuple[socket.socket, socket.socket],
    lifeline: int,
    ready: int,
    gateway_url: str,
    local_upstream: str,
) -> int:
    ensure_private(settings.data_dir)
    stores = await open_stores(settings.data_dir)
    try:
        local = msgspec.json.decode(local_upstream, type=UpstreamDefinition) if local_upstream else None
        telemetry = make_telemetry_rooms(settings)
        rooms = make_control_rooms(settings, stores, telemetry, gateway_url=gateway_url, local=local)
        plane = rooms.plane
        # Before the first directory is published: whoever waits for a gateway's /readyz may read the file then.
        admin_token = read_secret(settings.data_dir / ADMIN_TOKEN_FILE)
        defaults = await seed_defaults(plane, development_keys=settings.development_keys)
        await seed_identity(rooms.identity)
        if settings.development_keys:
            await _use_development_keys(plane, defaults)
        await _check_exposure(settings, stores)
        await rooms.directory_file.release()
        management = create_management_app(plane, admin_token=admin_token)
        identity = create_identity_app(rooms.identity)
        certificate = _issue_certificate(settings.data_dir)
        servers = (
            _make_server(_join(management, identity, is_managed_identity), None),
            _make_server(_join(management, identity, owns), certificate),
        )
        upkeep = asyncio.create_task(rooms.look_after())
        telemetry.start()

        def stop() -> None:
            for server in servers:
                server.stop()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        watch_lifeline(lifeline, loop, stop)
        for listener in listeners:
            listener.listen()
        report_ready(ready, await _describe(stores, defaults, settings))
        await asyncio.gather(
            *(server.serve(sockets=[listener]) for server, listener in zip(servers, listeners, strict=True))
        )
        upkeep.cancel()
        await telemetry.stop()
    finally:
        await stores.close()
    return 0


def _join(management: ASGIApp, identity: ASGIApp, is_identitys: Callable[[str], bool]) -> ASGIApp:
    """Two applications on one port: paths tell them apart."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = identity if scope["type"] == "http" and is_identitys(scope["path"]) else management
        await chosen(scope, receive, send)

    return app


class _Server(uvicorn.Server):
    """Uvicorn's own handling raises the signal again when it has served, and nothing after that would be closed."""

    def stop(self) -> None:
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _make_server(app: ASGIApp, certificate: Path | None) -> _Server:
    """Plain http without a certificate."""
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            ssl_certfile=certificate,
        )
    )


def _issue_certificate(data_dir: Path) -> Path:
    """A new one at each start: it then never ends while it is served."""
    now = datetime.now(UTC)
    authority = open_authority(data_dir, write_private=write_private_file, now=now)
    server = authority.issue(names=(*LOCAL_NAMES, *AZURE_NAMES), addresses=LOCAL_ADDRESSES, now=now)
    path = data_dir / SERVER_CERTIFICATE_FILE
    write_private_file(path, server.certificate_pem + server.private_key_pem)
    return path


async def _use_development_keys(plane: ControlPlane, defaults: Defaults) -> None:
    """Asked for on the command line, and so for a data directory that has other keys as well."""
    async with plane.changing() as session:
        resource = await session.resources.get_resource_by_subdomain(defaults.resource)
        if resource is None:
            raise StartRefused(f"there is no resource '{defaults.resource}' to give the development keys to")
        await session.keys.put_keys(resource.resource_id, KeyPair(key1=DEVELOPMENT_KEYS[0], key2=DEVELOPMENT_KEYS[1]))


async def _check_exposure(settings: Settings, stores: Stores) -> None:
    """Keys that everyone knows are for loopback."""
    if is_loopback(settings.host):
        return
    async with stores.reading() as session:
        directory = await session.directory.get_directory()
    exposed = list_resources_with_development_keys(directory)
    if exposed:
        raise StartRefused(
            f"{settings.host} is not loopback, and {', '.join(exposed)} has a development key, which everyone knows; "
            "start on 127.0.0.1 and run `ingate keys regenerate` for both keys first"
        )


async def _describe(stores: Stores, defaults: Defaults, settings: Settings) -> dict[str, Any]:
    """What the supervisor tells the user and writes into running.json: of the resource at the bare address."""
    async with stores.reading() as session:
        directory = await session.directory.get_directory()
    if settings.record_to:
        directory = put_recorded_deployments(directory, settings)
    wished = [r for r in directory.resources if r.subdomain == settings.default_resource.lower()]
    if not wished:
        _log.warning("there is no resource '%s' to serve at the bare address", settings.default_resource)
    resource = wished[0] if wished else directory.resources[0] if len(directory.resources) == 1 else None
    deployments = resource.deployments if resource is not None else ()
    return {
        "pid": os.getpid(),
        "tenant_id": defaults.tenant_id,
        "subscription_id": defaults.subscription_id,
        "resource_group": defaults.resource_group,
        "resource": resource.name if resource is not None else settings.default_resource,
        "deployments": [deployment.name for deployment in deployments],
        "simulated": all(deployment.upstream == "simulator" for deployment in deployments),
    }
