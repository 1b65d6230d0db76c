"""sinks.db: places outlive the process, and go with their sinks."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingate.telemetry.sinks.cursor_file import AuditPlace, CursorFile, SinksUnusable


def test_a_place_is_found_again_in_a_file_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "sinks.db"
    file = CursorFile(path)
    place = replace(
        file.open_place("one", since=5.0),
        journals={"a.jsonl": 100},
        audit=AuditPlace(until=7.0, sent=("x",)),
        metric_minute=3,
        delivered=4,
        dropped=1,
    )
    file.save(place)
    file.close()
    assert CursorFile(path).open_place("one", since=99.0) == place
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_sink_made_anew_is_not_moved_by_the_one_before(tmp_path: Path) -> None:
    file = CursorFile(tmp_path / "sinks.db")
    before = file.open_place("one", since=5.0)
    file.keep_only(frozenset())
    after = file.open_place("one", since=6.0)
    file.save(replace(before, delivered=9))
    assert file.open_place("one", since=7.0) == after
    assert after.sink_id != before.sink_id


def test_files_of_later_versions_and_others_are_refused(tmp_path: Path) -> None:
    later = tmp_path / "later.db"
    with closing(sqlite3.connect(later)) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(SinksUnusable, match="later version"):
        CursorFile(later)
    other = tmp_path / "other.db"
    other.write_bytes(b"no database" * 1000)
    with pytest.raises(SinksUnusable, match="cannot be used"):
        CursorFile(other)
