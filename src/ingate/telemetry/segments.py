"""Segments: Parquet files that journals have become, one folder a day, and the manifest that says which of them
count.

Whoever reads lists the journals first and the manifests then, and takes the segments that manifests list and the
journals that none does. A manifest is replaced whole, so every record is in exactly one of the two at every moment.
What no longer counts stays on the disk for `GRACE_SECONDS`, for those who have read an older manifest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import msgspec

LOGS_FOLDER = "logs"
TABLE_FOLDER = "FoundryRequests"
MANIFEST = "manifest.json"
MANIFEST_FORMAT = 1
"""Raised when an older reader would misread a manifest or a segment."""
GRACE_SECONDS = 660.0
"""Longer than any query runs (`domain.log_query.MOST_SECONDS`)."""

_JOURNAL_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)T")


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file in a day's folder."""

    name: str
    rows: int
    bytes: int
    earliest: float
    latest: float
    """Of its records' times, in seconds since 1970."""
    is_compacted: bool = False


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Which segments of a day count. A journal's records are all in the folder of the day in which it was begun."""

    manifest_format: int = MANIFEST_FORMAT
    segments: tuple[Segment, ...] = ()
    journals: dict[str, float] = {}
    """Names of the journals that are in the segments, and since when (seconds since 1970). They stay until the disk
    has it that the files are gone: one may come back after a loss of power."""
    damaged: tuple[str, ...] = ()
    """Those of them that are kept aside because not every line is in the segments."""
    retired: dict[str, float] = {}
    """Names of files that no longer count, and since when."""
    next_number: int = 0
    """Of the next compacted segment: no name is ever used for two."""


class ManifestInvalid(ValueError):
    """It cannot be read, or a later Ingate wrote it. Nothing in its folder may be touched."""


_decode = msgspec.json.Decoder(Manifest).decode


def get_table_folder(data_directory: Path) -> Path:
    return data_directory / LOGS_FOLDER / TABLE_FOLDER


def get_journal_day(name: str) -> date | None:
    """In which a journal was begun (UTC), by its file's name; None for a name that no journal has."""
    found = _JOURNAL_DAY.match(name)
    try:
        return date(*map(int, found.groups())) if found is not None else None
    except ValueError:
        return None


def list_days(table_folder: Path) -> Iterator[tuple[date, Path]]:
    """Folders of days, the oldest first. Raises OSError."""
    try:
        names = sorted(entry.name for entry in table_folder.iterdir())
    except FileNotFoundError:
        return
    for name in names:
        try:
            yield date.fromisoformat(name), table_folder / name
        except ValueError:
            continue


def read_manifest(folder: Path) -> Manifest | None:
    """None when there is none. Raises OSError, ManifestInvalid."""
    try:
        text = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        manifest = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestInvalid(f"{folder / MANIFEST}: {error}") from None
    if manifest.manifest_format != MANIFEST_FORMAT:
        raise ManifestInvalid(f"{folder / MANIFEST} has format {manifest.manifest_format}")
    return manifest


def read_manifests(table_folder: Path, on_invalid: Callable[[str], None]) -> Iterator[tuple[date, Path, Manifest]]:
    """Of all days, the oldest first; a folder without one has an empty one. Raises OSError."""
    for day, folder in list_days(table_folder):
        try:
            yield day, folder, read_manifest(folder) or Manifest()
        except ManifestInvalid as error:
            on_invalid(str(error))


def ignore_invalid(invalid: str) -> None:
    """For those who come after somebody who reports it."""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Whole or not at all, and on the disk when this returns. Raises OSError."""
    temporary = folder / f"{MANIFEST}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(msgspec.json.encode(manifest))
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / MANIFEST)
    sync_path(folder)


def forget_journals(manifest: Manifest, journals_folder: Path) -> Manifest:
    """Without the names of those that are deleted or kept aside, so that it does not grow with their number. A reader
    that had listed one of them before finds it gone, and begins anew. Raises OSError."""
    sync_path(journals_folder)
    left = {name: since for name, since in manifest.journals.items() if (journals_folder / name).exists()}
    damaged = tuple(name for name in manifest.damaged if name in left)
    return msgspec.structs.replace(manifest, journals=left, damaged=damaged)


def make_day_folder(table_folder: Path, day: date) -> Path:
    """Raises OSError."""
    folder = table_folder / day.isoformat()
    if not folder.is_dir():
        for each in (table_folder.parent, table_folder, folder):
            each.mkdir(mode=0o700, exist_ok=True)
            sync_path(each.parent)
    return folder


def sync_path(path: Path) -> None:
    """A file's content, or a folder's entries. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
