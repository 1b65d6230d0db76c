"""The content log: what deployments asked to have kept, redacted and written by a thread of its own.

Best effort, unlike the journal: no exchange waits for it or fails because of it, and content that comes faster than
it can be written is left out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

from ingate.domain.content import ExchangeContent
from ingate.domain.redaction import Redactor

from .content_files import ContentFiles
from .content_lines import render_content_line

_log = logging.getLogger(__name__)

WAITING_BYTES = 32 * 1024 * 1024
"""Of content that waits to be written. What would make it more is left out."""

DELETE_SECONDS = 3600.0
"""Between two searches for files that are past their time."""


class FileContentLog:
    """Implements `domain.content.ContentLog`. `tick` is to be called a few times a second."""

    def __init__(
        self,
        folder: Path,
        *,
        worker: int,
        wall_clock: Callable[[], float],
        clock: Callable[[], float],
        executor: Executor | None = None,
    ) -> None:
        """`wall_clock` counts seconds from 1970, `clock` is monotonic. `executor` runs one call at a time; by
        default it is a thread, which starts with the first call. Worker 0 deletes what is past its time, for all
        workers."""
        self._folder = folder
        self._files = ContentFiles(folder, worker=worker)
        self._deletes = worker == 0
        self._wall_clock = wall_clock
        self._clock = clock
        self._executor = executor or ThreadPoolExecutor(max_workers=1, thread_name_prefix="content")
        self._redactors: dict[tuple[str, ...], Redactor] = {}
        self._retention: Mapping[str, int] = {}
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._deleted_at: float | None = None
        self._is_failing = False

    def append(self, content: ExchangeContent) -> None:
        size = len(content.answer) + len(content.request or b"")
        if self._waiting_bytes + size > WAITING_BYTES:
            self._fail("it comes faster than it can be written")
        elif self._run(self._write, content, size):
            self._wait_for(size)

    def use_retention(self, retention: Mapping[str, int]) -> None:
        """What deployments ask for now: days, by `make_content_key`."""
        self._retention = retention

    def tick(self) -> None:
        """At the start, and once an hour: deletes files that are past their time."""
        now = self._wall_clock()
        if self._deleted_at is None or not 0 <= now - self._deleted_at < DELETE_SECONDS:
            self._deleted_at = now
            if self._deletes and self._folder.is_dir():
                self._run(self._delete_old, now, self._retention)

    def close(self) -> None:
        """Waits until what was handed over is written."""
        self._executor.shutdown()

    def _run(self, call: Callable[..., None], *arguments: object) -> bool:
        try:
            self._executor.submit(call, *arguments)
        except RuntimeError as error:  # no thread can be started, or it is too late for one
            self._fail(error)
            return False
        return True

    def _wait_for(self, size: int) -> None:
        with self._lock:
            self._waiting_bytes += size

    def _write(self, content: ExchangeContent, size: int) -> None:
        try:
            line = render_content_line(content, self._get_redactor(content.recording.redact))
            self._files.append(content, line)
            self._is_failing = False
        except Exception as error:  # noqa: BLE001 - best effort, and nobody else would hear of it
            self._fail(error if isinstance(error, OSError) else type(error).__name__)
        finally:
            self._wait_for(-size)

    def _delete_old(self, now: float, retention: Mapping[str, int]) -> None:
        try:
            self._files.delete_old(now, retention)
        except Exception as error:  # noqa: BLE001 - likewise
            _log.warning("old content could not be deleted: %s", error)

    def _get_redactor(self, patterns: tuple[str, ...]) -> Redactor:
        redactor = self._redactors.get(patterns)
        if redactor is None:
            if len(self._redactors) >= 100:
                self._redactors.clear()
            redactor = self._redactors[patterns] = Redactor(patterns, clock=self._clock)
        return redactor

    def _fail(self, why: object) -> None:
        """One line, until it works again."""
        if not self._is_failing:
            _log.error("content is not recorded: %s", why)
        self._is_failing = True
