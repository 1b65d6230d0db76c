"""Group commit: one fsync for everyone who waits. Those who come while one runs share the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .journal_file import JournalFile

Told = Callable[[bool], None]
"""Hears whether the disk has what was waited for."""


class GroupCommit:
    """The fsyncs run in a thread of their own, one at a time; `Told` is called by the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, on_failure: Callable[[OSError], None]) -> None:
        self._loop = loop
        self._on_failure = on_failure
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal-fsync")
        self._waiting: list[Told] = []
        self._files: set[JournalFile] = set()
        """Where the records of those who wait are."""
        self._is_running = False

    def wait(self, file: JournalFile, told: Told) -> None:
        """`told` is called once all that is in `file` by now is on the disk, or cannot be brought there."""
        self._waiting.append(told)
        self._files.add(file)
        if not self._is_running:
            self._start()

    def retire(self, file: JournalFile) -> None:
        """Nothing more is written to it: it is synced and closed. Those who wait for it are told as ever."""
        self._thread.submit(_sync_and_close, file)

    def close(self) -> None:
        """Returns when the disk has what `wait` was called for. Nobody is told any more."""
        self._waiting.clear()
        self._thread.shutdown(wait=True)

    def _start(self) -> None:
        self._is_running = True
        group, self._waiting = self._waiting, []
        files, self._files = self._files, set()
        running = self._loop.run_in_executor(self._thread, _sync, files)
        running.add_done_callback(partial(self._end, group))

    def _end(self, group: list[Told], done: asyncio.Future[OSError | None]) -> None:
        self._is_running = False
        error = done.result()
        if error is not None:
            self._on_failure(error)
        if self._waiting:
            self._start()
        for told in group:
            told(error is None)


def _sync(files: set[JournalFile]) -> OSError | None:
    try:
        for file in files:
            file.sync()
    except OSError as error:
        return error
    return None


def _sync_and_close(file: JournalFile) -> None:
    try:
        file.sync()
    except OSError:
        return  # whoever waits for it is told by the sync to come, which fails as well
    finally:
        file.close()
