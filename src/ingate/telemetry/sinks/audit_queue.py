"""The audit trail as a sink's queue. It is never deleted, so there is nothing to hold and no bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from ingate.domain.audit import AuditEvent

from .cursor_file import AuditPlace
from .events import Event, render_audit
from .ledger import Ledger

ReadAudit: TypeAlias = Callable[[str, datetime, datetime, int], Sequence[AuditEvent]]
"""Of the events on a resource and in it, at or after one time and before another, the newest so many. Called in
sinks' threads; raises what it likes."""

SETTLING_SECONDS = 60.0
"""In which an event may reach the trail after the time that it bears."""
MOST_EVENTS = 500
SECONDS_BETWEEN = 2.0


class AuditQueue:
    """For the sink's thread."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        resource_id: str,
        read_audit: ReadAudit,
        deliver: Callable[[Sequence[Event]], int],
        wall_clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._resource_id = resource_id
        self._read_audit = read_audit
        self._deliver = deliver
        self._wall_clock = wall_clock
        self._looked_at = 0.0

    def step(self) -> bool:
        """Sends what is new. Whether there may be more. Raises DeliveryFailed, OSError, sqlite3.Error, and what
        reading raises."""
        now = self._wall_clock()
        if 0 <= now - self._looked_at < SECONDS_BETWEEN:
            return False
        place = self._ledger.place.audit
        start = max(self._ledger.place.since, place.until)
        found, end = self._read(start, max(now, start) + 1.0)
        new = [event for event in found if event.event_id not in place.sent]
        refused = self._deliver([render_audit(event, self._resource_id) for event in new]) if new else 0
        is_cut = end <= now
        if new or is_cut:
            until = max(start, min(end, now - SETTLING_SECONDS))
            sent = tuple(event.event_id for event in found if event.time.timestamp() >= until)
            self._ledger.settle(
                audit=AuditPlace(until=until, sent=sent), delivered=len(new) - refused, dropped=refused
            )
            if is_cut and (new or until > start):
                return True
        self._looked_at = now
        return False

    def _read(self, start: float, end: float) -> tuple[Sequence[AuditEvent], float]:
        """The oldest first, and until when they are all there: with very many, less than was asked for."""
        while True:
            found = self._read_audit(self._resource_id, _at(start), _at(end), MOST_EVENTS)
            if len(found) < MOST_EVENTS or end - start < 0.001:
                return sorted(found, key=lambda event: event.time), end
            end = start + (end - start) / 2


def _at(time: float) -> datetime:
    return datetime.fromtimestamp(time, UTC)
