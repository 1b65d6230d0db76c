"""A sink at work: one thread that sends what is new, and tries again what was not taken."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ingate.telemetry.prometheus import Gauge

from .delivery import DeliveryFailed
from .journal_queue import JournalQueue
from .ledger import Ledger

_log = logging.getLogger(__name__)

SECONDS_BETWEEN = 0.5
"""Between two looks when nothing is new."""
FIRST_BACKOFF = 0.25
LONGEST_BACKOFF = 30.0


class Queue(Protocol):
    def step(self) -> bool:
        """Sends what is next. Whether there may be more."""
        ...


class Sink:
    """`run` is for its own thread, everything else for any."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        journals: JournalQueue[Any],
        others: Sequence[Queue] = (),
        close: Callable[[], None],
        wall_clock: Callable[[], float],
        labels: Mapping[str, str],
        first_backoff: float = FIRST_BACKOFF,
    ) -> None:
        self.ledger = ledger
        self.journals = journals
        self._queues: tuple[Queue, ...] = (journals, *others)
        self._close = close
        self._wall_clock = wall_clock
        self._labels = labels
        self._first_backoff = first_backoff
        self._failing_since = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name=f"sink {ledger.place.name}", daemon=True)

    @property
    def name(self) -> str:
        return self.ledger.place.name

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends it soon: what is on its way is finished, or given up after its timeout."""
        self._stopping.set()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            delivered = self.ledger.place.delivered
            fault = self._turn()
            if self._stopping.is_set():
                break
            if fault is None:
                if self._failing_since:
                    _log.info("%s delivers again", self.name)
                failures, self._failing_since = 0, 0.0
                self._stopping.wait(SECONDS_BETWEEN)
                continue
            if not self._failing_since:
                self._failing_since = self._wall_clock()
                _log.warning("%s does not deliver, and tries again: %s", self.name, fault)
            # A receiver that takes some batches and refuses others is asked again soon.
            failures = 0 if self.ledger.place.delivered > delivered else min(failures + 1, 16)
            self._stopping.wait(min(self._first_backoff * 2**failures, LONGEST_BACKOFF))
        with contextlib.suppress(Exception):
            self._close()

    def is_held(self, journal: Path) -> bool:
        return self.journals.is_held(journal)

    def read_gauges(self) -> Iterator[Gauge]:
        place = self.ledger.place
        with contextlib.suppress(OSError):
            yield self._gauge("unread_bytes", "Of the journals, not yet sent", self.journals.count_unread_bytes())
        yield self._gauge("delivered_events", "Events that were taken, since it was set up", place.delivered)
        yield self._gauge("dropped_events", "Events that were let go or refused, since it was set up", place.dropped)
        yield self._gauge("failing_since_seconds", "When it began to fail; 0: it does not", self._failing_since)

    def _gauge(self, name: str, text: str, value: float) -> Gauge:
        return Gauge(f"ingate_sink_{name}", text, value, self._labels)

    def _turn(self) -> str | None:
        """Everything that is there, a batch of each queue after the other. What failed, if something did: the other
        queues go on."""
        fault: str | None = None
        queues = [*self._queues]
        while queues and not self._stopping.is_set():
            for queue in [*queues]:
                try:
                    has_more = queue.step()
                except Exception as error:  # noqa: BLE001 - nobody would notice a thread that has ended
                    fault = _describe(error)
                    has_more = False
                if not has_more:
                    queues.remove(queue)
        return fault


def _describe(error: Exception) -> str:
    """Nothing of an error that is not foreseen: it may hold a secret."""
    if isinstance(error, DeliveryFailed):
        return str(error)
    if isinstance(error, OSError | sqlite3.Error):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__
