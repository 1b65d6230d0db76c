"""kill -9 of whoever counts the journals, at any moment: every record counts once all the same."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.exchange_records import Journals, make_mixed_load

from ingate.domain.exchange import ExchangeRecord
from ingate.telemetry.cost_rows import CostRollups
from ingate.telemetry.following import JournalFollower
from ingate.telemetry.rollup_store import RollupStore, reading
from ingate.telemetry.rollups import Rollups

pytestmark = pytest.mark.slow

KILLS = 20
RECORDS = 3000

COUNTING = """
import pathlib, sys, time
from ingate.telemetry import rollups
from ingate.telemetry.following import JournalFollower
from ingate.telemetry.rollup_store import RollupStore
rollups.BATCH_RECORDS = 25
data = pathlib.Path(sys.argv[1])
follower, store = JournalFollower(data / "journal"), RollupStore(data / "telemetry.db")
counting = rollups.Rollups(follower, store, wall_clock=time.time)
print("counting", flush=True)
while True:
    if not counting.step():
        time.sleep(0.001)
"""


def test_every_record_counts_once_however_often_the_counting_is_killed(tmp_path: Path) -> None:
    journals, load = Journals(tmp_path), make_mixed_load(RECORDS)
    chosen = random.Random(3)  # noqa: S311 - repeatable, not secret
    kills = 0
    for start in range(0, RECORDS, RECORDS // KILLS):
        part = load[start : start + RECORDS // KILLS]
        journals.append(f"a-{start // 1000}", part)
        process = subprocess.Popen([sys.executable, "-c", COUNTING, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"counting\n"
        time.sleep(chosen.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        kills += 1
    assert kills == KILLS
    assert_counted_once(tmp_path, load)


def assert_counted_once(data_dir: Path, load: list[ExchangeRecord]) -> None:
    store = RollupStore(data_dir / "telemetry.db")
    rollups = Rollups(JournalFollower(data_dir / "journal"), store, wall_clock=lambda: load[0].time)
    while rollups.step():
        pass
    store.close()
    with reading(data_dir / "telemetry.db") as connection:
        minutes = connection.execute("SELECT minute, sum(requests) FROM minutes GROUP BY minute").fetchall()
        (total,) = connection.execute("SELECT sum(output_tokens) FROM totals").fetchone()
    assert {row[0]: row[1] for row in minutes} == Counter(int(record.time // 60) for record in load)
    assert total == sum(record.usage.output_tokens for record in load if record.usage)
    rows = list(CostRollups(data_dir / "telemetry.db").list_cost_rows(date(2000, 1, 1), date(2100, 1, 1)))
    assert sum((row.cost for row in rows), Decimal(0)) == sum(
        (record.cost.total for record in load if record.cost), Decimal(0)
    )
