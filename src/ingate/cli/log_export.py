"""Everything that a table has of some time, through the query API: in slices, each row exactly once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .failure import CommandFailed
from .log_client import LogClient, LogTable

TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
LONGEST_SLICE = timedelta(days=1)
SHORTEST_SLICE = timedelta(microseconds=1)
"""As exact as times are."""
FEW_ROWS = 50_000
"""After a slice with fewer, the next is twice as long."""
AS_THEY_ARE = frozenset({"deployments"})
"""Tables without a past: each query shows the same rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    table: LogTable
    end: datetime
    """Of what is there up to it, everything has been read."""


def read_slices(client: LogClient, name: str, begin: datetime, end: datetime) -> Iterator[Slice]:
    """In the order of time. A slice whose answer is partial is halved until it is not; ends the command where not
    even the shortest one fits an answer."""
    longest = end - begin if name.lower() in AS_THEY_ARE else LONGEST_SLICE
    length, start = min(longest, end - begin), begin
    while start < end:
        stop = min(start + length, end)
        table = _query(client, name, start, stop)
        if table.partial:
            if length <= SHORTEST_SLICE or name.lower() in AS_THEY_ARE:
                raise CommandFailed(f"what {name} has at {render_time(start)} is too much for one answer.")
            length = max(min(length, stop - start) / 2, SHORTEST_SLICE)
            continue
        yield Slice(table=table, end=stop)
        start = stop
        if len(table.rows) < FEW_ROWS:
            length = min(length * 2, longest)


def _query(client: LogClient, name: str, start: datetime, end: datetime) -> LogTable:
    first, last = render_time(start), render_time(end)
    text = (
        f"{name} | where TimeGenerated >= datetime({first}) and TimeGenerated < datetime({last}) "
        "| sort by TimeGenerated asc"
    )
    return client.query(text, f"{first}/{last}")


def render_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
