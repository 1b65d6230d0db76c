"""The journal on a real disk, and on one that fails."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from tests.unit.telemetry.records import make_record, read_ids, read_lines

from ingate.domain.usage import TokenUsage
from ingate.telemetry.journal import RESERVE, Journal

DAY = 86_400.0


@dataclass
class Disk:
    """Stands between the journal and the system."""

    room: int | None = None
    """Bytes that it takes from now on; None for all."""
    error: OSError | None = None
    can_truncate: bool = True
    free: int = 1 << 40

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write, truncate = os.write, os.ftruncate

        def write_some(descriptor: int, data: bytes) -> int:
            if self.error is not None:
                raise self.error
            if self.room is not None:
                if self.room == 0:
                    raise OSError(errno.ENOSPC, "No space left on device")
                data = data[: self.room]
                self.room -= len(data)
            return write(descriptor, data)

        def truncate_if_it_can(descriptor: int, length: int) -> None:
            if not self.can_truncate:
                raise OSError(errno.EIO, "Input/output error")
            truncate(descriptor, length)

        monkeypatch.setattr(os, "write", write_some)
        monkeypatch.setattr(os, "ftruncate", truncate_if_it_can)
        monkeypatch.setattr("ingate.telemetry.journal_file.JournalFile.free_bytes", lambda _: self.free)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]


@dataclass
class Start:
    """Starts workers whose clock is moved by hand."""

    folder: Path
    now: float = 20_000 * DAY
    running: list[Journal] = field(default_factory=list[Journal])

    def __call__(self, *, worker: int = 0, file_bytes: int = 1_000_000) -> Journal:
        journal = Journal(self.folder, worker=worker, wall_clock=lambda: self.now, file_bytes=file_bytes)
        self.running.append(journal)
        return journal

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())

    @property
    def ids(self) -> list[str | None]:
        """None for a line that is no record."""
        return [identifier for path in self.files for identifier in read_ids(path)]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return Start(tmp_path / "journal")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    disk.install(monkeypatch)
    return disk


def test_a_record_is_one_line_that_is_there_when_append_returns(start: Start) -> None:
    journal = start()
    told: list[bool] = []
    assert journal.append(make_record("req_1"))
    assert journal.append(make_record("req_2"), told.append)
    [path] = start.files
    _, first, second = read_lines(path)
    assert (first["request_id"], second["request_id"]) == ("req_1", "req_2")
    assert first["user_agent"] == "line\nend \u2028 é \x00"
    assert told == [True]


def test_a_record_is_one_line_whatever_an_upstream_reported(start: Start) -> None:
    """A usage that is laid out over several lines stays what it is."""
    usage = TokenUsage(other={"new": msgspec.Raw(b'{\n  "a": "b\\n",\r\n  "c": []\n}')})
    start().append(msgspec.structs.replace(make_record("req_1"), usage=usage))
    [path] = start.files
    [_, record] = read_lines(path)
    assert record["usage"] == {"other": {"new": {"a": "b\n", "c": []}}}


def test_only_its_owner_may_read_it(start: Start) -> None:
    start()
    [path] = start.files
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_its_first_line_says_whose_it_is_and_how_to_read_it(start: Start) -> None:
    start(worker=3)
    [path] = start.files
    [header] = read_lines(path)
    assert header == {"journal_format": 1, "worker": 3, "pid": os.getpid(), "opened": start.now}


def test_it_cannot_be_opened_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "journal").write_bytes(b"")
    with pytest.raises(OSError, match="journal"):
        Start(tmp_path / "journal")()


class TestFiles:
    def test_are_never_written_by_two_not_even_at_one_moment(self, start: Start) -> None:
        for number, worker in enumerate((0, 1, 0, 0)):
            start(worker=worker).append(make_record(f"req_{number}"))
        assert [path.name for path in start.files] == [
            "20241004T000000.000000Z-worker-0-0000.jsonl",
            "20241004T000000.000000Z-worker-0-0001.jsonl",
            "20241004T000000.000000Z-worker-0-0002.jsonl",
            "20241004T000000.000000Z-worker-1-0000.jsonl",
        ]
        assert sorted(read_ids(path) for path in start.files) == [["req_0"], ["req_1"], ["req_2"], ["req_3"]]

    def test_what_a_crash_left_is_not_touched(self, start: Start) -> None:
        start().append(make_record("req_1"))
        [path] = start.files
        path.write_bytes(path.read_bytes() + b'{"request_id":"to')
        before = path.read_bytes()
        start().append(make_record("req_2"))
        assert path.read_bytes() == before
        assert start.ids == ["req_1", None, "req_2"]

    def test_roll_when_they_are_long_enough_and_every_day(self, start: Start) -> None:
        journal = start(file_bytes=1000)
        for number in range(6):
            journal.append(make_record(f"req_{number}"))
            start.now += 1
            journal.tick()
        assert len(start.files) > 1
        start.now += DAY
        count = len(start.files)
        journal.tick()
        journal.append(make_record("req_6"))
        assert len(start.files) == count + 1
        assert start.ids == [f"req_{number}" for number in range(7)]
        assert all(path.stat().st_size < 1000 + 500 for path in start.files)

    def test_roll_every_hour_in_which_there_was_a_record(self, start: Start) -> None:
        journal = start()
        start.now = (start.now // DAY + 1) * DAY
        journal.tick()
        count = len(start.files)
        start.now += 3601
        journal.tick()
        assert len(start.files) == count
        journal.append(make_record("req_1"))
        journal.tick()
        assert len(start.files) == count + 1
        start.now += 3599
        journal.append(make_record("req_2"))
        journal.tick()
        assert len(start.files) == count + 1

    def test_that_cannot_be_begun_leave_the_old_one_in_use(
        self, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = start(file_bytes=10)
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", _raise_too_many_files)
            journal.tick()
            journal.tick()
            assert journal.is_ready()
            assert journal.append(make_record("req_1"))
        assert [entry.message for entry in caplog.records] == [
            "no new journal file can be begun, the old one grows on: [Errno 24] Too many open files"
        ]
        journal.tick()
        assert journal.append(make_record("req_2"))
        assert [read_ids(path) for path in start.files] == [["req_1"], ["req_2"]]


class TestFullDisk:
    def test_is_told_once_and_nothing_is_admitted_until_it_has_passed(
        self, start: Start, disk: Disk, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = start()
        assert journal.is_ready()
        disk.room = 0
        told: list[bool] = []
        assert not journal.append(make_record("req_1"), told.append)
        assert not journal.append(make_record("req_2"))
        assert not journal.is_ready()
        journal.tick()
        assert not journal.is_ready()
        assert told == []
        disk.room = None
        journal.tick()
        assert journal.is_ready()
        assert journal.append(make_record("req_3"))
        assert start.ids == ["req_3"]
        assert [(entry.levelname, entry.message) for entry in caplog.records] == [
            ("ERROR", "the journal cannot be written, new requests are refused: [Errno 28] No space left on device"),
            ("WARNING", "the journal can be written again; records that had waited for it: 0"),
        ]

    @pytest.mark.parametrize("notice", [Journal.tick, Journal.close])
    def test_what_is_kept_is_written_as_soon_as_it_can_be(
        self, start: Start, disk: Disk, notice: Callable[[Journal], None]
    ) -> None:
        journal = start()
        disk.room = 0
        for number in range(3):
            assert not journal.append(make_record(f"req_{number}"))
            journal.keep(make_record(f"req_{number}"))
        journal.tick()
        assert start.ids == []
        disk.room = None
        notice(journal)
        assert start.ids == ["req_0", "req_1", "req_2"]

    def test_takes_what_is_kept_one_by_one_as_far_as_it_goes(self, start: Start, disk: Disk) -> None:
        journal = start()
        disk.room = 0
        for number in range(3):
            journal.append(make_record(f"req_{number}"))
            journal.keep(make_record(f"req_{number}"))
        disk.room = 600
        journal.tick()
        assert not journal.is_ready()
        assert start.ids == ["req_0"]
        disk.room = None
        journal.tick()
        assert journal.is_ready()
        assert start.ids == ["req_0", "req_1", "req_2"]

    def test_that_takes_half_a_record_has_nothing_of_it(self, start: Start, disk: Disk) -> None:
        journal = start()
        journal.append(make_record("req_1"))
        disk.room = 20
        assert not journal.append(make_record("req_2"))
        assert start.ids == ["req_1"]
        disk.room = None
        assert journal.append(make_record("req_3"))
        assert start.ids == ["req_1", "req_3"]

    def test_whose_half_record_cannot_be_removed_ends_that_file(self, start: Start, disk: Disk) -> None:
        journal = start()
        disk.room, disk.can_truncate = 20, False
        assert not journal.append(make_record("req_1"))
        disk.room = None
        assert not journal.append(make_record("req_2"))
        disk.can_truncate = True
        journal.tick()
        assert journal.is_ready()
        assert journal.append(make_record("req_3"))
        assert [read_ids(path) for path in start.files] == [[None], ["req_3"]]

    def test_with_room_for_a_line_or_two_is_still_full(self, start: Start, disk: Disk) -> None:
        journal = start()
        disk.room = 0
        journal.append(make_record("req_1"))
        disk.room = 2000
        journal.tick()
        assert not journal.is_ready()
        assert read_lines(start.files[0])[1:] == []

    def test_is_seen_coming_and_open_exchanges_are_still_recorded(
        self, start: Start, disk: Disk, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = start()
        disk.free = RESERVE - 1
        journal.tick()
        assert not journal.is_ready()
        assert journal.append(make_record("req_1"))
        journal.tick()
        assert not journal.is_ready()
        disk.free = RESERVE
        journal.tick()
        assert journal.is_ready()
        assert start.ids == ["req_1"]
        assert [entry.levelname for entry in caplog.records] == ["ERROR", "WARNING"]

    def test_at_the_start_is_no_reason_not_to_start(self, start: Start, disk: Disk) -> None:
        disk.room = 0
        journal = start()
        assert not journal.is_ready()
        assert not journal.append(make_record("req_1"))
        assert start.files == []
        disk.room = None
        journal.tick()
        assert journal.append(make_record("req_2"))
        assert start.ids == ["req_2"]

    def test_to_the_end_is_told_with_what_was_lost(
        self, start: Start, disk: Disk, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = start()
        disk.error = OSError(errno.EIO, "Input/output error")
        journal.append(make_record("req_1"))
        journal.keep(make_record("req_1"))
        journal.close()
        assert caplog.records[-1].message == "records that the disk never took, and that are lost: 1"

    def test_for_a_second_time_is_told_again(
        self, start: Start, disk: Disk, caplog: pytest.LogCaptureFixture
    ) -> None:
        journal = start()
        for _ in range(2):
            disk.room = 0
            journal.append(make_record("req_1"))
            disk.room = None
            journal.tick()
            assert journal.is_ready()
        assert [entry.levelname for entry in caplog.records] == ["ERROR", "WARNING"] * 2


def test_a_closed_journal_takes_nothing(start: Start) -> None:
    journal = start()
    journal.close()
    assert not journal.append(make_record("req_1"))


def _raise_too_many_files(*_: object, **__: object) -> int:
    raise OSError(errno.EMFILE, "Too many open files")
