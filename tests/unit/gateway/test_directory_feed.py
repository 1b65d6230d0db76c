"""The file that the control process publishes, as a gateway follows it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.upstreams.hand_driven_loop import HandDrivenLoop

from ingate.domain.directory import Directory, render_directory
from ingate.gateway.directory_feed import LOOK_SECONDS, DirectoryFeed


class Follower:
    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.seen: list[int] = []
        self.feed = DirectoryFeed(path, loop=loop, on_directory=self.on_directory)
        self.fault: Exception | None = None

    def on_directory(self, directory: Directory) -> None:
        self.seen.append(directory.revision)
        if self.fault is not None:
            raise self.fault


def publish(path: Path, revision: int) -> None:
    """As the control process does: a new file, renamed into place."""
    new = path.with_suffix(".new")
    new.write_bytes(render_directory(Directory(revision=revision)))
    os.replace(new, path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "directory.json"


@pytest.fixture
def loop() -> Iterator[HandDrivenLoop]:
    loop = HandDrivenLoop()
    yield loop
    loop.close()


@pytest.fixture
def follower(path: Path, loop: HandDrivenLoop) -> Follower:
    return Follower(path, loop)


def test_a_revision_is_handed_on_once(path: Path, follower: Follower) -> None:
    publish(path, 1)
    follower.feed.look()
    follower.feed.look()
    assert follower.seen == [1]


def test_a_replaced_file_is_a_new_revision(path: Path, follower: Follower) -> None:
    for revision in (1, 2, 3):
        publish(path, revision)
        follower.feed.look()
    assert follower.seen == [1, 2, 3]


def test_a_missing_file_is_waited_for_and_its_loss_changes_nothing(path: Path, follower: Follower) -> None:
    follower.feed.look()
    publish(path, 1)
    follower.feed.look()
    path.unlink()
    follower.feed.look()
    publish(path, 2)
    follower.feed.look()
    assert follower.seen == [1, 2]


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"{}", b'{"revision":"x"}', b'{"revision":2,"resources":[{}]}', b"\xff"]
)
def test_a_damaged_file_leaves_the_last_one_in_force(
    path: Path, follower: Follower, caplog: pytest.LogCaptureFixture, damaged: bytes
) -> None:
    publish(path, 1)
    follower.feed.look()
    path.write_bytes(damaged)
    follower.feed.look()
    assert follower.seen == [1]
    assert "the directory cannot be read, the last one stays" in caplog.text
    publish(path, 3)
    follower.feed.look()
    assert follower.seen == [1, 3]


def test_a_damaged_file_is_complained_of_once(
    path: Path, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(b"{")
    for _ in range(10):
        follower.feed.look()
    assert len(caplog.records) == 1


def test_it_looks_again_and_again_until_it_is_stopped(path: Path, follower: Follower, loop: HandDrivenLoop) -> None:
    follower.feed.start()
    publish(path, 1)
    loop.advance(LOOK_SECONDS + 0.01)
    publish(path, 2)
    loop.advance(LOOK_SECONDS + 0.01)
    follower.feed.stop()
    publish(path, 3)
    loop.advance(10 * LOOK_SECONDS)
    assert follower.seen == [1, 2]


def test_a_revision_that_cannot_be_used_does_not_end_the_following(
    path: Path, follower: Follower, loop: HandDrivenLoop
) -> None:
    follower.feed.start()
    follower.fault = ZeroDivisionError()
    publish(path, 1)
    loop.advance(LOOK_SECONDS + 0.01)
    follower.fault = None
    publish(path, 2)
    loop.advance(LOOK_SECONDS + 0.01)
    assert follower.seen[-1] == 2
    follower.feed.stop()
