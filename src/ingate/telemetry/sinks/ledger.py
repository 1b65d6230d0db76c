"""A sink's place, as it is now and in sinks.db."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .cursor_file import AuditPlace, CursorFile, SinkPlace


class Ledger:
    """Written by the sink's thread, read by any."""

    def __init__(self, file: CursorFile, place: SinkPlace) -> None:
        self._file = file
        self.place = place

    def settle(
        self,
        *,
        journals: Mapping[str, int] | None = None,
        audit: AuditPlace | None = None,
        metric_minute: int | None = None,
        delivered: int = 0,
        dropped: int = 0,
    ) -> None:
        """Notes what was sent or let go, and up to where. Raises sqlite3.Error: what was sent is sent again after a
        restart, not before."""
        place = self.place
        self.place = replace(
            place,
            journals=place.journals if journals is None else journals,
            audit=audit or place.audit,
            metric_minute=metric_minute or place.metric_minute,
            delivered=place.delivered + delivered,
            dropped=place.dropped + dropped,
        )
        self._file.save(self.place)
