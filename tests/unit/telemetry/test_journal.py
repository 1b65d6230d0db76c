"""The journal on a real disk, and on one that fails."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.usage import TokenUsage
from ingate.telemetry.journal import Journal


def make_record(request_id: str) -> ExchangeRecord:
    return ExchangeRecord(
        time=1_800_000_000.25,
        request_id=request_id,
        apim_request_id="guid",
        operation="messages",
        status=200,
        outcome="completed",
        duration_ms=1.0,
        usage=TokenUsage(input_tokens=3),
        authentication="key",
        user_agent="line\nend \u2028 é \x00",
    )


def read_ids(path: Path) -> list[str | None]:
    """As a reader does: empty lines are skipped, one that is no JSON is a torn one."""
    found: list[str | None] = []
    for line in path.read_bytes().split(b"\n"):
        if line:
            try:
                found.append(json.loads(line)["request_id"])
            except ValueError:
                found.append(None)
    return found


@dataclass
class Disk:
    """Stands between the journal and the real `os.write`."""

    room: int | None = None
    """Bytes that a write takes; None for all."""
    error: OSError | None = None

    def wrap(self, write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
        def write_some(descriptor: int, data: bytes) -> int:
            if self.error is not None:
                raise self.error
            return write(descriptor, data if self.room is None else data[: self.room])

        return write_some


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "worker-0.jsonl"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(os, "write", disk.wrap(os.write))
    return disk


def test_a_record_is_one_line_that_is_there_when_append_returns(path: Path) -> None:
    journal = Journal(path)
    assert journal.append(make_record("req_1"))
    assert journal.append(make_record("req_2"))
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["request_id"] for line in lines] == ["req_1", "req_2"]
    assert json.loads(lines[0])["user_agent"] == "line\nend \u2028 é \x00"
    journal.close()


def test_a_new_journal_goes_on_where_the_last_one_ended(path: Path) -> None:
    for number in (1, 2):
        journal = Journal(path)
        journal.append(make_record(f"req_{number}"))
        journal.close()
    assert read_ids(path) == ["req_1", "req_2"]


def test_only_its_owner_may_read_it(path: Path) -> None:
    Journal(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_torn_last_line_spoils_no_other(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"request_id":"req_0"}\n{"request_id":"to')
    journal = Journal(path)
    journal.append(make_record("req_1"))
    journal.append(make_record("req_2"))
    journal.close()
    assert read_ids(path) == ["req_0", None, "req_1", "req_2"]


def test_it_cannot_be_opened_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b"")
    with pytest.raises(OSError, match="journal"):
        Journal(tmp_path / "journal" / "worker-0.jsonl")


class TestFailure:
    def test_is_told_and_nothing_is_admitted_until_it_has_passed(
        self, path: Path, disk: Disk, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = Journal(path)
        assert journal.is_ready()
        disk.error = OSError(28, "No space left on device")
        assert not journal.append(make_record("req_1"))
        assert not journal.is_ready()
        assert not journal.is_ready()
        assert [record.message for record in caplog.records] == [
            "the journal cannot be written, new requests are refused: [Errno 28] No space left on device"
        ]
        disk.error = None
        assert journal.is_ready()
        assert journal.append(make_record("req_2"))
        journal.close()
        assert read_ids(path) == ["req_2"]

    def test_of_half_a_record_spoils_no_other(self, path: Path, disk: Disk) -> None:
        journal = Journal(path)
        journal.append(make_record("req_1"))
        disk.room = 20
        assert not journal.append(make_record("req_2"))
        disk.room = None
        assert journal.append(make_record("req_3"))
        journal.close()
        assert read_ids(path) == ["req_1", None, "req_3"]

    def test_of_half_a_record_is_repaired_by_the_next_look(self, path: Path, disk: Disk) -> None:
        journal = Journal(path)
        disk.room = 20
        assert not journal.append(make_record("req_1"))
        disk.room = 0
        assert not journal.is_ready()
        disk.room = None
        assert journal.is_ready()
        journal.append(make_record("req_2"))
        journal.close()
        assert read_ids(path) == [None, "req_2"]

    def test_a_second_failure_is_told_again(self, path: Path, disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
        journal = Journal(path)
        for _ in range(2):
            disk.error = OSError(5, "Input/output error")
            journal.append(make_record("req_1"))
            disk.error = None
            assert journal.is_ready()
        journal.close()
        assert len(caplog.records) == 2


def test_a_closed_journal_fails_like_a_full_disk(path: Path) -> None:
    journal = Journal(path)
    journal.close()
    assert not journal.append(make_record("req_1"))
    assert not journal.is_ready()
