"""What is read back of journals, whole and damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.unit.telemetry.records import make_record

from ingate.telemetry.journal import Journal
from ingate.telemetry.journal_reader import Damage, main, read_journal, read_journals


def write_journal(data_directory: Path, *request_ids: str, worker: int = 0, now: float = 1e9) -> Path:
    folder = data_directory / "journal"
    before = set(folder.glob("*")) if folder.exists() else set[Path]()
    journal = Journal(folder, worker=worker, wall_clock=lambda: now)
    for request_id in request_ids:
        assert journal.append(make_record(request_id))
    journal.close()
    [path] = set(folder.glob("*")) - before
    return path


def read(path: Path) -> tuple[list[str], list[Damage]]:
    damages: list[Damage] = []
    records = list(read_journal(path, damages.append))
    return [record.request_id for record in records], damages


def test_whole_records_come_back_as_they_were(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "req_1")
    damages: list[Damage] = []
    assert list(read_journal(path, damages.append)) == [make_record("req_1")]
    assert damages == []


def test_files_of_all_workers_are_read_oldest_first(tmp_path: Path) -> None:
    write_journal(tmp_path, "req_3", worker=0, now=1e9 + 0.5)
    write_journal(tmp_path, "req_1", "req_2", worker=1, now=1e9)
    write_journal(tmp_path, "req_4", worker=1, now=1e9 + 86_400)
    damages: list[Damage] = []
    found = [record.request_id for record in read_journals(tmp_path, damages.append)]
    assert (found, damages) == (["req_1", "req_2", "req_3", "req_4"], [])


def test_a_last_line_cut_anywhere_is_torn_and_never_misread(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "req_1", "req_2")
    whole = path.read_bytes()
    last = whole[:-1].rindex(b"\n") + 1
    for length in range(last, len(whole)):
        path.write_bytes(whole[:length])
        expected = [] if length == last else [Damage(path, 3, "torn")]
        assert read(path) == (["req_1"], expected)


def test_a_file_of_which_nothing_was_written_is_empty(tmp_path: Path) -> None:
    path = write_journal(tmp_path)
    header = path.read_bytes()
    for length in range(len(header)):
        path.write_bytes(header[:length])
        assert read(path) == ([], [Damage(path, 1, "torn")] if length else [])


@pytest.mark.parametrize(
    "line",
    [
        b'{"request_id":"to',
        b"\0" * 300,
        b"\xff\xfe",
        b"[]",
        b'{"time":"yesterday"}',
        b'{"journal_format":1,"worker":0,"pid":1,"opened":1.0}',
        b'{"a":"' + b"x" * 3_000_000,
    ],
    ids=["half", "zeros", "no-text", "no-object", "no-record", "second-header", "endless"],
)
def test_a_bad_line_in_the_middle_is_reported_and_costs_no_other(tmp_path: Path, line: bytes) -> None:
    path = write_journal(tmp_path, "req_1")
    path.write_bytes(path.read_bytes() + line + b"\n")
    after = write_journal(tmp_path / "other", "req_2").read_bytes().split(b"\n")[1]
    path.write_bytes(path.read_bytes() + after + b"\n")
    assert read(path) == (["req_1", "req_2"], [Damage(path, 3, "corrupt")])


def test_empty_lines_are_nothing(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "req_1")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n\n"))
    assert read(path) == (["req_1"], [])


def test_fields_of_a_later_ingate_are_passed_over(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "req_1")
    path.write_bytes(path.read_bytes().replace(b'"request_id"', b'"new_field":[1],"request_id"'))
    assert read(path) == (["req_1"], [])


def test_a_format_of_a_later_ingate_is_not_guessed_at(tmp_path: Path) -> None:
    path = write_journal(tmp_path, "req_1")
    path.write_bytes(path.read_bytes().replace(b'"journal_format":1', b'"journal_format":2'))
    assert read(path) == ([], [Damage(path, 1, "unknown format")])


class TestSummary:
    def test_adds_up_what_each_deployment_consumed(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = write_journal(tmp_path, "req_1", "req_2")
        with path.open("ab") as file:
            file.write(b'{"torn')
        assert main([str(tmp_path)]) == 0
        first, columns, sums, torn = capsys.readouterr().out.splitlines()
        assert first == "1 journal files, 2 exchanges, 0 refused requests"
        assert columns.split() == ["deployment", "exchanges", "input", "output", "cache", "read", "cache", "write"]
        assert sums.split() == ["example-resource/my-claude", "2", "6", "10", "0", "0"]
        assert torn == f"torn: {path} line 4"

    def test_fails_for_what_cannot_be_read(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = write_journal(tmp_path, "req_1")
        path.write_bytes(path.read_bytes() + b"???\n")
        assert main([str(tmp_path)]) == 1
        assert f"corrupt: {path} line 3" in capsys.readouterr().out

    def test_says_when_there_is_none(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([str(tmp_path)]) == 2
        assert main([]) == 2
        assert f"no journals in {tmp_path / 'journal'}" in capsys.readouterr().err

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_says_when_one_may_not_be_read(self, tmp_path: Path) -> None:
        write_journal(tmp_path, "req_1").chmod(0)
        assert main([str(tmp_path)]) == 2
