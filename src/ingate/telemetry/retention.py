"""Retention: days that are past their time, and files that no longer count, are given back to the disk."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from .journal_reader import JOURNAL_FOLDER
from .segments import MANIFEST, forget_journals, ignore_invalid, read_manifests, sync_path, write_manifest

_log = logging.getLogger(__name__)


class Retention:
    def __init__(self, *, data_directory: Path, table_folder: Path, grace_seconds: float) -> None:
        self._journals = data_directory / JOURNAL_FOLDER
        self._table_folder = table_folder
        self._grace = grace_seconds

    def recover(self) -> None:
        """At the start, before anything else: removes what a killed predecessor had not finished. Raises OSError."""
        for _, folder, manifest in read_manifests(self._table_folder, _report):
            known = {segment.name for segment in manifest.segments} | manifest.retired.keys() | {MANIFEST}
            for path in folder.iterdir():
                if path.name not in known and path.suffix in (".parquet", ".tmp"):
                    path.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()

    def delete_retired(self, now: float) -> str | None:
        """Of one day, what nobody reads any more; the day, or None when there is none. Raises OSError."""
        for day, folder, manifest in read_manifests(self._table_folder, ignore_invalid):
            due = [name for name, since in manifest.retired.items() if now - since >= self._grace]
            if not due:
                continue
            for name in due:
                (folder / name).unlink(missing_ok=True)
            sync_path(folder)
            left = {name: since for name, since in manifest.retired.items() if name not in due}
            manifest = forget_journals(manifest, self._journals)
            write_manifest(folder, msgspec.structs.replace(manifest, retired=left))
            return day.isoformat()
        return None

    def retire_old(self, now: float, days: int) -> str | None:
        """One day whose last moment is more than `days` ago: first its segments stop to count, and when they are
        deleted its folder goes. Journals of that day that are still there are waited for, as they would count again.
        Raises OSError."""
        for day, folder, manifest in read_manifests(self._table_folder, ignore_invalid):
            if not _is_past(day, now, days):
                return None
            if any((self._journals / name).exists() for name in manifest.journals):
                continue
            if manifest.segments:
                gone = dict.fromkeys((segment.name for segment in manifest.segments), now)
                write_manifest(
                    folder, msgspec.structs.replace(manifest, segments=(), retired=manifest.retired | gone)
                )
                return day.isoformat()
            if not manifest.retired:
                (folder / MANIFEST).unlink(missing_ok=True)
                sync_path(folder)
                folder.rmdir()
                return day.isoformat()
        return None


def _report(invalid: str) -> None:
    _log.error("a day of the logs is left alone, and is in no answer: %s", invalid)


def _is_past(day: date, now: float, days: int) -> bool:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=days + 1)
    return now >= end.timestamp()
