"""What the control process does with the journals: it counts them, keeps them as logs, and answers queries over both.

Counting and keeping have a thread each, so that neither waits for the other and the event loop for none; queries run
in processes of their own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingate.domain.state import State
from ingate.domain.workspace import DEFAULT_RETENTION_DAYS
from ingate.settings import Settings
from ingate.telemetry.cost_rows import CostRollups
from ingate.telemetry.following import Cursors, JournalFollower, has_read_all
from ingate.telemetry.journal_reader import JOURNAL_FOLDER
from ingate.telemetry.log_keeper import LogKeeper, run_keeper
from ingate.telemetry.metric_store import MetricRollups
from ingate.telemetry.prometheus import PrometheusExposition, read_lag
from ingate.telemetry.query_client import ProcessLogQueries
from ingate.telemetry.rollup_store import RollupStore
from ingate.telemetry.rollups import Rollups

_log = logging.getLogger(__name__)

TELEMETRY_FILE = "telemetry.db"
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
    stopping: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def start(self) -> None:
        work: dict[str, Callable[[], None]] = {"rollups": self._count, "log keeper": self._keep}
        for name, run in work.items():
            thread = threading.Thread(target=run, name=name, daemon=True)
            thread.start()
            self.threads.append(thread)

    async def stop(self) -> None:
        """Counts what is there, and ends within a step of each."""
        self.stopping.set()
        await self.logs.close()
        for thread in self.threads:
            thread.join()
        self.store.close()

    def _count(self) -> None:
        self.rollups.run(self.stopping)

    def _keep(self) -> None:
        if not self.stopping.wait(KEEPER_DELAY):
            run_keeper(self.keeper, wall_clock=time.time, stop=self.stopping)


class Retention:
    """How many days logs are kept: as long as the most patient workspace asks for."""

    def __init__(self) -> None:
        self.days = DEFAULT_RETENTION_DAYS

    async def refresh(self, state: State) -> None:
        async with state.reading() as session:
            workspaces = await session.workspaces.list_workspaces()
        self.days = max((workspace.retention_days for workspace in workspaces), default=DEFAULT_RETENTION_DAYS)


def make_telemetry_rooms(settings: Settings) -> TelemetryRooms:
    """Raises TelemetryUnusable, OSError."""
    data_dir = settings.data_dir
    journals = data_dir / JOURNAL_FOLDER
    journals.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / TELEMETRY_FILE
    store = RollupStore(path)
    rollups = Rollups(JournalFollower(journals), store, wall_clock=time.time)
    retention = Retention()
    return TelemetryRooms(
        rollups=rollups,
        store=store,
        keeper=LogKeeper(
            data_dir,
            is_held=lambda journal: is_ahead_of(journal, rollups.cursors),
            retention_days=lambda: retention.days,
        ),
        costs=CostRollups(path),
        metrics=MetricRollups(path),
        exposition=PrometheusExposition(path, gauges=[read_lag(rollups.count_unread_bytes)]),
        logs=ProcessLogQueries(data_dir),
        retention=retention,
    )


def is_ahead_of(journal: Path, cursors: Cursors) -> bool:
    """Whether there is more in a journal than a reader with these cursors has read."""
    seen = cursors.get(journal.name, 0)
    return journal.stat().st_size > seen and not has_read_all(journal, seen)
