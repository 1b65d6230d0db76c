"""The control process: the management API over the control plane's state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.types import ASGIApp

from ingate.certificates.authority import (
    AZURE_NAMES,
    LOCAL_ADDRESSES,
    LOCAL_NAMES,
    AuthorityUnusable,
    open_authority,
)
from ingate.domain.directory import Directory, list_resources_with_development_keys
from ingate.domain.key import DEVELOPMENT_KEYS, KeyPair
from ingate.domain.upstream import UpstreamDefinition
from ingate.management.app import create_management_app
from ingate.management.control_plane import ControlPlane
from ingate.management.seeding import Defaults, seed_defaults
from ingate.settings import Settings, is_loopback
from ingate.store.catalog_file import read_catalog
from ingate.store.directory_file import DirectoryFile
from ingate.store.faults import StoreUnusable
from ingate.store.opening import Stores, open_stores
from ingate.store.private_file import write_private_file

from .gateway import ADMIN_TOKEN_FILE, DIRECTORY_FILE
from .identifiers import make_api_key, make_guid
from .lifeline import report_ready, watch_lifeline
from .local_upstream import put_in_simulators_place
from .recording import put_recorded_deployments

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
    except (StoreUnusable, StartRefused, AuthorityUnusable, OSError) as error:
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
    stores = await open_stores(settings.data_dir)
    try:
        local = msgspec.json.decode(local_upstream, type=UpstreamDefinition) if local_upstream else None
        plane = _make_plane(settings, stores, gateway_url, local)
        defaults = await seed_defaults(plane, development_keys=settings.development_keys)
        if settings.development_keys:
            await _use_development_keys(plane, defaults)
        await _check_exposure(settings, stores)
        app = create_management_app(plane, admin_token=_get_admin_token(settings.data_dir / ADMIN_TOKEN_FILE))
        certificate = _issue_certificate(settings.data_dir)
        servers = (_make_server(app, None), _make_server(app, certificate))

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
    finally:
        await stores.close()
    return 0


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


def _make_plane(
    settings: Settings, stores: Stores, gateway_url: str, local: UpstreamDefinition | None
) -> ControlPlane:
    def arrange(directory: Directory) -> Directory:
        if settings.record_to:
            return put_recorded_deployments(directory, settings)
        return put_in_simulators_place(directory, local) if local is not None else directory

    directory_file = DirectoryFile(stores, settings.data_dir / DIRECTORY_FILE, arrange=arrange)
    return ControlPlane(
        state=stores,
        catalog=read_catalog(),
        clock=lambda: datetime.now(UTC),
        new_id=make_guid,
        new_api_key=make_api_key,
        publish=directory_file.publish,
        endpoint_for=lambda subdomain: _get_endpoint(subdomain, settings, gateway_url),
    )


def _get_endpoint(subdomain: str, settings: Settings, gateway_url: str) -> str:
    """The default resource answers at the bare address; the others have a host name each."""
    if subdomain == settings.default_resource:
        return f"{gateway_url}/"
    port = gateway_url.rpartition(":")[2]
    return f"http://{subdomain}.{settings.domains[0] if settings.domains else 'localhost'}:{port}/"


def _get_admin_token(path: Path) -> str:
    if path.exists():
        return path.read_text("ascii").strip()
    token = secrets.token_urlsafe(48)
    write_private_file(path, token.encode("ascii") + b"\n")
    return token


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
