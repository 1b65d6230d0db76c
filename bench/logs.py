"""The log store with many rows: how fast they come in, what they take, and how long questions about them take.

python -m bench.logs [--rows 10000000] [--beside 500000] [--data DIRECTORY]

Exchanges of 30 days are written by the journal's own writer, sealed and compacted by the store's own upkeep, and
asked for in KQL through the query process that the management API uses. Beside it, with fewer rows: the same in
SQLite with an index on time and id, and `grep` over the journals.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bench.logs_beside import measure_beside
from ingate.domain.exchange import ExchangeRecord
from ingate.domain.log_query import LogAnswer, LogQuery, LogTimeRange
from ingate.domain.price import ExchangeCost
from ingate.domain.usage import TokenUsage
from ingate.telemetry.journal import Journal
from ingate.telemetry.journal_reader import list_journals
from ingate.telemetry.log_keeper import LogKeeper
from ingate.telemetry.query_client import ProcessLogQueries

DAYS = 30
DAY = 86_400.0
END = 1_795_305_600.0
"""2026-11-22T00:00Z."""
RUNS = 9
"""Of each question; the first is told apart, as it reads from the disk."""
MODELS = ("claude-opus-4-5", "claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5")
RESOURCE_ID = (
    "/subscriptions/00000000-1111-2222-3333-444444444444/resourceGroups/example-group"
    "/providers/Microsoft.CognitiveServices/accounts/example-resource"
)
MILLION = Decimal(1_000_000)


def make_dice() -> random.Random:
    return random.Random(20261122)  # noqa: S311 - to be repeatable


def make_exchanges(rows: int, start: float, dice: random.Random) -> Iterator[ExchangeRecord]:
    """Of a day, in order, 2 % of them errors."""
    for index in range(rows):
        which = dice.randrange(20)
        model = MODELS[which % 4]
        failed = dice.random() < 0.02
        usage = (
            None
            if failed
            else TokenUsage(
                input_tokens=int(dice.lognormvariate(7, 1)),
                output_tokens=int(dice.lognormvariate(5.5, 1)),
                cache_read_input_tokens=dice.choice((0, 0, 4096, 20_000)),
                service_tier="standard",
            )
        )
        zero = Decimal(0)
        cost = (
            None
            if usage is None
            else ExchangeCost(
                usage.input_tokens * 3 / MILLION, usage.output_tokens * 15 / MILLION, zero, zero, zero, zero
            )
        )
        yield ExchangeRecord(
            time=start + DAY * index / rows,
            request_id=f"req_{dice.getrandbits(96):024x}",
            apim_request_id=f"{dice.getrandbits(32):08x}-0000-4000-8000-{dice.getrandbits(48):012x}",
            resource="example-resource",
            resource_id=RESOURCE_ID,
            location="eastus2",
            deployment=f"team-{which:02d}",
            model=model,
            model_version="20251101",
            deployment_type="GlobalStandard",
            upstream="primary",
            response_model=model,
            operation="messages",
            status=dice.choice((429, 500, 529)) if failed else 200,
            error_code="overloaded_error" if failed else None,
            outcome="refused-by-upstream" if failed else "completed",
            streaming=dice.random() < 0.7,
            duration_ms=round(dice.lognormvariate(7.5, 0.8), 3),
            first_token_ms=round(dice.lognormvariate(6, 0.5), 3),
            usage=usage,
            cost=cost,
            price=None if usage is None else f"{model}@2026-08-21",
            authentication="key",
            key_number=1,
            caller_address=f"10.0.{dice.randrange(4)}.{dice.randrange(250)}",
            user_agent="Anthropic/Python 2.12.0",
            request_bytes=dice.randrange(500, 50_000),
            response_bytes=dice.randrange(500, 20_000),
            stop_reason=None if failed else "end_turn",
        )


@dataclass
class Filling:
    """What bringing the rows in took, in seconds."""

    rows: int = 0
    journal_bytes: int = 0
    writing: float = 0.0
    sealing: float = 0.0
    compacting: float = 0.0


def fill(data: Path, rows: int) -> Filling:
    """Day by day, so that the disk holds the journals of one day at most."""
    dice = make_dice()
    filling = Filling()
    keeper = LogKeeper(data, retention_days=lambda: 10 * DAYS, grace_seconds=0)
    for day in range(DAYS):
        start = END - DAY * (DAYS - day)
        many = rows * (day + 1) // DAYS - rows * day // DAYS
        write_day(data, make_exchanges(many, start, dice), start, filling)
        filling.journal_bytes += sum(path.stat().st_size for path in list_journals(data))
        while (work := time_step(keeper, start + 2 * DAY, filling)) is not None:
            assert work
        print(f"\r{filling.rows:,} rows", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    keeper.close()
    return filling


def write_day(data: Path, exchanges: Iterator[ExchangeRecord], start: float, filling: Filling) -> None:
    journal = Journal(data / "journal", worker=0, wall_clock=lambda: start)
    while batch := list(zip(range(10_000), exchanges, strict=False)):
        began = time.perf_counter()
        for _, record in batch:
            assert journal.append(record)
        journal.tick()
        filling.writing += time.perf_counter() - began
        filling.rows += len(batch)
    journal.close()


def time_step(keeper: LogKeeper, now: float, filling: Filling) -> str | None:
    began = time.perf_counter()
    work = keeper.step(now)
    took = time.perf_counter() - began
    if work is not None and work.kind == "sealed":
        filling.sealing += took
    elif work is not None:
        filling.compacting += took
    return work.kind if work is not None else None


@dataclass(frozen=True)
class Question:
    name: str
    text: str
    days: float | None = DAYS
    goal_ms: float | None = None


def make_questions(request_id: str) -> list[Question]:
    return [
        Question("calls and errors by hour, 1 day",
                 "FoundryRequests | summarize calls=count(), errors=countif(StatusCode >= 400) "
                 "by bin(TimeGenerated, 1h)", 1),
        Question("tokens and cost by deployment, 30 days",
                 "FoundryRequests | summarize sum(InputTokens), sum(OutputTokens), sum(CostUsd) by DeploymentName"),
        Question("cost by day and model, 30 days",
                 "FoundryRequests | summarize cost=sum(CostUsd) by bin(TimeGenerated, 1d), ModelName"),
        Question("p95 by deployment by hour, 30 days",
                 "FoundryRequests | summarize p95=percentile(DurationMs, 95) by DeploymentName, "
                 "bin(TimeGenerated, 1h)", goal_ms=1500),
        Question("callers by tokens, top 10, 7 days",
                 "FoundryRequests | summarize tokens=sum(InputTokens + OutputTokens) by CallerIpAddress "
                 "| top 10 by tokens", 7),
        Question("error codes by status, 30 days",
                 "FoundryRequests | where StatusCode >= 400 | summarize count() by StatusCode, ErrorCode"),
        Question("last 100 errors, all columns",
                 "FoundryRequests | where StatusCode >= 400 | top 100 by TimeGenerated desc", goal_ms=500),
        Question("one call by its id",
                 f"FoundryRequests | where RequestId == '{request_id}'", goal_ms=100),
    ]  # fmt: skip


async def ask(data: Path, questions: list[Question]) -> None:
    queries = ProcessLogQueries(data)
    print(f"{'question':<42}{'first':>9}{'p50':>9}{'worst':>9}   goal")
    peak = 0
    for question in questions:
        times: list[float] = []
        for _ in range(RUNS):
            began = time.perf_counter()
            answer = await queries.run(make_query(question))
            times.append((time.perf_counter() - began) * 1000)
            if not isinstance(answer, LogAnswer):
                print(f"{question.name:<42} {answer}")
                break
            peak = max(peak, answer.statistics.peak_memory_bytes)
        else:
            goal = "" if question.goal_ms is None else f"< {question.goal_ms:.0f} ms"
            rest = statistics.median(times[1:]), max(times[1:])
            print(f"{question.name:<42}{times[0]:>6.0f} ms{rest[0]:>6.0f} ms{rest[1]:>6.0f} ms   {goal}")
    print(f"\nmemory of the query process at most {peak / 1024**2:.0f} MiB, in all questions")
    await queries.close()


def make_query(question: Question) -> LogQuery:
    days = question.days or DAYS
    start = datetime.fromtimestamp(END - days * DAY, UTC)
    end = datetime.fromtimestamp(END, UTC)
    return LogQuery(text=question.text, now=end, time_range=LogTimeRange(start=start, end=end))


def measure_size(folder: Path) -> float:
    """MiB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1024**2


def find_an_id(data: Path) -> str:
    import duckdb

    path = sorted((data / "logs/FoundryRequests").rglob("*.parquet"))[DAYS // 2]
    found = duckdb.connect().execute("SELECT RequestId FROM read_parquet(?) OFFSET 777 LIMIT 1", [str(path)])
    row = found.fetchone()
    assert row is not None
    return row[0]


async def compare(rows: int, folder: Path) -> None:
    """The same rows in SQLite, grep over their journals, and in this store."""
    records = list(make_exchanges(rows, END - DAY, make_dice()))
    print(f"\nbeside it, {rows:,} rows")
    for line in measure_beside(records, folder):
        print(line)
    ours = fill_one_day(folder / "ours", rows)
    print(f"Ingate: {ours.rows / (ours.writing + ours.sealing):,.0f} rows/s written and sealed")
    wanted = [question for question in make_questions(records[rows // 2].request_id) if question.goal_ms]
    await ask(folder / "ours", wanted)


def fill_one_day(data: Path, rows: int) -> Filling:
    filling = Filling()
    write_day(data, make_exchanges(rows, END - DAY, make_dice()), END - DAY, filling)
    keeper = LogKeeper(data, grace_seconds=0)
    while time_step(keeper, END + DAY, filling) is not None:
        pass
    keeper.close()
    return filling


def report(data: Path, filling: Filling) -> None:
    mib = measure_size(data / "logs")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{filling.rows:,} rows of {DAYS} days")
    print(f"disk: {mib:,.0f} MiB, {mib * 1024**2 / filling.rows:.0f} bytes a row; "
          f"as journals they were {filling.journal_bytes / 1024**2:,.0f} MiB")  # fmt: skip
    print(f"written to journals: {filling.rows / filling.writing:,.0f} rows/s")
    print(f"sealed: {filling.rows / filling.sealing:,.0f} rows/s, one thread")
    print(f"compacted: {filling.rows / filling.compacting:,.0f} rows/s")
    print(f"memory of the process that did this at most {peak:.0f} MiB\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.logs")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--beside", type=int, default=500_000, help="rows for SQLite and grep; 0 leaves them out")
    parser.add_argument("--data", type=Path, help="a directory to keep; filled when it is empty")
    options = parser.parse_args()
    folder = options.data or Path(tempfile.mkdtemp(prefix="ingate-logs-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "logs").exists():
            report(folder, fill(folder, options.rows))
        asyncio.run(ask(folder, make_questions(find_an_id(folder))))
        if options.beside:
            with tempfile.TemporaryDirectory(prefix="ingate-logs-") as other:
                asyncio.run(compare(options.beside, Path(other)))
    finally:
        if options.data is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
