"""Log queries, from the control process's side: at most two child processes, one query at a time in each.

A child starts with the first query and stays. One that takes too long, or too much memory, or whose caller is gone,
is killed; the next query starts another.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from ingate.domain.log_query import (
    MOST_SECONDS,
    LogAnswer,
    LogColumn,
    LogOutcome,
    LogQueriesBusy,
    LogQuery,
    LogQueryExceeded,
    LogQueryFailed,
    LogQueryInvalid,
    LogStatistics,
    LogTable,
    LogTimeRange,
)

from .log_database import TEMPORARY_FOLDER
from .query_protocol import (
    LENGTH_BYTES,
    MESSAGE_BYTES,
    AnswerMessage,
    FailedMessage,
    InvalidMessage,
    Message,
    OutOfMemoryMessage,
    QueryRequest,
    RowsMessage,
    decode_message,
    render_message,
)
from .segments import LOGS_FOLDER

_log = logging.getLogger(__name__)

MEMORY_BYTES = 1024 * 1024 * 1024
"""Of DuckDB in a child."""
OVERHEAD_BYTES = 512 * 1024 * 1024
"""What a child may use beside that: the interpreter, and rows on their way out."""
IDLE_BYTES = 512 * 1024 * 1024
"""A child that has more of them after an answer is not kept for the next query."""
WATCH_SECONDS = 0.25
MOST_WAITING = 16


class ProcessLogQueries:
    """Implements `domain.log_query.LogQueries`."""

    def __init__(
        self,
        data_directory: Path,
        *,
        children: int = 2,
        threads: int = 2,
        memory_bytes: int = MEMORY_BYTES,
        command: Sequence[str] = (sys.executable, "-m", "ingate.telemetry.query_process"),
    ) -> None:
        self._data_directory = data_directory
        self._memory_bytes = memory_bytes
        self._command = (*command, str(data_directory), str(memory_bytes), str(threads))
        self._free = asyncio.Semaphore(children)
        self._most_waiting = MOST_WAITING
        self._waiting = 0
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()

    async def run(self, query: LogQuery) -> LogOutcome:
        if self._waiting >= self._most_waiting:
            return LogQueriesBusy()
        deadline = asyncio.get_running_loop().time() + min(query.seconds, MOST_SECONDS)
        self._waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self._free.acquire()
        except TimeoutError:
            return LogQueryExceeded(limit="time")
        finally:
            self._waiting -= 1
        try:
            return await self._run(query, deadline)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Ends the children, whatever they do."""
        for child in [*self._idle, *self._busy]:
            await child.end()
        self._idle.clear()

    async def _run(self, query: LogQuery, deadline: float) -> LogOutcome:
        try:
            child = await self._get_child()
        except OSError as error:
            return LogQueryFailed(reason=f"no process could be started for the query: {error}")
        self._busy.add(child)
        is_well = False
        try:
            outcome = await child.ask(query, deadline)
            is_well = child.is_well and _read_memory(child.process.pid) <= IDLE_BYTES
        finally:
            self._busy.discard(child)
            if is_well:
                self._idle.append(child)
            else:
                await asyncio.shield(child.end())
        return outcome

    async def _get_child(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.process.returncode is None:
                return child
            await child.end()
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        temporary = self._data_directory / LOGS_FOLDER / TEMPORARY_FOLDER / f"query-{process.pid}"
        return _Child(process, temporary, self._memory_bytes + OVERHEAD_BYTES)


class _Child:
    def __init__(self, process: asyncio.subprocess.Process, temporary: Path, most_memory: int) -> None:
        self.process = process
        self._temporary = temporary
        self._most_memory = most_memory
        self._killed_for: Literal["time", "memory"] | None = None
        self.is_well = True
        """It waits for the next query."""

    async def ask(self, query: LogQuery, deadline: float) -> LogOutcome:
        self.is_well = False
        loop = asyncio.get_running_loop()
        watch = _Watch(loop, lambda: self._check(loop.time() >= deadline))
        try:
            outcome = await self._converse(query)
            self.is_well = self._killed_for is None
        except (OSError, EOFError, msgspec.DecodeError, ValueError) as error:
            if self._killed_for is not None:
                return LogQueryExceeded(limit=self._killed_for)
            _log.error("a log query's process ended or misspoke: %s: %s", type(error).__name__, error)
            return LogQueryFailed(reason="the query's process ended before the answer was whole")
        finally:
            watch.end()
        return outcome

    async def end(self) -> None:
        if self.process.returncode is None:
            self._kill()
        await self.process.wait()
        await asyncio.to_thread(shutil.rmtree, self._temporary, ignore_errors=True)

    async def _converse(self, query: LogQuery) -> LogOutcome:
        reader, writer = self.process.stdout, self.process.stdin
        if reader is None or writer is None:
            raise EOFError
        writer.write(render_message(_render_request(query)))
        await writer.drain()
        pieces: list[bytes] = []
        while True:
            length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
            if length > MESSAGE_BYTES:
                raise ValueError(f"a message of {length} bytes")
            message: Message = decode_message(await reader.readexactly(length))
            match message:
                case RowsMessage():
                    pieces.append(bytes(message.rows)[1:-1])
                case AnswerMessage():
                    return _parse_answer(message, pieces)
                case InvalidMessage():
                    return LogQueryInvalid(
                        code=message.code,
                        message=message.message,
                        line=message.line,
                        column=message.column,
                        token=message.token,
                    )
                case OutOfMemoryMessage():
                    return LogQueryExceeded(limit="memory")
                case FailedMessage():
                    return LogQueryFailed(reason=message.reason)

    def _check(self, is_late: bool) -> None:
        if is_late:
            self._killed_for = "time"
        elif _read_memory(self.process.pid) > self._most_memory:
            self._killed_for = "memory"
        if self._killed_for is not None:
            self._kill()

    def _kill(self) -> None:
        try:
            self.process.kill()
        except ProcessLookupError:
            return


class _Watch:
    """Calls back every `WATCH_SECONDS` until it ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, check: Callable[[], None]) -> None:
        self._loop = loop
        self._check = check
        self._timer = loop.call_later(WATCH_SECONDS, self._tick)

    def end(self) -> None:
        self._timer.cancel()

    def _tick(self) -> None:
        self._check()
        self._timer = self._loop.call_later(WATCH_SECONDS, self._tick)


def _render_request(query: LogQuery) -> QueryRequest:
    span = query.time_range
    return QueryRequest(
        text=query.text,
        now=query.now.timestamp(),
        start=None if span is None else span.start.timestamp(),
        end=None if span is None else span.end.timestamp(),
        resource_ids=None if query.resource_ids is None else tuple(query.resource_ids),
        oldest=None if query.oldest is None else query.oldest.timestamp(),
        rows={table: [dict(row) for row in rows] for table, rows in query.rows.items()},
        includes_content=query.includes_content,
        most_rows=query.most_rows,
        most_bytes=query.most_bytes,
    )


def _parse_answer(message: AnswerMessage, pieces: Sequence[bytes]) -> LogAnswer:
    return LogAnswer(
        table=LogTable(
            name="PrimaryResult",
            columns=tuple(LogColumn(name=name, type=kind) for name, kind in message.columns),
            rows=b"[" + b",".join(pieces) + b"]",
            row_count=message.row_count,
        ),
        time_range=_parse_range(message.start, message.end),
        statistics=LogStatistics(
            seconds=message.seconds,
            cpu_seconds=message.cpu_seconds,
            peak_memory_bytes=message.peak_memory_bytes,
            scanned_segments=message.scanned_segments,
            scanned_journals=message.scanned_journals,
            scanned_bytes=message.scanned_bytes,
        ),
        render=message.render,
        cut_at=message.cut_at,
    )


def _parse_range(start: float | None, end: float | None) -> LogTimeRange | None:
    if start is None or end is None:
        return None
    return LogTimeRange(start=datetime.fromtimestamp(start, UTC), end=datetime.fromtimestamp(end, UTC))


def _read_memory(pid: int) -> int:
    """Bytes in use; 0 where the system does not tell. DuckDB's own limit holds all the same."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
