"""Journals as a worker leaves them, the store's upkeep until there is nothing to do, and what a reader counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.price import ExchangeCost
from ingate.domain.usage import TokenUsage
from ingate.telemetry.journal import Journal
from ingate.telemetry.log_keeper import LogKeeper, Work
from ingate.telemetry.log_plan import plan_reading
from ingate.telemetry.log_rows import render_rows

DAY = 86_400.0
NOON = 1_795_348_800.0
"""2026-11-22T12:00Z."""
RESOURCE_ID = (
    "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/Example-Group"
    "/providers/Microsoft.CognitiveServices/accounts/Example-Resource"
)


def make_exchange(
    request_id: str,
    time: float = NOON,
    *,
    status: int = 200,
    cost: ExchangeCost | None = None,
    resource_id: str = RESOURCE_ID,
) -> ExchangeRecord:
    return ExchangeRecord(
        time=time,
        request_id=request_id,
        apim_request_id=f"apim-{request_id}",
        resource=resource_id.rsplit("/", 1)[-1].lower(),
        resource_id=resource_id,
        location="eastus2",
        deployment="my-claude",
        model="claude-sonnet-4-5",
        model_version="20250929",
        operation="messages",
        status=status,
        error_code=None if status < 400 else "overloaded_error",
        outcome="completed" if status < 400 else "refused-by-upstream",
        streaming=True,
        duration_ms=812.4,
        first_token_ms=90.5,
        usage=TokenUsage(input_tokens=1204, output_tokens=310, cache_read_input_tokens=50) if status < 400 else None,
        cost=cost,
        authentication="key",
        key_number=1,
        caller_address="81.2.69.142",
        user_agent="line\nend \u2028 é \x00",
        request_bytes=100,
        response_bytes=200,
    )


def write_journal(data: Path, records: Iterable[ExchangeRecord], *, opened: float = NOON, worker: int = 0) -> Path:
    """One closed journal."""
    journal = Journal(data / "journal", worker=worker, wall_clock=lambda: opened)
    for record in records:
        assert journal.append(record)
    journal.close()
    return max((data / "journal").glob(f"*-worker-{worker}-*.jsonl"), key=lambda path: path.stat().st_mtime_ns)


@dataclass
class Upkeep:
    """A keeper with a clock that is turned by hand."""

    data: Path
    now: float = NOON
    retention_days: int = 30
    held: set[str] = field(default_factory=set[str])
    segment_rows: int = 2_000_000
    grace_seconds: float = 60.0

    def __post_init__(self) -> None:
        self.keeper = LogKeeper(
            self.data,
            is_held=lambda path: path.name in self.held,
            retention_days=lambda: self.retention_days,
            grace_seconds=self.grace_seconds,
            segment_rows=self.segment_rows,
        )

    def work(self) -> list[Work]:
        """All that there is to do now."""
        done: list[Work] = []
        while (work := self.keeper.step(self.now)) is not None:
            done.append(work)
            assert len(done) < 1000
        return done

    def work_through(self, seconds: float) -> list[Work]:
        """Now, and when so much time has passed."""
        done = self.work()
        self.now += seconds
        return done + self.work()


def read_ids(data: Path) -> list[str]:
    """Of every row that a query would find, sorted."""
    plan = plan_reading(data)
    rows = duckdb.connect().execute(render_rows(plan.segments, plan.journals)).fetchall()
    return sorted(row[1] for row in rows)
