"""What comes of a query, whatever its process does."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingate.domain.log_query import (
    LogAnswer,
    LogColumn,
    LogOutcome,
    LogQueriesBusy,
    LogQuery,
    LogQueryExceeded,
    LogQueryFailed,
    LogQueryInvalid,
    LogStatistics,
    LogTimeRange,
)
from ingate.telemetry import query_client
from ingate.telemetry.query_client import ProcessLogQueries

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BROKEN = LogQueryFailed(reason="the query's process ended before the answer was whole")


def make_query(text: str, **changes: Any) -> LogQuery:
    return replace(LogQuery(text=text, now=NOW), **changes)


def run(data: Path, script: Callable[[ProcessLogQueries], Awaitable[None]], *, children: int = 1) -> None:
    async def with_queries() -> None:
        command = (sys.executable, str(Path(__file__).with_name("obedient_query_process.py")))
        queries = ProcessLogQueries(data, children=children, memory_bytes=64 * 1024**2, command=command)
        try:
            await script(queries)
        finally:
            await queries.close()

    asyncio.run(with_queries())


def get_pid(outcome: LogOutcome) -> int:
    assert isinstance(outcome, LogAnswer), outcome
    return json.loads(outcome.table.rows)[0][0]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_answer_is_put_together(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        outcome = await queries.run(make_query("answer"))
        assert isinstance(outcome, LogAnswer)
        assert json.loads(outcome.table.rows)[1:] == [[2]]
        assert outcome.table.columns == (LogColumn(name="pid", type="long"),)
        assert (outcome.table.name, outcome.table.row_count, outcome.cut_at) == ("PrimaryResult", 2, "rows")
        assert outcome.time_range == LogTimeRange(
            start=datetime(1970, 1, 1, tzinfo=UTC), end=datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
        )
        assert outcome.render == {"visualization": "table"}
        assert outcome.statistics == LogStatistics(
            seconds=0.5,
            cpu_seconds=0.25,
            peak_memory_bytes=1,
            scanned_segments=2,
            scanned_journals=3,
            scanned_bytes=4,
        )

    run(tmp_path, script)


def test_a_query_is_handed_over_whole(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        query = make_query(
            "echo",
            time_range=LogTimeRange(start=NOW - timedelta(hours=1), end=NOW),
            resource_ids=frozenset({"/a"}),
            oldest=NOW - timedelta(days=30),
            rows={"AuditEvents": [{"Detail": "é"}]},
            includes_content=True,
            most_rows=5,
            most_bytes=6,
        )
        outcome = await queries.run(query)
        assert isinstance(outcome, LogQueryFailed)
        assert json.loads(outcome.reason) == {
            "text": "echo",
            "now": NOW.timestamp(),
            "start": NOW.timestamp() - 3600,
            "end": NOW.timestamp(),
            "resource_ids": ["/a"],
            "oldest": NOW.timestamp() - 30 * 86_400,
            "rows": {"AuditEvents": [{"Detail": "é"}]},
            "includes_content": True,
            "most_rows": 5,
            "most_bytes": 6,
        }

    run(tmp_path, script)


def test_a_process_is_used_again_also_after_a_refusal(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        first = get_pid(await queries.run(make_query("answer")))
        refused = await queries.run(make_query("refuse"))
        assert refused == LogQueryInvalid(code="SemanticError", message="no", line=1, column=2, token="x")
        assert await queries.run(make_query("exhaust")) == LogQueryExceeded(limit="memory")
        assert await queries.run(make_query("fail")) == LogQueryFailed(reason="why")
        assert get_pid(await queries.run(make_query("answer"))) == first

    run(tmp_path, script)


@pytest.mark.parametrize("text", ["die within rows", "babble"])
def test_the_next_query_gets_a_new_process_after_one_that_broke(tmp_path: Path, text: str) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        first = get_pid(await queries.run(make_query("answer")))
        assert await queries.run(make_query(text)) == BROKEN
        assert get_pid(await queries.run(make_query("answer"))) != first
        assert not is_alive(first)

    run(tmp_path, script)


def test_a_process_that_died_while_it_was_idle_is_replaced(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        first = get_pid(await queries.run(make_query("answer")))
        os.kill(first, 9)
        while (await queries.run(make_query("answer"))) == BROKEN:
            pass
        assert get_pid(await queries.run(make_query("answer"))) != first

    run(tmp_path, script)


def test_a_query_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        first = get_pid(await queries.run(make_query("answer")))
        temporary = tmp_path / f"logs/.tmp/query-{first}"
        temporary.mkdir(parents=True)
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await queries.run(make_query("hang", seconds=0.5)) == LogQueryExceeded(limit="time")
        assert 0.5 <= loop.time() - began < 2
        assert not is_alive(first)
        assert not temporary.exists()

    run(tmp_path, script)


def test_a_query_that_takes_too_much_memory_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_client, "OVERHEAD_BYTES", 64 * 1024**2)

    async def script(queries: ProcessLogQueries) -> None:
        assert await queries.run(make_query("take 20", seconds=1)) == LogQueryExceeded(limit="time")
        assert await queries.run(make_query("take 300", seconds=30)) == LogQueryExceeded(limit="memory")

    run(tmp_path, script)


def test_a_process_that_has_grown_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_client, "IDLE_BYTES", 1)

    async def script(queries: ProcessLogQueries) -> None:
        first = get_pid(await queries.run(make_query("answer")))
        assert not is_alive(first)
        assert get_pid(await queries.run(make_query("answer"))) != first

    run(tmp_path, script)


def test_a_query_whose_caller_is_gone_is_killed(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        first = get_pid(await queries.run(make_query("answer")))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(queries.run(make_query("hang")), 0.2)
        assert get_pid(await queries.run(make_query("answer"))) != first
        assert not is_alive(first)

    run(tmp_path, script)


def test_two_at_a_time_and_the_others_wait(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        outcomes = await asyncio.gather(*(queries.run(make_query("answer after 0.2")) for _ in range(6)))
        assert len({get_pid(outcome) for outcome in outcomes}) == 2

    run(tmp_path, script, children=2)


def test_waiting_counts_as_time(tmp_path: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        long, short = await asyncio.gather(
            queries.run(make_query("answer after 1.5")), queries.run(make_query("answer", seconds=0.3))
        )
        assert isinstance(long, LogAnswer)
        assert short == LogQueryExceeded(limit="time")

    run(tmp_path, script)


def test_too_many_are_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_client, "MOST_WAITING", 2)

    async def script(queries: ProcessLogQueries) -> None:
        outcomes = await asyncio.gather(*(queries.run(make_query("answer after 0.2")) for _ in range(5)))
        assert sum(isinstance(outcome, LogAnswer) for outcome in outcomes) == 3
        assert outcomes.count(LogQueriesBusy()) == 2

    run(tmp_path, script)


def test_a_process_that_cannot_be_started_is_an_outcome(tmp_path: Path) -> None:
    async def script() -> None:
        queries = ProcessLogQueries(tmp_path, command=(str(tmp_path / "nothing"),))
        outcome = await queries.run(make_query("answer"))
        assert isinstance(outcome, LogQueryFailed)
        assert "no process could be started" in outcome.reason
        await queries.close()

    asyncio.run(script())
