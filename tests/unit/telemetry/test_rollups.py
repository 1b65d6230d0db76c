"""Sums of journals: nothing twice, nothing missing, nothing rounded."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.exchange_records import (
    ACCOUNT,
    NOON,
    Journals,
    make_cost,
    make_exchange,
    make_mixed_load,
    make_refused,
)

from ingate.domain.cost import CostRow
from ingate.domain.exchange import ExchangeRecord
from ingate.domain.usage import TokenUsage
from ingate.telemetry import rollups as rollups_module
from ingate.telemetry.cost_rows import CostRollups
from ingate.telemetry.following import JournalFollower
from ingate.telemetry.rollup_store import RollupStore, TelemetryUnusable, reading
from ingate.telemetry.rollups import Rollups

TODAY = datetime.fromtimestamp(NOON, UTC).date()
FOREVER = (date(2000, 1, 1), date(2100, 1, 1))


@dataclass
class Counting:
    journals: Journals
    store: RollupStore
    now: float = NOON + 86_400

    @property
    def path(self) -> Path:
        return self.store.path

    def open_rollups(self) -> Rollups:
        """As a new process would."""
        follower = JournalFollower(self.journals.folder)
        return Rollups(follower, self.store, wall_clock=lambda: self.now, metric_days=93, cost_days=400)

    def count(self, *records: ExchangeRecord) -> None:
        self.journals.append("a", records)
        count_all(self.open_rollups())

    def query(self, statement: str) -> list[Any]:
        with reading(self.path) as connection:
            return [tuple(row) for row in connection.execute(statement).fetchall()]

    def list_costs(self) -> list[CostRow]:
        return list(CostRollups(self.path).list_cost_rows(*FOREVER))


def count_all(rollups: Rollups) -> None:
    while rollups.step():
        pass


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Counting]:
    store = RollupStore(tmp_path / "telemetry.db")
    yield Counting(Journals(tmp_path), store)
    store.close()


def test_the_file_is_for_its_owner_only(counting: Counting) -> None:
    counting.count(make_exchange())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in counting.path.parent.glob("telemetry.db*")}
    assert modes["telemetry.db"] == 0o600
    assert set(modes.values()) == {0o600}


def test_a_minute_sums_what_its_series_have_in_common(counting: Counting) -> None:
    counting.count(make_exchange(), make_exchange(time=NOON + 59.9), make_exchange(time=NOON + 60), make_refused())
    rows = counting.query("SELECT minute, status, requests, output_tokens FROM minutes JOIN series USING (series_id)")
    minute = int(NOON // 60)
    assert sorted(rows) == [(minute, 200, 2, 40), (minute, 429, 1, 0), (minute + 1, 200, 1, 20)]


def test_batches_add_up_in_one_row(counting: Counting) -> None:
    """Sums, least, greatest and sketches, one batch after the other."""
    counting.count(make_exchange(duration_ms=100.0, streaming=True, first_token_ms=40.0))
    counting.count(make_exchange(duration_ms=300.0, streaming=True, first_token_ms=None))
    columns = "requests, duration_count, duration_sum, duration_min, duration_max, first_token_count, first_token_min"
    assert counting.query(f"SELECT {columns} FROM minutes") == [(2, 2, 400.0, 100.0, 300.0, 1, 40.0)]  # noqa: S608


def test_only_streams_have_a_pace(counting: Counting) -> None:
    usage = TokenUsage(input_tokens=4, cache_read_input_tokens=6, output_tokens=11)
    counting.count(
        make_exchange(usage=usage, duration_ms=600.0),
        make_exchange(usage=usage, duration_ms=600.0, streaming=True, first_token_ms=100.0),
    )
    columns = "normalized_first_token_sum, between_tokens_sum, tokens_per_second_sum, response_sum"
    rows = counting.query(f"SELECT {columns} FROM minutes ORDER BY response_sum")  # noqa: S608
    assert rows == [(10.0, 50.0, 20.0, 100.0), (0.0, 0.0, 0.0, 600.0)]


def test_a_name_that_no_deployment_has_makes_no_series(counting: Counting) -> None:
    counting.count(*(make_refused(status=404, deployment=f"made-up-{number}") for number in range(5)))
    assert counting.query("SELECT deployment FROM series") == [("",)]


def test_a_service_tier_that_is_not_known_makes_no_series_of_its_own(counting: Counting) -> None:
    tiers = ["standard", "x1", "x2"]
    counting.count(*(make_exchange(usage=TokenUsage(input_tokens=1, service_tier=tier)) for tier in tiers))
    assert sorted(counting.query("SELECT service_tier FROM series")) == [("other",), ("standard",)]


def test_costs_are_exact_and_of_any_size(counting: Counting) -> None:
    tiny, huge = make_cost(1, 2, 3, 4, 5, 6), make_cost(10**19 + 1)
    counting.count(*(make_exchange(cost=tiny, price="p") for _ in range(3)), make_exchange(cost=huge, price="p"))
    (row,) = counting.list_costs()
    assert row.input_cost == Decimal("10000000.000000000004")
    assert row.cost == Decimal("10000000.000000000064")
    assert (row.requests, row.input_tokens, row.output_tokens) == (4, 40, 80)


def test_cost_rows_are_told_apart_by_who_what_when_and_price(counting: Counting) -> None:
    counting.count(
        make_exchange(price="p1"),
        make_exchange(price="p2"),
        make_exchange(price="p1", principal_id="somebody"),
        make_exchange(price="p1", time=NOON + 43_200),
        make_exchange(price=None),
    )
    rows = [(row.day, row.principal_id, row.price) for row in counting.list_costs()]
    assert sorted(rows, key=str) == sorted(
        [
            (TODAY, None, "p1"),
            (TODAY, None, "p2"),
            (TODAY, "somebody", "p1"),
            (TODAY + timedelta(days=1), None, "p1"),
            (TODAY, None, None),
        ],
        key=str,
    )


def test_what_used_nothing_is_no_cost_row(counting: Counting) -> None:
    counting.count(make_refused(), make_exchange(operation="count_tokens", usage=None))
    assert counting.list_costs() == []


def test_cost_rows_are_listed_by_days_and_resources(counting: Counting) -> None:
    other = ACCOUNT.replace("r1", "r2")
    counting.count(make_exchange(), make_exchange(resource_id=other), make_exchange(time=NOON + 86_400))
    costs = CostRollups(counting.path)
    assert len(list(costs.list_cost_rows(TODAY, TODAY))) == 2
    listed = costs.list_cost_rows(*FOREVER, resource_ids=[ACCOUNT.upper()])
    assert [row.resource_id for row in listed] == [ACCOUNT, ACCOUNT]
    assert list(costs.list_cost_rows(*FOREVER, resource_ids=[])) == []


def test_a_process_that_starts_again_counts_nothing_twice(counting: Counting) -> None:
    load = make_mixed_load(300)
    for start in range(0, 300, 100):
        counting.count(*load[start : start + 100])
        count_all(counting.open_rollups())
    assert counting.query("SELECT sum(requests) FROM totals") == [(300,)]
    assert sum((row.cost for row in counting.list_costs()), Decimal(0)) == sum(
        (record.cost.total for record in load if record.cost), Decimal(0)
    )


def test_a_transaction_that_fails_counts_nothing_and_is_tried_again(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting.count(make_exchange())
    rollups = counting.open_rollups()
    counting.journals.append("a", [make_exchange(deployment="new")])
    blocker = sqlite3.connect(counting.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    connection: Any = vars(counting.store)["_connection"]
    connection.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(sqlite3.OperationalError):
        rollups.step()
    blocker.close()
    count_all(rollups)
    assert counting.query("SELECT sum(requests) FROM totals") == [(2,)]


def test_memory_is_bounded_by_the_batch(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups_module, "BATCH_RECORDS", 10)
    counting.journals.append("a", make_mixed_load(25))
    rollups = counting.open_rollups()
    steps = 1
    while rollups.step():
        steps += 1
    assert steps >= 3
    assert counting.query("SELECT sum(requests) FROM totals") == [(25,)]


def test_old_metrics_and_costs_go_and_totals_stay(counting: Counting) -> None:
    counting.count(make_exchange(price="p"))
    counting.now = NOON + 100 * 86_400
    count_all(counting.open_rollups())
    assert counting.query("SELECT count(*) FROM minutes") == [(0,)]
    assert len(counting.list_costs()) == 1
    counting.now = NOON + 402 * 86_400
    count_all(counting.open_rollups())
    assert counting.list_costs() == []
    assert counting.query("SELECT requests FROM totals") == [(1,)]


def test_damaged_lines_are_counted(counting: Counting) -> None:
    counting.journals.append("a", b"{}\n")
    count_all(counting.open_rollups())
    assert counting.query("SELECT value FROM facts") == [(1,)]


@pytest.mark.parametrize(
    "fields",
    [
        {"usage": TokenUsage(output_tokens=10**30)},
        {"usage": TokenUsage(input_tokens=-1)},
        {"time": 1e30},
        {"duration_ms": -1.0},
        {"response_bytes": 1 << 62},
    ],
)
def test_a_record_that_cannot_be_true_is_damaged_and_the_others_count(
    counting: Counting, fields: dict[str, Any]
) -> None:
    counting.count(make_exchange(), make_exchange(**fields), make_exchange())
    assert counting.query("SELECT value, (SELECT sum(requests) FROM totals) FROM facts") == [(1, 2)]


def test_how_far_it_is_behind_is_known(counting: Counting) -> None:
    path = counting.journals.append("a", [make_exchange()])
    rollups = counting.open_rollups()
    assert rollups.count_unread_bytes() == path.stat().st_size
    count_all(rollups)
    assert rollups.count_unread_bytes() == 0
    assert rollups.cursors == {"a.jsonl": path.stat().st_size}


def test_a_thread_counts_all_before_it_stops(counting: Counting) -> None:
    rollups, stopping = counting.open_rollups(), threading.Event()
    thread = threading.Thread(target=rollups.run, args=(stopping, 0.01))
    thread.start()
    counting.journals.append("a", make_mixed_load(50))
    stopping.set()
    thread.join(10)
    assert counting.query("SELECT sum(requests) FROM totals") == [(50,)]


def test_a_file_of_a_later_version_is_refused(counting: Counting) -> None:
    with sqlite3.connect(counting.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(TelemetryUnusable, match="later version"):
        RollupStore(counting.path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "telemetry.db").write_bytes(b"no database" * 1000)
    with pytest.raises(TelemetryUnusable):
        RollupStore(tmp_path / "telemetry.db")
