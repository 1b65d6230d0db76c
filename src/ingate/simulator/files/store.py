"""Uploaded files on disk: `<resource>/<file id>.content`, and beside it `<file id>.json` with what is known of it.

The JSON file comes last and goes first, so a file exists as long as that does. Changes are made under the folder's
lock, which also lets whoever makes one clear away what a killed worker left behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ingate.simulator.storing.folder import (
    PARTIAL,
    lock,
    make_private_folder,
    name_folder,
    write_partial,
    write_whole,
)
from ingate.simulator.storing.listing import Place
from ingate.simulator.storing.moments import SECOND, to_microseconds

FILE_BYTES = 500 * 1024 * 1024
KEPT_AFTER_EXPIRY = 30 * 24 * 3600 * SECOND
"""For so long an expired file can still be seen, though not read."""
STALE_SECONDS = 3600.0
"""A file that has been in the making for longer has no writer any more."""

_FILE_ID = re.compile(r"file_[0-9A-Za-z]{1,64}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What is known of a file, which never changes. Moments are microseconds since 1970."""

    file_id: str
    filename: str
    mime_type: str
    size_bytes: int
    created_at: int
    expires_at: int | None = None
    downloadable: bool = False
    """Only what a tool made can be downloaded."""

    @property
    def place(self) -> Place:
        return self.created_at, self.file_id

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageFull:
    total_bytes: int


class FileStore:
    """Safe to use from several processes at once. Every method reads or writes the disk; OSError is the caller's."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float],
        make_id: Callable[[], str],
        total_bytes: int,
        file_bytes: int = FILE_BYTES,
    ) -> None:
        """`clock` counts seconds since 1970. `total_bytes` holds for each resource."""
        self._folder = folder
        self._clock = clock
        self._make_id = make_id
        self._total_bytes = total_bytes
        self.file_bytes = file_bytes

    @property
    def now(self) -> int:
        return to_microseconds(self._clock())

    def create(
        self,
        resource_id: str,
        *,
        filename: str,
        mime_type: str,
        content: bytes | memoryview,
        expires_in_seconds: int | None = None,
        downloadable: bool = False,
    ) -> StoredFile | StorageFull:
        """The name and type are the caller's to check."""
        folder = make_private_folder(self._get_folder(resource_id))
        now = self.now
        file = StoredFile(
            file_id=f"file_{self._make_id()}",
            filename=filename,
            mime_type=mime_type,
            size_bytes=len(content),
            created_at=now,
            expires_at=None if expires_in_seconds is None else now + expires_in_seconds * SECOND,
            downloadable=downloadable,
        )
        # What takes long is done before the others have to wait.
        partial = write_partial(_content_of(folder, file.file_id), content)
        with lock(folder):
            if self._clear_away(folder) + file.size_bytes > self._total_bytes:
                partial.unlink()
                return StorageFull(total_bytes=self._total_bytes)
            partial.replace(_content_of(folder, file.file_id))
            write_whole(_metadata_of(folder, file.file_id), msgspec.json.encode(file))
        return file

    def find(self, resource_id: str, file_id: str) -> StoredFile | None:
        """An expired file too, for as long as it can be seen."""
        if _FILE_ID.match(file_id) is None:
            return None
        return self._read(_metadata_of(self._get_folder(resource_id), file_id))

    def read_content(self, resource_id: str, file_id: str) -> bytes | None:
        """None when there is no such file, or it has expired."""
        file = self.find(resource_id, file_id)
        if file is None or file.is_expired(self.now):
            return None
        try:
            return _content_of(self._get_folder(resource_id), file_id).read_bytes()
        except FileNotFoundError:  # deleted a moment ago
            return None

    def list(self, resource_id: str) -> list[StoredFile]:
        """In no order."""
        return self._read_all(self._get_folder(resource_id))

    def delete(self, resource_id: str, file_id: str) -> bool:
        """False when there was none."""
        if _FILE_ID.match(file_id) is None:
            return False
        folder = self._get_folder(resource_id)
        if not folder.is_dir():
            return False
        with lock(folder):
            try:
                _metadata_of(folder, file_id).unlink()
            except FileNotFoundError:
                return False
            _content_of(folder, file_id).unlink(missing_ok=True)
        return True

    def _get_folder(self, resource_id: str) -> Path:
        return self._folder / name_folder(resource_id)

    def _read_all(self, folder: Path) -> list[StoredFile]:
        found = [self._read(path) for path in folder.glob("file_*.json")]
        return [file for file in found if file is not None]

    def _read(self, path: Path) -> StoredFile | None:
        try:
            file = msgspec.json.decode(path.read_bytes(), type=StoredFile)
        except FileNotFoundError:
            return None
        is_over = file.expires_at is not None and file.expires_at + KEPT_AFTER_EXPIRY <= self.now
        return None if is_over else file

    def _clear_away(self, folder: Path) -> int:
        """What has expired, and what a worker that was killed left half done: under the lock, content without its
        JSON file is nobody's. Gives back how many bytes the others have."""
        now = self.now
        kept = {file.file_id: file for file in self._read_all(folder)}
        for path in folder.glob("file_*"):
            file = kept.get(path.name.partition(".")[0])
            if path.suffix == PARTIAL:
                if path.stat().st_mtime < self._clock() - STALE_SECONDS:
                    path.unlink()
            elif file is None or (path.suffix == ".content" and file.is_expired(now)):
                path.unlink()
        return sum(file.size_bytes for file in kept.values() if not file.is_expired(now))


def _metadata_of(folder: Path, file_id: str) -> Path:
    return folder / f"{file_id}.json"


def _content_of(folder: Path, file_id: str) -> Path:
    return folder / f"{file_id}.content"
