"""Wrong secrets and passwords: how many in a row, and how long to wait after too many.

Kept in memory: a restart forgives, and takes longer than guessing once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERATED = 10
"""Failures in a row before the first lock, as in Entra's smart lockout."""
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=1)
_REMEMBERED = 10_000
"""Names. The oldest are forgotten first."""


@dataclass(slots=True)
class _Record:
    failures: int = 0
    locked_until: datetime | None = None


class Attempts:
    """By whatever names who is trying to get in. A name that nobody has is treated as one that somebody has."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def is_locked(self, key: str, now: datetime) -> bool:
        record = self._records.get(_digest(key))
        return record is not None and record.locked_until is not None and now < record.locked_until

    def note_failure(self, key: str, now: datetime) -> None:
        digest = _digest(key)
        record = self._records.setdefault(digest, _Record())
        self._records.move_to_end(digest)
        record.failures += 1
        if record.failures >= TOLERATED:
            doublings = min(record.failures - TOLERATED, 10)
            record.locked_until = now + min(FIRST_LOCK * 2**doublings, LONGEST_LOCK)
        if len(self._records) > _REMEMBERED:
            self._records.popitem(last=False)

    def note_success(self, key: str) -> None:
        self._records.pop(_digest(key), None)


def _digest(key: str) -> str:
    """Whoever tries chooses the name, and how long it is."""
    return hashlib.sha256(key.encode()).hexdigest()
