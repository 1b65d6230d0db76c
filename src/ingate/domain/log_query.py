"""A query over the logs, and what comes of it. Limits are Log Analytics' own
([service limits](https://learn.microsoft.com/azure/azure-monitor/service-limits#log-queries-and-language))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

MOST_ROWS = 500_000
MOST_BYTES = 64_000_000
DEFAULT_SECONDS = 180.0
MOST_SECONDS = 600.0
DEFAULT_RANGE = timedelta(hours=24)
"""What a query sees that names no time, neither beside it nor in it: what the portal's query editor chooses."""

LogType = Literal["bool", "datetime", "dynamic", "guid", "int", "long", "real", "string", "timespan", "decimal"]
"""Kusto's types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTimeRange:
    """From `start` on, and before `end`. UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    text: str
    """KQL."""
    now: datetime
    """UTC."""
    time_range: LogTimeRange | None = None
    """None: as the query itself says, or else `DEFAULT_RANGE`."""
    resource_ids: frozenset[str] | None = None
    """Whose rows may be seen, without regard to case; None is for all, those of no resource included."""
    oldest: datetime | None = None
    """Rows before it are not seen: the workspace no longer keeps them."""
    rows: Mapping[str, Sequence[Mapping[str, object]]] = field(
        default_factory=dict[str, Sequence[Mapping[str, object]]]
    )
    """Of the tables that whoever asks brings along (`AuditEvents`, `Deployments`): columns by name. Only these are
    there, and only what the caller may see of them."""
    includes_content: bool = False
    """Whether there is a table `FoundryContent`."""
    most_rows: int = MOST_ROWS
    most_bytes: int = MOST_BYTES
    seconds: float = DEFAULT_SECONDS
    """It may take, waiting for others included; at most `MOST_SECONDS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogColumn:
    name: str
    type: LogType


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTable:
    name: str
    columns: tuple[LogColumn, ...]
    rows: bytes
    """A JSON array of arrays, with values as Log Analytics renders them."""
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStatistics:
    """What an answer took."""

    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    """Of the process that found it, since it started."""
    scanned_segments: int
    scanned_journals: int
    scanned_bytes: int
    """The size of those files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    table: LogTable
    time_range: LogTimeRange | None
    """What the query was limited to; None when it names a time itself."""
    statistics: LogStatistics
    render: Mapping[str, object] | None = None
    """The query's `render`: `visualization`, and its properties."""
    cut_at: Literal["rows", "bytes"] | None = None
    """Which limit left rows out: the answer is partial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQueryInvalid:
    """It cannot be answered, whoever asks and when."""

    code: Literal["SyntaxError", "SemanticError", "NotSupported", "TooComplex"]
    message: str
    line: int | None = None
    """From 1."""
    column: int | None = None
    """From 1, in characters."""
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQueryExceeded:
    """It took more than it may, and was ended."""

    limit: Literal["time", "memory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQueryFailed:
    """It may be tried again."""

    reason: str
    """For the log, and for whoever asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQueriesBusy:
    """Too many queries wait already."""


LogOutcome = LogAnswer | LogQueryInvalid | LogQueryExceeded | LogQueryFailed | LogQueriesBusy


class LogQueries(Protocol):
    async def run(self, query: LogQuery) -> LogOutcome:
        """When the caller is cancelled, so is the query."""
        ...
