"""Who waits for which fsync, and what a disk that fails means for them."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.telemetry.records import make_record, read_ids

from ingate.telemetry.journal import Journal


class SlowDisk:
    """Its fsyncs end when they are let, and fail when they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.syncs = 0
        self.error: OSError | None = None
        self._may_end = threading.Semaphore(0)
        monkeypatch.setattr(os, "fdatasync", self._sync)

    def let(self, number: int = 1) -> None:
        self._may_end.release(number)

    def _sync(self, _: int) -> None:
        assert self._may_end.acquire(timeout=5)
        self.syncs += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    return SlowDisk(monkeypatch)


def open_journal(folder: Path, **options: int) -> Journal:
    loop = asyncio.get_running_loop()
    return Journal(folder, worker=0, wall_clock=lambda: 1e9, fsync_loop=loop, **options)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def read_all_ids(folder: Path) -> list[list[str | None]]:
    return [read_ids(path) for path in sorted(folder.iterdir())]


def test_nobody_is_told_before_the_disk_has_the_record(tmp_path: Path, disk: SlowDisk) -> None:
    async def story() -> None:
        journal = open_journal(tmp_path)
        told: list[bool] = []
        assert journal.append(make_record("req_1"), told.append)
        await asyncio.sleep(0.05)
        assert told == []
        disk.let()
        await until(lambda: bool(told))
        assert told == [True]
        disk.let()
        journal.close()

    asyncio.run(story())


def test_those_who_come_while_one_runs_share_the_next(tmp_path: Path, disk: SlowDisk) -> None:
    async def story() -> None:
        journal = open_journal(tmp_path)
        told: list[int] = []
        for number in range(100):
            journal.append(make_record("req"), lambda _, number=number: told.append(number))
        disk.let()
        await until(lambda: bool(told))
        assert told == [0]
        disk.let()
        await until(lambda: len(told) == 100)
        assert disk.syncs == 2
        assert told == list(range(100))
        disk.let()
        journal.close()

    asyncio.run(story())


def test_a_record_that_nobody_waits_for_costs_no_fsync(tmp_path: Path, disk: SlowDisk) -> None:
    async def story() -> None:
        journal = open_journal(tmp_path)
        assert journal.append(make_record("req_1"))
        await asyncio.sleep(0.02)
        assert disk.syncs == 0
        disk.let()
        journal.close()
        assert disk.syncs == 1

    asyncio.run(story())


def test_a_file_that_has_been_rolled_away_is_still_waited_for(tmp_path: Path, disk: SlowDisk) -> None:
    async def story() -> None:
        journal = open_journal(tmp_path, file_bytes=10)
        told: list[str] = []
        journal.append(make_record("req_1"), lambda _: told.append("first"))
        journal.append(make_record("req_2"), lambda _: told.append("second"))
        journal.tick()
        journal.append(make_record("req_3"), lambda _: told.append("third"))
        disk.let(10)
        await until(lambda: len(told) == 3)
        assert told == ["first", "second", "third"]
        journal.close()

    asyncio.run(story())
    assert read_all_ids(tmp_path) == [["req_1", "req_2"], ["req_3"]]


def test_a_disk_that_fails_is_told_to_all_and_its_file_is_left(
    tmp_path: Path, disk: SlowDisk, caplog: pytest.LogCaptureFixture
) -> None:
    """After a failed fsync the system may have dropped what it held, and the next one succeeds all the same."""

    async def story() -> None:
        journal = open_journal(tmp_path)
        told: list[bool] = []
        disk.error = OSError(errno.EIO, "Input/output error")
        journal.append(make_record("req_1"), told.append)
        journal.append(make_record("req_2"), told.append)
        disk.let(10)
        await until(lambda: len(told) == 2)
        assert told == [False, False]
        journal.tick()
        assert not journal.is_ready()
        disk.error = None
        journal.tick()
        assert journal.is_ready()
        journal.append(make_record("req_3"), told.append)
        await until(lambda: len(told) == 3)
        assert told[-1]
        journal.close()

    asyncio.run(story())
    assert read_all_ids(tmp_path) == [["req_1", "req_2"], ["req_3"]]
    assert [entry.levelname for entry in caplog.records] == ["ERROR", "WARNING"]


def test_a_closed_journal_has_everything_on_the_disk(tmp_path: Path, disk: SlowDisk) -> None:
    async def story() -> None:
        journal = open_journal(tmp_path)
        for _ in range(3):
            journal.append(make_record("req"), lambda _: None)
        disk.let(10)
        journal.close()
        assert disk.syncs >= 2

    asyncio.run(story())
