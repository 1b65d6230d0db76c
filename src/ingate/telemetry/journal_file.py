"""One file of a journal: made new for one writer, and nothing but whole lines in it as long as that writer lives.

Its writer holds an exclusive `flock` on it, which ends with the process however that ends: a file without one, but
with a header, gets no more lines. The header is written after the lock is held.
"""

from __future__ import annotations

import errno
import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

JOURNAL_FORMAT = 1
"""Raised when an older reader would misread a file."""


class JournalHeader(msgspec.Struct, frozen=True, kw_only=True):
    """A file's first line."""

    journal_format: int
    worker: int
    pid: int
    opened: float
    """Seconds since 1970, UTC."""


class JournalFile:
    """A file that did not exist before: no two writers ever share one."""

    def __init__(self, folder: Path, *, worker: int, opened: float) -> None:
        """Raises OSError, with no file left behind."""
        self.day = int(opened // 86_400)
        self.opened = opened
        self._folder = folder
        self._descriptor, self.path = _create(folder, worker, opened)
        self._is_synced_by_name = False
        self.is_spoilt = False
        """What is in it may not be whole, or not on the disk: nothing more may be written."""
        header = JournalHeader(journal_format=JOURNAL_FORMAT, worker=worker, pid=os.getpid(), opened=opened)
        line = msgspec.json.encode(header) + b"\n"
        self._header_bytes = len(line)
        try:
            self.write(line)
        except OSError:
            self.discard()
            raise

    def write(self, lines: bytes) -> None:
        """Raises OSError, with nothing of them left in the file."""
        written = os.write(self._descriptor, lines)
        if written < len(lines):
            self._take_back(written)
            raise OSError(errno.ENOSPC, "the disk took only part of a line")

    def probe(self, length: int) -> None:
        """Raises OSError when so many bytes more would not find room. Changes nothing."""
        self.write(b"\n" * length)
        self._take_back(length)

    def sync(self) -> None:
        """Returns when the disk has all that was written. Raises OSError, from then on every time: what a disk
        once failed to take, the system forgets and does not mention again."""
        if self.is_spoilt:
            raise OSError(errno.EIO, "the disk did not take what was written")
        if self._descriptor < 0:
            return
        try:
            os.fdatasync(self._descriptor)
            if not self._is_synced_by_name:
                _sync_folder(self._folder)
                self._is_synced_by_name = True
        except OSError:
            self.is_spoilt = True
            raise

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def is_empty(self) -> bool:
        """It has no record."""
        return self.size() <= self._header_bytes

    def free_bytes(self) -> int:
        """Of its file system."""
        state = os.fstatvfs(self._descriptor)
        return state.f_bavail * state.f_frsize

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def discard(self) -> None:
        """As if it had never been."""
        self.close()
        self.path.unlink()

    def _take_back(self, length: int) -> None:
        try:
            os.ftruncate(self._descriptor, self.size() - length)
        except OSError:
            self.is_spoilt = True
            raise


def is_closed(path: Path) -> bool:
    """Whether nothing more will be written to a journal file: its writer has closed it, or is gone. False too when
    that cannot be known. Raises FileNotFoundError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return b"\n" in os.pread(descriptor, 4096, 0)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def unlink_closed(path: Path) -> bool:
    """Deletes a journal file, unless somebody holds it. A writer that was just about to lock it notices, and begins
    another. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _create(folder: Path, worker: int, opened: float) -> tuple[int, Path]:
    """Names sort by the time of opening. Should the clock give one twice, the counter tells them apart."""
    stamp = datetime.fromtimestamp(opened, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    for counter in range(10_000):
        path = folder / f"{stamp}-worker-{worker}-{counter:04d}.jsonl"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        _lock(descriptor)
        if os.fstat(descriptor).st_nlink:
            return descriptor, path
        os.close(descriptor)  # somebody took it for one that was given up
    raise OSError(errno.EEXIST, f"{folder} has every journal name of this moment")


def _lock(descriptor: int) -> None:
    """Waits for whoever looks at it, which takes microseconds. Where the file system knows no locks, nobody can get
    one either, and the file counts as open for ever."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            os.close(descriptor)
            raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
