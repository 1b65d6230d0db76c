"""What the control process does with the journals: it counts them, keeps them as logs, and answers queries over both.

Counting and keeping have a thread each, so that neither waits for the other and the event loop for none; queries run
in processes of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ingate import __version__
from ingate.domain.audit import AuditEvent
from ingate.domain.state import State
from ingate.domain.workspace import DEFAULT_RETENTION_DAYS
from ingate.settings import Settings
from ingate.telemetry.cost_rows import CostRollups
from ingate.telemetry.following import Cursors, JournalFollower, has_read_all
from ingate.telemetry.journal_reader import JOURNAL_FOLDER
from ingate.telemetry.log_keeper import LogKeeper, run_keeper
from ingate.telemetry.metric_store import MetricRollups
from ingate.telemetry.otel_export import make_otel_export
from ingate.telemetry.prometheus import PrometheusExposition, read_lag
from ingate.telemetry.query_client import ProcessLogQueries
from ingate.telemetry.rollup_store import RollupStore
from ingate.telemetry.rollups import Rollups
from ingate.telemetry.sinks.keeper import SinkKeeper

from .credentials import read_credential

TELEMETRY_FILE = "telemetry.db"
AUDIT_SECONDS = 10.0
COUNTING_NICENESS, KEEPING_NICENESS = 5, 10
KEEPER_DELAY = 3.0
"""Seconds. DuckDB takes a moment to load, which a start need not wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryRooms:
    rollups: Rollups
    store: RollupStore
    keeper: LogKeeper
    costs: CostRollups
    metrics: MetricRollups
    exposition: PrometheusExposition
    logs: ProcessLogQueries
    retention: Retention
    sinks: Sinks
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def start(self) -> None:
        work: dict[str, Callable[[], None]] = {"rollups": self._count, "log keeper": self._keep}
        for name, run in work.items():
            thread = threading.Thread(target=run, name=name, daemon=True)
            thread.start()
            self.threads.append(thread)
        self.sinks.keeper.start()

    async def stop(self) -> None:
        """Counts what is there, and ends within a step of each."""
        self.stopping.set()
        await self.logs.close()
        # In a thread: sinks that read the audit trail wait for this one.
        await asyncio.to_thread(self.sinks.keeper.stop)
        for thread in self.threads:
            thread.join()
        self.store.close()

    def _count(self) -> None:
        _stand_back(COUNTING_NICENESS)
        self.rollups.run(self.stopping)

    def _keep(self) -> None:
        _stand_back(KEEPING_NICENESS)
        if not self.stopping.wait(KEEPER_DELAY):
            run_keeper(self.keeper, wall_clock=time.time, stop=self.stopping)


def _stand_back(niceness: int) -> None:
    """This thread alone, behind whoever answers requests on the same core. Linux has a priority for each thread."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


class Retention:
    """How many days logs are kept: as long as the most patient workspace asks for."""

    def __init__(self) -> None:
        self.days = DEFAULT_RETENTION_DAYS

    async def refresh(self, state: State) -> None:
        async with state.reading() as session:
            workspaces = await session.workspaces.list_workspaces()
        self.days = max((workspace.retention_days for workspace in workspaces), default=DEFAULT_RETENTION_DAYS)


class Sinks:
    """Keeps sinks as the diagnostic settings are, and reads the audit trail for their threads."""

    def __init__(self, settings: Settings, metrics: MetricRollups) -> None:
        """Raises TelemetryUnusable, OSError."""
        endpoint = settings.otlp_endpoint
        self._state: State | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.keeper = SinkKeeper(
            settings.data_dir,
            read_credential=read_credential,
            read_audit=self._read_audit,
            wall_clock=time.time,
            backlog_bytes=settings.sink_backlog_bytes,
            metrics=metrics,
            exports=[make_otel_export(endpoint, version=__version__)] if endpoint else [],
        )

    async def refresh(self, state: State) -> None:
        self._state, self._loop = state, asyncio.get_running_loop()
        async with state.reading() as session:
            settings = await session.diagnostic_settings.list_settings()
        self.keeper.refresh(settings)

    def _read_audit(self, resource_id: str, since: datetime, until: datetime, most: int) -> Sequence[AuditEvent]:
        """In a sink's thread. Raises TimeoutError, and what the store raises."""
        state, loop = self._state, self._loop
        if state is None or loop is None:
            return ()

        async def read() -> Sequence[AuditEvent]:
            async with state.reading() as session:
                return await session.audit.list_events(
                    since=since, until=until, target_prefix=resource_id, limit=most
                )

        return asyncio.run_coroutine_threadsafe(read(), loop).result(AUDIT_SECONDS)


def make_telemetry_rooms(settings: Settings) -> TelemetryRooms:
    """Raises TelemetryUnusable, OSError."""
    data_dir = settings.data_dir
    journals = data_dir / JOURNAL_FOLDER
    journals.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / TELEMETRY_FILE
    store = RollupStore(path)
    rollups = Rollups(JournalFollower(journals), store, wall_clock=time.time)
    retention = Retention()
    metrics = MetricRollups(path)
    sinks = Sinks(settings, metrics)
    return TelemetryRooms(
        rollups=rollups,
        store=store,
        keeper=LogKeeper(
            data_dir,
            is_held=lambda journal: is_ahead_of(journal, rollups.cursors) or sinks.keeper.is_held(journal),
            retention_days=lambda: retention.days,
        ),
        costs=CostRollups(path),
        metrics=metrics,
        exposition=PrometheusExposition(
            path, gauges=[read_lag(rollups.count_unread_bytes), sinks.keeper.read_gauges]
        ),
        logs=ProcessLogQueries(data_dir),
        retention=retention,
        sinks=sinks,
    )


def is_ahead_of(journal: Path, cursors: Cursors) -> bool:
    """Whether there is more in a journal than a reader with these cursors has read."""
    seen = cursors.get(journal.name, 0)
    return journal.stat().st_size > seen and not has_read_all(journal, seen)
