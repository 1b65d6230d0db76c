"""Reading journals while they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.exchange_records import HEADER, Journals, make_exchange, render_lines

from ingate.telemetry.following import CHUNK_BYTES, Batch, Cursors, JournalFollower, has_read_all


@pytest.fixture
def journals(tmp_path: Path) -> Journals:
    return Journals(tmp_path)


def follow(journals: Journals, cursors: Cursors | None = None, limit: int = 1000) -> Batch:
    return JournalFollower(journals.folder).read(cursors or {}, limit)


def get_ids(batch: Batch) -> list[str]:
    return [record.request_id for record in batch.records]


def make_numbered(*numbers: int) -> bytes:
    return render_lines(make_exchange(request_id=str(number)) for number in numbers)


def test_records_of_all_workers_are_read_once(journals: Journals) -> None:
    journals.append("b-worker-1", make_numbered(3))
    journals.append("a-worker-0", make_numbered(1, 2))
    first = follow(journals)
    assert (get_ids(first), first.is_last) == (["1", "2", "3"], True)
    assert get_ids(follow(journals, first.cursors)) == []


def test_new_lines_and_new_files_are_read_from_where_the_cursors_stand(journals: Journals) -> None:
    journals.append("a", make_numbered(1))
    cursors = follow(journals).cursors
    journals.append("a", make_numbered(2))
    journals.append("b", make_numbered(3))
    assert get_ids(follow(journals, cursors)) == ["2", "3"]


def test_half_a_line_is_read_once_it_is_whole(journals: Journals) -> None:
    line = make_numbered(2)
    journals.append("a", make_numbered(1) + line[:50])
    first = follow(journals)
    assert get_ids(first) == ["1"]
    journals.append("a", line[50:])
    assert get_ids(follow(journals, first.cursors)) == ["2"]


def test_empty_lines_that_are_taken_back_lose_nothing(journals: Journals) -> None:
    """A writer tries by them whether there is room on the disk again."""
    path = journals.append("a", make_numbered(1))
    size = path.stat().st_size
    journals.append("a", b"\n" * 65_536)
    first = follow(journals)
    with path.open("r+b") as file:
        file.truncate(size)
    journals.append("a", make_numbered(2))
    assert get_ids(follow(journals, first.cursors)) == ["2"]


def test_a_batch_has_no_more_records_than_are_wanted_and_the_next_goes_on(journals: Journals) -> None:
    journals.append("a", make_numbered(*range(5)))
    journals.append("b", make_numbered(*range(5, 8)))
    seen: list[list[str]] = []
    cursors: Cursors = {}
    while True:
        batch = follow(journals, cursors, limit=3)
        seen.append(get_ids(batch))
        cursors = batch.cursors
        if batch.is_last:
            break
    assert seen[:3] == [["0", "1", "2"], ["3", "4", "5"], ["6", "7"]]
    assert not any(seen[3:])


def test_a_file_longer_than_a_chunk_is_read_whole(journals: Journals) -> None:
    count = 2 * CHUNK_BYTES // len(make_numbered(1)) + 10
    journals.append("a", make_numbered(*range(count)))
    batch = follow(journals, limit=count + 1)
    assert get_ids(batch) == [str(number) for number in range(count)]


def test_damaged_lines_are_counted_and_passed_over(journals: Journals) -> None:
    journals.append("a", make_numbered(1) + b"{not json}\n" + b'{"time":"x"}\n' + make_numbered(2))
    batch = follow(journals)
    assert (get_ids(batch), batch.damaged_lines) == (["1", "2"], 2)


def test_a_line_longer_than_a_chunk_is_one_damaged_line(journals: Journals) -> None:
    journals.append("a", make_numbered(1) + b"x" * (2 * CHUNK_BYTES) + b"\n" + make_numbered(2))
    batch = follow(journals)
    assert (get_ids(batch), batch.damaged_lines) == (["1", "2"], 1)


def test_journals_that_are_gone_are_forgotten(journals: Journals) -> None:
    path = journals.append("a", make_numbered(1))
    journals.append("b", make_numbered(2))
    cursors = follow(journals).cursors
    path.unlink()
    assert [*follow(journals, cursors).cursors] == ["b.jsonl"]


def test_a_folder_that_is_gone_leaves_the_cursors_alone(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        JournalFollower(tmp_path / "nowhere").read({"a.jsonl": 5}, 10)


def test_a_journal_of_a_later_format_is_passed_over(journals: Journals) -> None:
    (journals.folder / "a.jsonl").write_bytes(HEADER.replace(b'format":1', b'format":2') + make_numbered(1))
    journals.append("b", make_numbered(2))
    first = follow(journals)
    assert get_ids(first) == ["2"]
    assert JournalFollower(journals.folder).count_unread_bytes(first.cursors) == 0


def test_unread_bytes_are_counted(journals: Journals) -> None:
    journals.append("a", make_numbered(1))
    cursors = follow(journals).cursors
    more = make_numbered(2)
    journals.append("a", more)
    follower = JournalFollower(journals.folder)
    assert follower.count_unread_bytes(cursors) == len(more)
    assert follower.count_unread_bytes(follow(journals, cursors).cursors) == 0


def test_a_journal_is_read_whole_also_when_it_ends_in_half_a_line(journals: Journals) -> None:
    path = journals.append("a", make_numbered(1) + b'{"time":1')
    assert not has_read_all(path, 0)
    assert has_read_all(path, follow(journals).cursors["a.jsonl"])
