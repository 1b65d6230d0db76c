"""What the pipeline relies on in an `ExchangeLog`, whichever it is given."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.unit.telemetry.records import make_record

from ingate.domain.exchange import ExchangeLog
from ingate.telemetry.journal import Journal
from ingate.telemetry.journal_reader import Damage, read_journals


@dataclass
class Disk:
    """Writes reach it unless it is full."""

    is_full: bool = False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write = os.write

        def write_if_it_can(descriptor: int, data: bytes) -> int:
            if self.is_full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", write_if_it_can)


@dataclass
class Worker:
    """The log of a worker, and its surroundings."""

    log: Journal
    data_directory: Path
    disk: Disk
    told: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])

    def appends(self, request_id: str) -> bool:
        """As an exchange does whose answer waits for it."""
        log: ExchangeLog = self.log
        return log.append(make_record(request_id), lambda is_safe: self.told.append((request_id, is_safe)))

    async def is_told(self, number: int) -> None:
        async with asyncio.timeout(5):
            while len(self.told) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    def read_back(self) -> list[str]:
        """As after the worker's sudden end: nothing was closed."""
        damages: list[Damage] = []
        found = [record.request_id for record in read_journals(self.data_directory, damages.append)]
        assert damages == []
        return found


Story = Callable[[Worker], Awaitable[None]]


@pytest.fixture(params=["os", "disk"])
def play(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Story], None]:
    """Runs a story with a log that outlives the process, and with one that outlives the machine."""
    disk = Disk()
    disk.install(monkeypatch)

    async def run(story: Story) -> None:
        loop = asyncio.get_running_loop() if request.param == "disk" else None
        journal = Journal(tmp_path / "journal", worker=0, wall_clock=lambda: 1e9, fsync_loop=loop)
        await story(Worker(journal, tmp_path, disk))
        disk.is_full = False
        journal.close()

    return lambda story: asyncio.run(run(story))


def test_a_record_is_there_before_anyone_is_told(play: Callable[[Story], None]) -> None:
    async def story(worker: Worker) -> None:
        seen: list[list[str]] = []
        worker.log.append(make_record("req_1"), lambda _: seen.append(worker.read_back()))
        async with asyncio.timeout(5):
            while not seen:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert seen == [["req_1"]]

    play(story)


def test_everyone_is_told_once_and_in_order(play: Callable[[Story], None]) -> None:
    async def story(worker: Worker) -> None:
        names = [f"req_{number}" for number in range(50)]
        for number, name in enumerate(names):
            assert worker.appends(name)
            if number % 7 == 0:
                await asyncio.sleep(0)
        await worker.is_told(50)
        await asyncio.sleep(0.01)
        assert worker.told == [(name, True) for name in names]
        assert worker.read_back() == names

    play(story)


def test_of_one_that_cannot_be_written_nobody_is_told(play: Callable[[Story], None]) -> None:
    async def story(worker: Worker) -> None:
        worker.disk.is_full = True
        assert not worker.appends("req_1")
        assert not worker.log.is_ready()
        await asyncio.sleep(0.02)
        assert worker.told == []
        worker.disk.is_full = False
        assert worker.read_back() == []

    play(story)


def test_one_that_is_kept_is_written_once_when_it_can_be(play: Callable[[Story], None]) -> None:
    async def story(worker: Worker) -> None:
        worker.disk.is_full = True
        assert not worker.appends("req_1")
        worker.log.keep(make_record("req_1"))
        worker.log.tick()
        worker.disk.is_full = False
        worker.log.tick()
        worker.log.tick()
        assert worker.log.is_ready()
        assert worker.appends("req_2")
        await worker.is_told(1)
        assert worker.read_back() == ["req_1", "req_2"]

    play(story)
