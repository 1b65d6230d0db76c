"""Why the log query API refuses, in its own words.

https://learn.microsoft.com/azure/azure-monitor/logs/api/errors
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ingate.domain.log_query import LogQueriesBusy, LogQueryExceeded, LogQueryFailed, LogQueryInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentInvalid:
    """A body, a parameter or a timespan that is none."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceNotFound:
    workspace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsNotReadable:
    """No role of the caller's lets it query there, or there is nothing: which of the two is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsNotKept:
    """This Ingate keeps no logs."""


LogRefusal: TypeAlias = (
    ArgumentInvalid
    | WorkspaceNotFound
    | LogsNotReadable
    | LogsNotKept
    | LogQueryInvalid
    | LogQueryExceeded
    | LogQueryFailed
    | LogQueriesBusy
)
