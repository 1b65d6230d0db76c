"""kill -9 of whoever keeps the log store up, at any moment: readers find every record, and none twice.

`INGATE_TEST_KILLS=200` makes it as many trials.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ingate.domain.exchange import ExchangeRecord
from ingate.telemetry.journal import Journal
from ingate.telemetry.log_keeper import LogKeeper
from ingate.telemetry.log_plan import plan_reading
from ingate.telemetry.log_rows import render_rows
from ingate.telemetry.segments import get_table_folder, list_days, read_manifest

from .log_store_nursery import RETENTION_DAYS, STEP_SECONDS, STEPS

TRIALS = int(os.environ.get("INGATE_TEST_KILLS", "40"))
BEGIN = 1_795_305_600.0
DAY = 86_400.0
MOST_LINES = 300
TRIAL_SECONDS = STEPS * STEP_SECONDS


class Store:
    """What was written, and what should be found of it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.now = BEGIN
        self.written: dict[str, int] = {}
        """Ids, with the day of the journal that each is in."""
        self._journal = self.begin_journal()

    def begin_journal(self) -> Journal:
        opened = self.now
        self._day = int(opened // DAY)
        return Journal(self.data / "journal", worker=0, wall_clock=lambda: opened)

    def write(self, count: int) -> None:
        for _ in range(count):
            record = make_record(len(self.written), self.now)
            assert self._journal.append(record)
            self.written[record.request_id] = self._day

    def roll(self, *, torn: bool) -> None:
        """As a worker does, or as one that is killed within a line."""
        self._journal.close()
        if torn:
            last = max((self.data / "journal").glob("*.jsonl"))
            with last.open("ab") as file:
                file.write(b'{"time":1795305600.1,"request_id":"torn","apim_req')
        self._journal = self.begin_journal()

    def close(self) -> None:
        self._journal.close()

    def check(self) -> None:
        """Nothing twice, nothing missing that is not past its time."""
        counts = Counter(read_ids(self.data))
        assert set(counts.values()) <= {1}, "a record is found twice"
        assert counts.keys() <= self.written.keys(), "a record is found that nobody wrote"
        newest_expired = (self.now + TRIAL_SECONDS) // DAY - RETENTION_DAYS - 1
        missing = {one for one, day in self.written.items() if one not in counts and day > newest_expired}
        assert not missing, "a record is lost"


def make_record(number: int, now: float) -> ExchangeRecord:
    return ExchangeRecord(
        time=now + number / 1e6,
        request_id=f"req_{number:06d}",
        apim_request_id="a",
        operation="messages",
        status=200,
        outcome="completed",
        duration_ms=1.0,
        authentication="key",
    )


def read_ids(data: Path) -> list[str]:
    import duckdb

    plan = plan_reading(data)
    assert plan.unreadable == ()
    query = f"SELECT RequestId FROM ({render_rows(plan.segments, plan.journals)})"  # noqa: S608
    return [row[0] for row in duckdb.connect().execute(query).fetchall()]


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(Path(__file__).with_name("log_store_nursery.py")), str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def run_and_kill(nursery: subprocess.Popen[str], store: Store, dice: random.Random) -> bool:
    """Whether it was killed before it had done all there was to do."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    when = dice.choice((0, dice.randrange(1, 150), -dice.randrange(1, MOST_LINES), -dice.randrange(1, MOST_LINES)))
    nursery.stdin.write(f"{store.now} {when}\n")
    nursery.stdin.flush()
    child = int(nursery.stdout.readline())
    store.write(dice.randrange(5))
    if when == 0:
        time.sleep(dice.random() * 0.5)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    end = nursery.stdout.readline().strip()
    assert end in ("killed", "ended 0")
    return end == "killed"


@pytest.mark.slow
def test_every_record_is_found_once_however_often_upkeep_is_killed(
    tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    dice = random.Random(20261122)  # noqa: S311 - to be repeatable
    data = tmp_path / "data"
    store = Store(data)
    killed = 0
    for _ in range(TRIALS):
        for _ in range(dice.randrange(1, 5)):
            store.write(dice.randrange(12))
            store.roll(torn=dice.random() < 0.2)
        store.write(dice.randrange(3))
        killed += run_and_kill(nursery, store, dice)
        store.check()
        store.now += TRIAL_SECONDS
    store.close()
    assert killed > TRIALS / 2

    finish(data, store.now)

    store.check()
    assert list((data / "journal").glob("*.jsonl")) == []
    assert_nothing_is_left_over(data, store.now)


def finish(data: Path, now: float) -> None:
    """Once, undisturbed, until nothing is left to do."""
    keeper = LogKeeper(data, retention_days=lambda: RETENTION_DAYS)
    for _ in range(10):
        while keeper.step(now) is not None:
            pass
        now += 1000
    keeper.close()


def assert_nothing_is_left_over(data: Path, now: float) -> None:
    oldest = date.fromordinal(date(1970, 1, 1).toordinal() + int(now // DAY) - RETENTION_DAYS)
    for day, folder in list_days(get_table_folder(data)):
        assert day >= oldest
        manifest = read_manifest(folder)
        assert manifest is not None
        assert {path.name for path in folder.iterdir()} == {
            "manifest.json",
            *(segment.name for segment in manifest.segments),
        }
