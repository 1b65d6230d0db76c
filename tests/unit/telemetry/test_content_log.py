from __future__ import annotations

import errno
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.telemetry.contents import DAY, NOON, AtOnce, Never, make_content

from ingate.telemetry import content_log
from ingate.telemetry.content_files import make_content_key
from ingate.telemetry.content_log import FileContentLog

KEY = make_content_key("example-resource", "/subscriptions/s/resourceGroups/g/accounts/example-resource", "my-claude")


class Clock:
    now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "content"


@pytest.fixture
def log(folder: Path, clock: Clock) -> FileContentLog:
    return FileContentLog(folder, worker=0, wall_clock=clock, clock=clock, executor=AtOnce())


def names(folder: Path) -> Sequence[str]:
    return sorted(path.name.removeprefix(f"{KEY}-") for path in folder.iterdir())


def test_a_file_is_a_deployments_and_a_days_and_its_owners_alone(log: FileContentLog, folder: Path) -> None:
    log.append(make_content())
    log.append(make_content())
    log.append(make_content(time=NOON + DAY))
    log.append(make_content(deployment="日本/語"))
    assert [name for name in names(folder) if name[:4] == "2024"] == [
        "2024-10-04-keep-7-worker-0.jsonl",
        "2024-10-05-keep-7-worker-0.jsonl",
    ]
    assert len(names(folder)) == 3
    assert len((folder / f"{KEY}-2024-10-04-keep-7-worker-0.jsonl").read_bytes().splitlines()) == 2
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_without_content_there_is_no_folder(log: FileContentLog, folder: Path) -> None:
    log.tick()
    log.close()
    assert not folder.exists()


def test_after_a_line_that_was_not_finished_comes_a_new_one(log: FileContentLog, folder: Path) -> None:
    log.append(make_content())
    [path] = folder.iterdir()
    path.write_bytes(b'{"time":1')
    log.append(make_content())
    assert path.read_bytes().splitlines()[0] == b'{"time":1'
    assert len(path.read_bytes().splitlines()) == 2


def test_files_go_when_their_days_are_over_and_it_takes_no_directory_to_know(
    log: FileContentLog, folder: Path, clock: Clock
) -> None:
    log.append(make_content(days=1))
    log.append(make_content(days=7))
    (folder / "notes.txt").write_text("the operator's own")
    for days, left in [(1, 2), (2, 1), (7, 1), (8, 0)]:
        clock.now = NOON + days * DAY
        log.tick()
        assert len(names(folder)) == left + 1, days


def test_they_are_looked_for_at_the_start_and_once_an_hour(log: FileContentLog, folder: Path, clock: Clock) -> None:
    old = f"{KEY}-2024-01-01-keep-7-worker-3.jsonl"
    folder.mkdir()
    (folder / old).touch()
    log.tick()
    assert names(folder) == []
    (folder / old).touch()
    clock.now += 3599
    log.tick()
    assert len(names(folder)) == 1
    clock.now += 2
    log.tick()
    assert names(folder) == []


def test_a_deployment_that_asks_for_less_is_heard_for_what_is_there_and_even_when_it_stops_asking(
    log: FileContentLog, folder: Path, clock: Clock
) -> None:
    log.append(make_content(days=30))
    log.append(make_content(days=2))
    log.use_retention({KEY: 2})
    log.tick()
    assert names(folder) == ["2024-10-04-keep-2-worker-0-1.jsonl", "2024-10-04-keep-2-worker-0.jsonl"]
    log.use_retention({})
    clock.now += 3 * DAY
    log.tick()
    assert names(folder) == []


def test_what_was_promised_to_go_is_not_kept_for_longer(log: FileContentLog, folder: Path, clock: Clock) -> None:
    log.append(make_content(days=2))
    log.use_retention({KEY: 365})
    clock.now += 3 * DAY
    log.tick()
    assert names(folder) == []


def test_only_worker_0_deletes(folder: Path, clock: Clock) -> None:
    log = FileContentLog(folder, worker=1, wall_clock=clock, clock=clock, executor=AtOnce())
    log.append(make_content())
    clock.now += 30 * DAY
    log.tick()
    assert len(names(folder)) == 1


def test_what_cannot_be_written_is_said_once_until_it_can(
    log: FileContentLog, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("in the way")
    for _ in range(3):
        log.append(make_content())
    assert len(caplog.records) == 1
    assert "content is not recorded" in caplog.text
    folder.unlink()
    log.append(make_content())
    assert len(names(folder)) == 1


def test_a_pattern_that_is_none_keeps_everything_off_the_disk(
    log: FileContentLog, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log.append(make_content(redact=("secret(",)))
    assert not folder.exists()
    assert "content is not recorded" in caplog.text
    assert "secret" not in caplog.text


def test_a_full_disk_leaves_no_half_line(
    log: FileContentLog, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log.append(make_content())
    [path] = folder.iterdir()
    before = path.read_bytes()
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, data: write(file, data[:10]))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        log.append(make_content())
    assert path.read_bytes() == before
    assert os.strerror(errno.ENOSPC) in caplog.text or "only part" in caplog.text


def test_content_that_comes_faster_than_it_is_written_is_left_out(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(content_log, "WAITING_BYTES", 100)
    log = FileContentLog(folder, worker=0, wall_clock=clock, clock=clock, executor=Never())
    with caplog.at_level(logging.ERROR):
        for _ in range(10):
            log.append(make_content())
    assert caplog.text.count("it comes faster than it can be written") == 1


def test_what_was_handed_over_is_written_before_the_end(folder: Path, clock: Clock) -> None:
    log = FileContentLog(folder, worker=0, wall_clock=clock, clock=clock)
    for _ in range(20):
        log.append(make_content())
    log.close()
    log.append(make_content())
    [path] = folder.iterdir()
    assert len(path.read_bytes().splitlines()) == 20
