"""The journal of requests: what came and what became of it, as far back as its bounds allow."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ingate.simulator.incoming import Header, SimulatorRequest
from ingate.simulator.json_value import JsonObject
from ingate.simulator.scripting.rule_counters import NearMiss
from ingate.simulator.scripting.sent_stream import SentStream

MOST_ENTRIES = 1_000
MOST_BYTES = 64 * 1024 * 1024
"""Of requests' bodies."""

AnsweredBy = Literal["generated", "script", "replay", "refusal", "forwarded"]
Ending = Literal["open", "complete", "error_event", "disconnect", "truncate", "unknown"]
"""`open`: not all of it was sent yet. `unknown`: another upstream answers."""

_CREDENTIAL = re.compile(rb"authorization|api-?key|subscription-key|cookie|credential|password|secret|token", re.I)


@dataclass(slots=True, kw_only=True)
class JournalEntry:
    """One request. What is known only later is put in when it happens."""

    number: int
    """From 1, across all sessions."""
    arrived: float
    """On the monotonic clock."""
    time: float
    """Seconds since 1970."""
    session: str
    request: SimulatorRequest
    """Without headers: see `headers`."""
    headers: tuple[tuple[str, str], ...]
    """In lower case, without any that could carry a credential."""
    status: int | None = None
    """None: no answer, or one that another upstream gives."""
    rule: str | None = None
    near_misses: tuple[NearMiss, ...] = ()
    answered_by: AnsweredBy = "generated"
    answered: float | None = None
    """When the answer had been sent, on the monotonic clock; None while it is not."""
    retry_after: float | None = None
    """Seconds that the answer told the client to wait."""
    should_retry: bool | None = None
    """What `x-should-retry` of the answer said."""
    ending: Ending = "complete"
    content: tuple[JsonObject, ...] | None = None
    """The whole answer's blocks, where they are known."""
    sent: SentStream | None = None
    """What was sent of an answer that was cut short."""


@dataclass(slots=True)
class RequestJournal:
    entries: deque[JournalEntry] = field(default_factory=deque[JournalEntry])
    dropped: int = 0
    """Entries that had to make room."""
    _bytes: int = 0
    _last_number: int = 0

    def add(self, request: SimulatorRequest, *, session: str, arrived: float, time: float) -> JournalEntry:
        self._last_number += 1
        entry = JournalEntry(
            number=self._last_number,
            arrived=arrived,
            time=time,
            session=session,
            request=SimulatorRequest(
                method=request.method,
                path=request.path,
                query=request.query,
                body=request.body,
                served_as=request.served_as,
            ),
            headers=tuple(keep_harmless(request.headers)),
        )
        self.entries.append(entry)
        self._bytes += len(request.body)
        while len(self.entries) > MOST_ENTRIES or (self._bytes > MOST_BYTES and len(self.entries) > 1):
            self._bytes -= len(self.entries.popleft().request.body)
            self.dropped += 1
        return entry

    def list_entries(self, session: str) -> list[JournalEntry]:
        """A session's in their order; all for the empty name."""
        return [entry for entry in self.entries if session in ("", entry.session)]

    def delete(self, session: str) -> None:
        """Forgets a session's, or all. Numbers go on where they were."""
        kept = [entry for entry in self.entries if session not in ("", entry.session)]
        self.entries = deque(kept)
        self._bytes = sum(len(entry.request.body) for entry in kept)
        if not session:
            self.dropped = 0


def keep_harmless(headers: Iterable[Header]) -> Iterator[tuple[str, str]]:
    """The headers that carry no credential, judged by their names."""
    for name, value in headers:
        if not _CREDENTIAL.search(name):
            yield name.decode("latin-1").lower(), value.decode("latin-1")
