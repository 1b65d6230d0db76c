"""Sealing: a journal that nobody writes any more becomes a segment.

In this order: the segment is written and renamed, the manifest lists it together with the journal's name, and only
then, after `GRACE_SECONDS`, the journal is deleted. Killed anywhere, the next try begins anew or goes on.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from .journal_file import is_closed, unlink_closed
from .journal_reader import Damage, list_journals, read_journal
from .log_rows import render_journal_rows
from .segment_writer import SegmentWriter
from .segments import (
    Manifest,
    ManifestInvalid,
    Segment,
    get_journal_day,
    ignore_invalid,
    make_day_folder,
    read_manifest,
    read_manifests,
    sync_path,
    write_manifest,
)

_log = logging.getLogger(__name__)

DAMAGED_FOLDER = "damaged"
"""In the journals' folder: journals in which a line could not be read, once they are sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """What reading a journal through has shown."""

    records: int
    damages: Counter[str]
    """How many lines of each kind; see `journal_reader.Damage`."""

    @property
    def is_of_a_later_format(self) -> bool:
        return bool(self.damages["unknown format"])

    @property
    def is_damaged(self) -> bool:
        """A torn end is none: no answer was given for it."""
        return bool(self.damages["corrupt"])


class _Listed(NamedTuple):
    since: float
    is_damaged: bool


class Sealing:
    """`is_held` tells of a journal whether something else still has to read it."""

    def __init__(
        self,
        *,
        data_directory: Path,
        table_folder: Path,
        writer: SegmentWriter,
        is_held: Callable[[Path], bool],
        grace_seconds: float,
    ) -> None:
        self._data_directory = data_directory
        self._table_folder = table_folder
        self._writer = writer
        self._is_held = is_held
        self._grace = grace_seconds
        self._passed_over: set[str] = set()
        """Journals that are not to be looked at again in this process's life."""
        self.damages: Counter[str] = Counter()
        """Lines that could not be read, by kind, since the start."""

    def seal_one(self, now: float) -> str | None:
        """The oldest closed journal that no manifest lists; its name, or None when there is none. Raises OSError,
        duckdb.Error."""
        listed = self._list()
        for path in list_journals(self._data_directory):
            day = get_journal_day(path.name)
            if path.name in listed or path.name in self._passed_over or day is None or not _is_closed(path):
                continue
            try:
                if self._seal(path, day, now):
                    return path.name
            except ManifestInvalid as error:
                _log.error("%s is not sealed: %s", path.name, error)
                self._passed_over.add(path.name)
        return None

    def unlink_one(self, now: float) -> str | None:
        """A sealed journal that nobody reads any more, its name. Raises OSError."""
        listed = self._list()
        for path in list_journals(self._data_directory):
            entry = listed.get(path.name)
            if entry is None or now - entry.since < self._grace or self._is_held(path):
                continue
            if entry.is_damaged:
                _set_aside(path)
                return path.name
            if unlink_closed(path):
                return path.name
        return None

    def _list(self) -> dict[str, _Listed]:
        listed: dict[str, _Listed] = {}
        for _, _, manifest in read_manifests(self._table_folder, ignore_invalid):
            listed |= {name: _Listed(since, name in manifest.damaged) for name, since in manifest.journals.items()}
        return listed

    def _seal(self, path: Path, day: date, now: float) -> bool:
        """False when it is none that can be sealed."""
        state = _inspect(path)
        self.damages += state.damages
        if state.is_of_a_later_format:
            _log.error("%s is of a later Ingate; it stays as it is, and is in no answer", path.name)
            self._passed_over.add(path.name)
            return False
        folder = make_day_folder(self._table_folder, day)
        manifest = read_manifest(folder) or Manifest()
        segment = self._write(path, folder) if state.records or state.is_damaged else None
        segments = manifest.segments if segment is None else (*manifest.segments, segment)
        is_damaged = _report(path, state, 0 if segment is None else segment.rows)
        write_manifest(
            folder,
            msgspec.structs.replace(
                manifest,
                segments=segments,
                journals={**manifest.journals, path.name: now},
                damaged=(*manifest.damaged, path.name) if is_damaged else manifest.damaged,
            ),
        )
        return True

    def _write(self, path: Path, folder: Path) -> Segment | None:
        """From a copy of its sound lines when it is damaged so that DuckDB refuses the whole."""
        import duckdb

        name = f"{path.stem}.parquet"
        try:
            return self._writer.write(folder, name, render_journal_rows([path]))
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            copy = folder / f"{path.stem}.jsonl.tmp"
            _copy_records(path, copy)
            try:
                return self._writer.write(folder, name, render_journal_rows([copy]))
            finally:
                copy.unlink()


def _inspect(path: Path) -> JournalState:
    damages: list[Damage] = []
    records = sum(1 for _ in read_journal(path, damages.append))
    return JournalState(records=records, damages=Counter(damage.kind for damage in damages))


def _copy_records(path: Path, copy: Path) -> None:
    encode = msgspec.json.Encoder().encode
    with copy.open("wb") as file:
        for record in read_journal(path, lambda _: None):
            file.write(encode(record).replace(b"\n", b" ") + b"\n")


def _report(path: Path, state: JournalState, rows: int) -> bool:
    """Whether it has to be kept."""
    if state.is_damaged or rows != state.records:
        _log.error(
            "%s has %d records, %d rows in its segment, and %d lines that cannot be read; it will be kept in %s",
            *(path.name, state.records, rows, state.damages["corrupt"], path.parent / DAMAGED_FOLDER),
        )
        return True
    if state.damages:
        _log.warning("%s ends within a line: its writer was ended there", path.name)
    return False


def _is_closed(path: Path) -> bool:
    try:
        return is_closed(path)
    except FileNotFoundError:
        return False


def _set_aside(path: Path) -> None:
    folder = path.parent / DAMAGED_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path.rename(folder / path.name)
    sync_path(folder)
    sync_path(path.parent)
