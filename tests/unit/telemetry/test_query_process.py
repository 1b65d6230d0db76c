"""The process itself: KQL in, rows out, behind everybody else, and gone with whoever asked."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingate.domain.log_query import LogAnswer, LogOutcome, LogQuery, LogQueryExceeded, LogQueryInvalid
from ingate.telemetry.query_client import ProcessLogQueries
from ingate.telemetry.query_process import NICENESS

from .log_files import NOON, Upkeep, make_exchange, write_journal

RUNAWAY = """range a from 1 to 1000000 step 1
| extend key = 1
| join kind=inner (range b from 1 to 1000000 step 1 | extend key = 1) on key
| summarize sum(a * b)"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_journal(tmp_path, [make_exchange(f"req_{index:02d}", NOON + index) for index in range(20)])
    Upkeep(tmp_path).work()
    write_journal(tmp_path, [make_exchange("req_20", NOON + 20)], opened=NOON + 1)
    return tmp_path


def make_query(text: str, **changes: Any) -> LogQuery:
    return replace(LogQuery(text=text, now=datetime.fromtimestamp(NOON + 3600, UTC)), **changes)


def read_rows(outcome: LogOutcome) -> list[list[Any]]:
    assert isinstance(outcome, LogAnswer), outcome
    return json.loads(outcome.table.rows)


def run(data: Path, script: Callable[[ProcessLogQueries], Awaitable[None]], **options: Any) -> None:
    async def with_queries() -> None:
        queries = ProcessLogQueries(data, **options)
        try:
            await script(queries)
        finally:
            await queries.close()

    asyncio.run(with_queries())


def test_kql_is_answered_from_segments_and_journals(data: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        answer = await queries.run(make_query("FoundryRequests | summarize calls=count(), sum(InputTokens)"))
        assert read_rows(answer) == [[21, 21 * 1204]]
        assert isinstance(answer, LogAnswer)
        assert [(column.name, column.type) for column in answer.table.columns] == [
            ("calls", "long"),
            ("sum_InputTokens", "long"),
        ]
        newest = await queries.run(make_query("FoundryRequests | top 2 by TimeGenerated desc | project RequestId"))
        assert read_rows(newest) == [["req_20"], ["req_19"]]
        write_journal(data, [make_exchange("req_21", NOON + 21)], opened=NOON + 2)
        assert read_rows(await queries.run(make_query("FoundryRequests | count"))) == [[22]]
        refused = await queries.run(make_query("FoundryRequests | wher x"))
        assert isinstance(refused, LogQueryInvalid)
        assert (refused.code, refused.line) == ("SyntaxError", 1)

    run(data, script)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("range x from 1 to 3 step 1 | extend y = x * 9223372036854775807", "out of range"),
        ("print p='(' | where 'a' matches regex p", "cannot take a value"),
        ("print t = make_timespan(9223372036854775807, 0)", "out of range"),
        ("range x from 1 to 3 step 1 | summarize sum(4611686018427387904 + 0 * x)", "does not fit its type"),
    ],
)
def test_a_query_that_runs_into_its_values_is_refused_and_the_next_one_answered(
    data: Path, text: str, said: str
) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        refused = await queries.run(make_query(text))
        assert isinstance(refused, LogQueryInvalid), refused
        assert said in refused.message
        assert read_rows(await queries.run(make_query("FoundryRequests | count"))) == [[21]]

    run(data, script, children=1)


def test_a_runaway_query_is_killed_and_the_next_one_answered(data: Path) -> None:
    async def script(queries: ProcessLogQueries) -> None:
        assert await queries.run(make_query(RUNAWAY, seconds=2.0)) == LogQueryExceeded(limit="time")
        assert read_rows(await queries.run(make_query("FoundryRequests | count"))) == [[21]]

    run(data, script)


def test_a_query_that_needs_more_memory_than_it_may_have_ends_with_that(data: Path) -> None:
    query = make_query("range a from 1 to 9000000 step 1 | extend b = strcat('key', a) | summarize make_list(b)")

    async def script(queries: ProcessLogQueries) -> None:
        assert await queries.run(query) == LogQueryExceeded(limit="memory")

    run(data, script, memory_bytes=128 * 1024**2)


def test_it_stands_back_and_ends_with_its_input(data: Path) -> None:
    command = [sys.executable, "-m", "ingate.telemetry.query_process", str(data), str(256 * 1024**2), "1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        deadline = time.monotonic() + 30
        wanted = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        while os.getpriority(os.PRIO_PROCESS, process.pid) != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.stdin.close()
        assert process.wait(30) == 0
