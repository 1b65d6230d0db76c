"""The gateway process: one worker of the data plane."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import uvloop

from ingate.domain.directory import Directory
from ingate.domain.quota import QuotaLimiter
from ingate.domain.upstream import Upstream, UpstreamDefinition
from ingate.gateway.client_address import FrontNetwork
from ingate.gateway.connection import ClientConnection
from ingate.gateway.directory_feed import DirectoryFeed
from ingate.gateway.directory_index import DirectoryIndex
from ingate.gateway.drains import Drains
from ingate.gateway.local_operations import LocalOperations
from ingate.gateway.pipeline import Pipeline
from ingate.gateway.server import FrontLimits, GatewayServer
from ingate.limits.in_process import InProcessLimiter
from ingate.limits.valkey import ValkeyLimiter, WhenAway
from ingate.settings import Settings, read_limits_address
from ingate.simulator.scripting.problems import ScriptError
from ingate.telemetry.content_files import CONTENT_FOLDER, make_content_key
from ingate.telemetry.content_log import FileContentLog
from ingate.telemetry.journal import Journal
from ingate.telemetry.journal_reader import JOURNAL_FOLDER
from ingate.upstreams.in_process import InProcessUpstream
from ingate.upstreams.registry import UpstreamRegistry

from .credentials import read_credential
from .data_files import ADMIN_TOKEN_FILE, DIRECTORY_FILE
from .identifiers import make_apim_request_id, make_request_id
from .lifeline import report_ready, watch_lifeline
from .simulator_on_demand import SimulatorOnDemand, expects_simulator, needs_simulator

if TYPE_CHECKING:
    from .recording import Recorder

_log = logging.getLogger(__name__)

SWEEP_SECONDS = 0.25
BACKLOG = 4096
LIMITS_SECONDS = 2.0
"""For a shared limiter to be there at the start, and to take the last settlements at the end."""


def run_gateway(settings: Settings, *, worker: int, listener: socket.socket, lifeline: int, ready: int) -> int:
    """Serves until SIGTERM or the supervisor's end. Gives back the exit code."""
    try:
        return uvloop.run(_serve(settings, worker=worker, listener=listener, lifeline=lifeline, ready=ready))
    except ScriptError as error:
        report_ready(ready, {"error": str(error)})
        return 1


async def _serve(settings: Settings, *, worker: int, listener: socket.socket, lifeline: int, ready: int) -> int:
    loop = asyncio.get_running_loop()
    stopping, directory_came = asyncio.Event(), asyncio.Event()

    def stop() -> None:
        stopping.set()
        directory_came.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    watch_lifeline(lifeline, loop, stop)

    journal = Journal(
        settings.data_dir / JOURNAL_FOLDER,
        worker=worker,
        wall_clock=time.time,
        file_bytes=settings.journal_file_bytes,
        fsync_loop=loop if settings.fsync else None,
    )
    content_log = FileContentLog(
        settings.data_dir / CONTENT_FOLDER, worker=worker, wall_clock=time.time, clock=time.monotonic
    )
    simulator = SimulatorOnDemand(settings)
    upstreams = _make_upstreams(simulator, loop)
    recorder = _make_recorder(settings)
    limiter = await _open_limiter(settings, worker, loop)
    server = _make_server(settings, journal, content_log, limiter, simulator, lambda: feed.look())

    def use(directory: Directory) -> None:
        if needs_simulator(directory):
            simulator.load()  # before a request can be sent to it
        _use_directory(directory, server.pipeline, upstreams, recorder, settings)
        content_log.use_retention(_list_retention(directory))
        directory_came.set()

    feed = DirectoryFeed(settings.data_dir / DIRECTORY_FILE, loop=loop, on_directory=use)
    feed.start()
    if not directory_came.is_set() and expects_simulator(settings):
        simulator.load()  # while the control process starts
    await directory_came.wait()  # until then, connections wait in the socket's queue
    ticker = _Ticker(loop, server, upstreams, journal, content_log, simulator)
    ticker.tick()
    front = await loop.create_server(lambda: ClientConnection(server), sock=listener, backlog=BACKLOG)
    _settle_memory()
    report_ready(ready, {"worker": worker, "pid": os.getpid()})

    await stopping.wait()
    await _stop(front, listener, server, settings.drain_timeout)
    feed.stop()
    ticker.stop()
    upstreams.close()
    if isinstance(limiter, ValkeyLimiter):
        await limiter.close(LIMITS_SECONDS)
    journal.close()
    content_log.close()
    if recorder is not None:
        recorder.close()
    return 0


def _make_upstreams(simulator: SimulatorOnDemand, loop: asyncio.AbstractEventLoop) -> UpstreamRegistry:
    def find_upstream(name: str) -> Upstream | None:
        return registry.find_upstream(name)

    registry = UpstreamRegistry(
        simulator=InProcessUpstream(simulator.respond, loop=loop, find_upstream=find_upstream),
        loop=loop,
        read_credential=read_credential,
    )
    return registry


def _make_recorder(settings: Settings) -> Recorder | None:
    if not settings.record_to:
        return None
    from .recording import Recorder

    return Recorder(settings)


async def _open_limiter(
    settings: Settings, worker: int, loop: asyncio.AbstractEventLoop
) -> InProcessLimiter | ValkeyLimiter:
    """Of several workers that share nothing, each has its part of every limit."""
    address = read_limits_address(settings)
    if address is None:
        return InProcessLimiter(worker=worker, workers=settings.workers)
    when_away = cast("WhenAway", settings.limits_when_away)
    limiter = ValkeyLimiter(address, loop=loop, when_away=when_away, timeout=settings.limits_timeout)
    await limiter.open(LIMITS_SECONDS)
    return limiter


def _make_server(
    settings: Settings,
    journal: Journal,
    content_log: FileContentLog,
    limiter: QuotaLimiter,
    simulator: SimulatorOnDemand,
    look_for_directory: Callable[[], None],
) -> GatewayServer:
    pipeline = Pipeline(
        directory=None,
        limiter=limiter,
        log=journal,
        content_log=content_log,
        clock=time.monotonic,
        wall_clock=time.time,
        make_request_id=make_request_id,
        make_apim_request_id=make_apim_request_id,
        drains=Drains(patience=settings.client_gone_timeout if settings.on_client_gone == "drain" else 0),
        look_for_directory=look_for_directory,
        continues_traces=bool(settings.otlp_endpoint),
    )
    limits = FrontLimits(
        head_timeout=settings.head_timeout,
        body_timeout=settings.body_timeout,
        idle_timeout=settings.idle_timeout,
        connections=settings.max_connections,
    )
    operations = LocalOperations(
        {b"simulator": simulator.administer}, read_token=partial(_read_admin_token, settings.data_dir)
    )
    network = FrontNetwork(trusted_proxies=settings.trusted_proxies, private_ranges=settings.private_ranges)
    return GatewayServer(
        pipeline=pipeline, limits=limits, clock=time.monotonic, operations=operations, network=network
    )


def _read_admin_token(data_dir: Path) -> bytes | None:
    """None while the control process has made none."""
    try:
        return (data_dir / ADMIN_TOKEN_FILE).read_bytes().strip() or None
    except OSError:
        return None


def _use_directory(
    directory: Directory,
    pipeline: Pipeline,
    upstreams: UpstreamRegistry,
    recorder: Recorder | None,
    settings: Settings,
) -> None:
    def get_upstream(definition: UpstreamDefinition) -> Upstream:
        upstream = upstreams.get_upstream(definition)
        return upstream if recorder is None else recorder.tap(definition, upstream)

    pipeline.directory = DirectoryIndex(
        directory,
        get_upstream=get_upstream,
        default_resource=settings.default_resource,
        domains=settings.domains,
        private_ranges=settings.private_ranges,
    )
    upstreams.keep_only(directory.upstreams)
    _log.info("serving directory revision %d", directory.revision)


def _list_retention(directory: Directory) -> dict[str, int]:
    """Days, of the deployments that ask for their content to be kept."""
    return {
        make_content_key(
            resource.name, resource.resource_id, deployment.name
        ): deployment.record_content.retention_days
        for resource in directory.resources
        for deployment in resource.deployments
        if deployment.record_content is not None
    }


class _Ticker:
    """Looks for connections that have reached their deadline, after the journal's disk, and for old content."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        server: GatewayServer,
        upstreams: UpstreamRegistry,
        journal: Journal,
        content_log: FileContentLog,
        simulator: SimulatorOnDemand,
    ) -> None:
        self._simulator = simulator
        self._loop = loop
        self._server = server
        self._upstreams = upstreams
        self._journal = journal
        self._content_log = content_log
        self._timer: asyncio.TimerHandle | None = None

    def tick(self) -> None:
        self._timer = self._loop.call_later(SWEEP_SECONDS, self.tick)
        self._server.sweep()
        self._upstreams.sweep(self._loop.time())
        self._journal.tick()
        self._content_log.tick()
        self._simulator.tick(self._loop.time())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


async def _stop(front: asyncio.Server, listener: socket.socket, server: GatewayServer, drain_timeout: float) -> None:
    """New connections are refused at once; open exchanges have until the deadline."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    front.close()
    server.drain()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + drain_timeout
    while not server.is_idle and loop.time() < deadline:  # noqa: ASYNC110 - once, at the end
        await asyncio.sleep(0.02)
    if not server.is_idle:
        _log.warning("%d connections were still open at the deadline", len(server.connections))
        server.abort()
        await asyncio.sleep(0)


def _settle_memory() -> None:
    """What start-up made lives as long as the process: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
