"""A worker's journal: one line for each exchange, in files that nobody else writes.

docs/reference/journal.md describes the files, docs/decisions/0010-journal-durability.md what they outlive and why.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from ingate.domain.exchange import ExchangeRecord

from .group_commit import GroupCommit, Told
from .journal_file import JournalFile

_log = logging.getLogger(__name__)

FILE_BYTES = 8 * 1024 * 1024
FILE_SECONDS = 3600.0
"""After which a file that has a record is followed by another, so that it can be sealed."""
RESERVE = 4 * 1024 * 1024
"""Bytes of the disk that are kept for the records of exchanges under way: with less, no new one begins."""
PROBE = 64 * 1024
"""Bytes that must find room before requests are taken again."""


class Journal:
    """Implements `domain.exchange.ExchangeLog`. A record is with the operating system before `append` returns, so the
    end of the process, however sudden, does not lose it. `tick` is to be called a few times a second."""

    def __init__(
        self,
        folder: Path,
        *,
        worker: int,
        wall_clock: Callable[[], float],
        file_bytes: int = FILE_BYTES,
        fsync_loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """`wall_clock` counts seconds from 1970. With `fsync_loop`, answers wait until the disk has their records.
        Raises OSError when files cannot be made there, for another reason than a full disk."""
        self._folder = folder
        self._worker = worker
        self._wall_clock = wall_clock
        self._file_bytes = file_bytes
        self._commit = GroupCommit(fsync_loop, on_failure=self._fail) if fsync_loop is not None else None
        self._encode = msgspec.json.Encoder().encode
        self._owed: deque[bytes] = deque()
        """Records that the disk did not take."""
        self._failed = self._cannot_roll = False
        self._file: JournalFile | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._file = self._open()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            self._fail(error)

    def append(self, record: ExchangeRecord, then: Told | None = None) -> bool:
        file = self._file
        try:
            if file is None or file.is_spoilt:
                return False
            file.write(self._render(record))
        except OSError as error:
            self._fail(error)
            return False
        if then is not None:
            if self._commit is None:
                then(True)
            else:
                self._commit.wait(file, then)
        return True

    def keep(self, record: ExchangeRecord) -> None:
        self._owed.append(self._render(record))

    def is_ready(self) -> bool:
        return not self._failed

    def tick(self) -> None:
        """Notices a disk that is nearly full, or has room again; begins a new file when it is time."""
        file = self._file
        if self._failed or self._owed or file is None:
            self._recover()
            return
        if file.free_bytes() < RESERVE:
            self._fail(OSError(errno.ENOSPC, "the disk is nearly full"))
        elif self._is_done(file):
            self._roll()

    def close(self) -> None:
        """Tries once more to write what is owed."""
        if self._owed and not self._recover():
            _log.error("records that the disk never took, and that are lost: %d", len(self._owed))
        self._retire()
        if self._commit is not None:
            self._commit.close()

    def _render(self, record: ExchangeRecord) -> bytes:
        """One line. Unknown parts of a usage are in it as they came, and may have come on several."""
        return self._encode(record).replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"

    def _open(self) -> JournalFile:
        return JournalFile(self._folder, worker=self._worker, opened=self._wall_clock())

    def _is_done(self, file: JournalFile) -> bool:
        now = self._wall_clock()
        is_of_today = file.day == int(now // 86_400)
        is_old = now - file.opened >= FILE_SECONDS and not file.is_empty()
        return not is_of_today or is_old or file.size() >= self._file_bytes

    def _roll(self) -> None:
        """The old file serves on when no new one can be made."""
        try:
            file = self._open()
        except OSError as error:
            if not self._cannot_roll:
                _log.warning("no new journal file can be begun, the old one grows on: %s", error)
            self._cannot_roll = True
            return
        self._cannot_roll = False
        self._retire()
        self._file = file

    def _retire(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        if self._commit is not None:
            self._commit.retire(file)
        else:
            file.close()

    def _recover(self) -> bool:
        """Writes what is owed, then looks whether there is room for more."""
        owed = len(self._owed)
        try:
            file = self._file
            if file is None or file.is_spoilt:
                file = self._open()
                if self._commit is not None:
                    _sync_or_discard(file)
                self._retire()
                self._file = file
            while self._owed:
                file.write(self._owed[0])
                self._owed.popleft()
            if file.free_bytes() < RESERVE:
                return False
            file.probe(PROBE)
            if self._commit is not None:
                file.sync()
        except OSError as error:
            self._fail(error)
            return False
        if self._failed:
            _log.warning("the journal can be written again; records that had waited for it: %d", owed)
        self._failed = False
        return True

    def _fail(self, error: OSError) -> None:
        if not self._failed:
            _log.error("the journal cannot be written, new requests are refused: %s", error)
        self._failed = True


def _sync_or_discard(file: JournalFile) -> None:
    """A disk that fails is not to be littered with the files that were begun to try it."""
    try:
        file.sync()
    except OSError:
        file.discard()
        raise
