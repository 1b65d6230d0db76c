"""The journals as a queue: they are there anyway, and stay until every sink has read them or is too far behind.

Nothing is copied and nothing waits: a sink that is away costs the disk the journals that it has not read, up to a
bound, and beyond it the oldest events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ingate.domain.exchange import ExchangeRecord
from ingate.telemetry.following import Batch, JournalFollower, has_read_all
from ingate.telemetry.rollups import is_plausible

from .cursor_file import SinkPlace
from .ledger import Ledger

_log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH_RECORDS = 500
"""Sent at once."""
DROPPED_RECORDS = 500
"""Let go at once, so at most so many more than the bound asks for."""


@dataclass(frozen=True, slots=True)
class _Pending(Generic[T]):
    batch: Batch
    items: Sequence[T]


class JournalQueue(Generic[T]):
    """`step` is for the sink's thread, `is_held` and `count_unread_bytes` for any."""

    def __init__(
        self,
        follower: JournalFollower,
        ledger: Ledger,
        *,
        render: Callable[[ExchangeRecord], Sequence[T]],
        deliver: Callable[[Sequence[T]], int],
        backlog_bytes: int,
        batch_records: int = BATCH_RECORDS,
    ) -> None:
        """`render` gives what is sent of a record, often nothing; `deliver` sends it, and gives back how many were
        refused for good."""
        self._follower = follower
        self._ledger = ledger
        self._render = render
        self._deliver = deliver
        self._backlog_bytes = backlog_bytes
        self._batch_records = batch_records
        self._pending: _Pending[T] | None = None
        self._is_dropping = False

    def step(self) -> bool:
        """Sends what is next. Whether there may be more. Raises DeliveryFailed, OSError or sqlite3.Error: the same is
        then tried again with the next step, unless it was let go."""
        self._let_go()
        pending = self._pending or self._read(self._batch_records)
        if pending is None:
            return False
        # Kept, so that a repetition is of the same batch.
        self._pending = pending
        refused = self._deliver(pending.items) if pending.items else 0
        self._pending = None
        self._ledger.settle(journals=pending.batch.cursors, delivered=len(pending.items) - refused, dropped=refused)
        return not pending.batch.is_last

    def is_held(self, journal: Path) -> bool:
        """Whether there is something in a closed journal that was neither sent nor let go. Raises OSError."""
        position = self._ledger.place.journals.get(journal.name, 0)
        return journal.stat().st_size > position and not has_read_all(journal, position)

    def count_unread_bytes(self) -> int:
        """Raises OSError."""
        return self._follower.count_unread_bytes(self._ledger.place.journals)

    def _read(self, most: int) -> _Pending[T] | None:
        place = self._ledger.place
        batch = self._follower.read(place.journals, most)
        if batch.cursors == place.journals:
            return None
        items = [item for record in batch.records if _is_wanted(record, place) for item in self._render(record)]
        return _Pending(batch, items)

    def _let_go(self) -> None:
        """The oldest, while there is more than the bound."""
        was_dropping, self._is_dropping = self._is_dropping, False
        while self.count_unread_bytes() > self._backlog_bytes:
            pending, self._pending = self._pending or self._read(DROPPED_RECORDS), None
            if pending is None:
                return
            self._is_dropping = self._is_dropping or bool(pending.items)
            self._ledger.settle(journals=pending.batch.cursors, dropped=len(pending.items))
        if self._is_dropping and not was_dropping:
            _log.error(
                "%s is more than %d bytes of journals behind: its oldest events are dropped, %d so far",
                self._ledger.place.name,
                self._backlog_bytes,
                self._ledger.place.dropped,
            )


def _is_wanted(record: ExchangeRecord, place: SinkPlace) -> bool:
    return record.time >= place.since and is_plausible(record)
