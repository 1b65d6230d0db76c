"""A query, from KQL to rows, on a DuckDB that may open the logs and nothing else. Runs in a query process."""

from __future__ import annotations

import logging
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ingate.domain.log_query import DEFAULT_RANGE, LogType
from ingate.kql.result import Answer, Column, CompiledQuery, KqlError, PreliminaryQuery, Schema, TimeRange

from .content_files import CONTENT_FOLDER, get_content_day
from .journal_reader import JOURNAL_FOLDER
from .log_columns import BROUGHT_TABLES, TableColumns
from .log_database import TEMPORARY_FOLDER, open_database
from .log_plan import ReadPlan, plan_reading
from .log_views import (
    Visibility,
    list_tables,
    render_brought,
    render_content,
    render_diagnostics,
    render_requests,
)
from .query_guard import StatementForbidden, check_statement
from .query_protocol import (
    AnswerMessage,
    FailedMessage,
    InvalidMessage,
    Message,
    OutOfMemoryMessage,
    QueryRequest,
    RowsMessage,
)
from .query_values import name_nonfinite, render_selection
from .segments import LOGS_FOLDER

if TYPE_CHECKING:
    import duckdb

_log = logging.getLogger(__name__)

CHUNK_ROWS = 5_000
MOST_PLANS = 3
"""A file may be sealed between being listed and being opened."""

_NAMES_TIME = re.compile(r"\bwhere\b[^|]*\bTimeGenerated\b|\bmake-series\b[^|]*\bfrom\b", re.IGNORECASE)
_DAY_SECONDS = 86_400.0

Send = Callable[[Message], None]


class Compile(Protocol):
    def __call__(
        self,
        text: str,
        *,
        schema: Schema,
        now: datetime,
        time_range: TimeRange | None,
        answers: tuple[Answer, ...],
    ) -> CompiledQuery | PreliminaryQuery | KqlError: ...


def names_time(text: str) -> bool:
    """Whether a query limits the time itself, so that nothing is to be added to it. Where that is in a string or
    a comment, it sees more than it would."""
    return _NAMES_TIME.search(text) is not None


class QueryExecution:
    """One query after the other, on one connection: what it has read of files stays in memory."""

    def __init__(
        self,
        data_directory: Path,
        *,
        name: str,
        memory_bytes: int,
        threads: int,
        compile_query: Compile,
    ) -> None:
        """`name` is different for each of several at a time. Raises OSError, duckdb.Error."""
        self._compile_query = compile_query
        self._data = data_directory.resolve()
        folders = [self._data / folder for folder in (LOGS_FOLDER, JOURNAL_FOLDER, CONTENT_FOLDER)]
        for folder in folders:
            folder.mkdir(mode=0o700, exist_ok=True)
        self._open = partial(
            open_database,
            temporary=folders[0] / TEMPORARY_FOLDER / name,
            memory_bytes=memory_bytes,
            threads=threads,
            readable=[folders[0] / "FoundryRequests", *folders[1:]],
        )
        self._connection = self._open()

    def run(self, request: QueryRequest, send: Send) -> None:
        """The last message that is sent ends the answer."""
        import duckdb

        request = _with_default_range(request)
        for attempt in range(1, MOST_PLANS + 1):
            sent = _Sender(send, request.most_rows, request.most_bytes)
            try:
                send(self._answer(request, sent))
                return
            except duckdb.OutOfMemoryException:
                send(OutOfMemoryMessage())
                return
            except (duckdb.IOException, FileNotFoundError) as error:
                if sent.row_count or attempt == MOST_PLANS:
                    send(FailedMessage(reason="the logs could not be read", detail=str(error)))
                    return
            except (StatementForbidden, duckdb.PermissionException) as error:
                send(FailedMessage(reason="the query reaches for what is not its own", detail=str(error)))
                return
            except (duckdb.FatalException, duckdb.InternalError) as error:
                self._connection.close()
                self._connection = self._open()  # nothing runs on the old one any more
                send(FailedMessage(reason="the query could not be run", detail=str(error)))
                return
            except duckdb.Error as error:
                send(_render_fault(error))
                return
            except OSError as error:
                reason = f"the query could not be run ({type(error).__name__})"
                send(FailedMessage(reason=reason, detail=str(error)))
                return

    def _answer(self, request: QueryRequest, sent: _Sender) -> Message:
        began, cpu = time.monotonic(), time.process_time()
        tables = list_tables(
            frozenset(request.rows) & BROUGHT_TABLES.keys(), includes_content=request.includes_content
        )
        plan = plan_reading(self._data, start=_latest(request.start, request.oldest), end=request.end)
        views = _Views(self._connection, self._data, request, frozenset(tables), plan)
        compiled = self._compile(request, tables, views)
        if isinstance(compiled, KqlError):
            return _render_error(compiled)
        views.define(compiled.tables)
        self._send_rows(compiled, frozenset(tables), sent)
        return AnswerMessage(
            columns=tuple((column.name, column.type) for column in compiled.columns),
            row_count=sent.row_count,
            cut_at=sent.cut_at,
            render=_render_properties(compiled),
            start=request.start,
            end=request.end,
            seconds=time.monotonic() - began,
            cpu_seconds=time.process_time() - cpu,
            peak_memory_bytes=_read_peak_memory(),
            scanned_segments=len(plan.segments),
            scanned_journals=len(plan.journals),
            scanned_bytes=plan.bytes,
        )

    def _compile(
        self, request: QueryRequest, tables: dict[str, TableColumns], views: _Views
    ) -> CompiledQuery | KqlError:
        """Some queries have to look at rows before their columns are known."""
        schema = {
            name: tuple(Column(name=column.name, type=column.type) for column in columns)
            for name, columns in tables.items()
        }
        answers: tuple[Answer, ...] = ()
        while True:
            compiled = self._compile_query(
                request.text,
                schema=schema,
                now=_to_datetime(request.now),
                time_range=_make_range(request),
                answers=answers,
            )
            if not isinstance(compiled, PreliminaryQuery):
                return compiled
            views.define(compiled.tables)
            check_statement(self._connection, compiled.sql, frozenset(tables))
            found = self._connection.execute(compiled.sql, list(compiled.parameters) or None)
            answers = (*answers, tuple(found.fetchmany(compiled.row_limit + 1)))

    def _send_rows(self, compiled: CompiledQuery, tables: frozenset[str], sent: _Sender) -> None:
        check_statement(self._connection, compiled.sql, tables)
        types: list[LogType] = [column.type for column in compiled.columns]
        sql = render_selection(compiled.sql, types, sent.most_rows)
        found = self._connection.execute(sql, list(compiled.parameters) or None)
        while sent.cut_at is None and (rows := found.fetchmany(CHUNK_ROWS)):
            sent.send_rows(name_nonfinite(rows, types))
        self._discard(found)

    def _discard(self, found: duckdb.DuckDBPyConnection) -> None:
        """What was not fetched."""
        found.execute("SELECT 1").fetchall()


class _Views:
    """The tables of one query, made when they are named: that takes some milliseconds each."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        data_directory: Path,
        request: QueryRequest,
        tables: frozenset[str],
        plan: ReadPlan,
    ) -> None:
        self._connection = connection
        self._data = data_directory
        self._request = request
        self._tables = tables
        self._plan = plan
        self._defined: set[str] = set()
        ids = request.resource_ids
        self._visibility = Visibility(
            resource_ids=None if ids is None else frozenset(one.lower() for one in ids),
            oldest=_parse_time(request.oldest),
        )

    def define(self, names: Iterable[str]) -> None:
        for name in sorted(names):
            if name in self._tables and name not in self._defined:
                self._defined.add(name)
                self._define(name)

    def _define(self, name: str) -> None:
        match name:
            case "FoundryRequests":
                self._make_view(name, render_requests(self._plan, self._visibility))
            case "AzureDiagnostics":
                self.define(("FoundryRequests", "AuditEvents"))
                self._make_view(name, render_diagnostics(self._tables))
            case "FoundryContent":
                paths = _list_content(self._data / CONTENT_FOLDER, self._request.start, self._request.end)
                self._make_view(name, render_content(paths, self._visibility))
            case _:
                self._make_table(name)

    def _make_view(self, name: str, sql: str) -> None:
        self._connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {sql}')

    def _make_table(self, name: str) -> None:
        rows = msgspec.json.encode(self._request.rows[name]).decode()
        self._connection.execute(
            f'CREATE OR REPLACE TEMP TABLE "{name}" AS {render_brought(name, self._visibility)}', {"rows": rows}
        )


class _Sender:
    """Sends rows until there are as many as there may be."""

    def __init__(self, send: Send, most_rows: int, most_bytes: int) -> None:
        self.most_rows = most_rows
        self.row_count = 0
        self.cut_at: Any = None
        self._send = send
        self._bytes_left = most_bytes

    def send_rows(self, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) > self.most_rows - self.row_count:
            rows = rows[: self.most_rows - self.row_count]
            self.cut_at = "rows"
        text = msgspec.json.encode(rows)
        if len(text) > self._bytes_left:
            rows = self._take(rows)
            text = msgspec.json.encode(rows)
            self.cut_at = "bytes"
        if rows:
            self._bytes_left -= len(text)
            self.row_count += len(rows)
            self._send(RowsMessage(rows=msgspec.Raw(text)))

    def _take(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        length = 2
        for number, row in enumerate(rows):
            length += len(msgspec.json.encode(row)) + 1
            if length > self._bytes_left:
                return rows[:number]
        return rows


def _with_default_range(request: QueryRequest) -> QueryRequest:
    if request.start is not None or request.end is not None or names_time(request.text):
        return request
    return msgspec.structs.replace(request, start=request.now - DEFAULT_RANGE.total_seconds(), end=request.now)


def _render_fault(error: duckdb.Error) -> InvalidMessage:
    """Of a query that runs into what its text did not show. The engine's words stay here: they may have values of
    rows in them that the caller may not read."""
    import duckdb

    match error:
        case duckdb.OutOfRangeException():
            code, message = "SemanticError", "A number or a time that the query computes is out of range"
        case duckdb.ConversionException():
            code, message = "SemanticError", "A value that the query computes does not fit its type"
        case duckdb.InvalidInputException():
            code, message = "SemanticError", "A function of the query cannot take a value that it is given"
        case _:
            code, message = "NotSupported", f"The query cannot be run here ({type(error).__name__})"
    _log.warning("a log query could not be run: %s: %s", type(error).__name__, error)
    return InvalidMessage(code=code, message=message, line=None, column=None, token=None)


def _render_error(error: KqlError) -> InvalidMessage:
    return InvalidMessage(
        code=error.code, message=error.message, line=error.line, column=error.column, token=error.token
    )


def _make_range(request: QueryRequest) -> TimeRange | None:
    if request.start is None or request.end is None:
        return None
    return TimeRange(start=_to_datetime(request.start), end=_to_datetime(request.end))


def _render_properties(compiled: CompiledQuery) -> dict[str, Any] | None:
    if compiled.render is None:
        return None
    return {"visualization": compiled.render.kind} | dict(compiled.render.properties)


def _list_content(folder: Path, start: float | None, end: float | None) -> list[Path]:
    """Of the days in between."""

    def is_wanted(day: date) -> bool:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
        return (start is None or midnight + _DAY_SECONDS >= start) and (end is None or midnight <= end)

    days = ((path, get_content_day(path.name)) for path in sorted(folder.glob("*.jsonl")))
    return [path for path, day in days if day is not None and is_wanted(day)]


def _latest(one: float | None, other: float | None) -> float | None:
    times = [time for time in (one, other) if time is not None]
    return max(times, default=None)


def _to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _parse_time(seconds: float | None) -> datetime | None:
    return None if seconds is None else _to_datetime(seconds).replace(tzinfo=None)


def _read_peak_memory() -> int:
    """In bytes. What `getrusage` says is at least what the parent had when it started this process."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
