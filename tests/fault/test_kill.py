"""`kill -9` of workers under load: whatever a client has been answered is in a journal, exactly once.

Eight kills by default; INGATE_KILLS=100 for the long run.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.fault.kill_load import Bookkeeper, Consumption, Load
from tests.support.full_disk import find_workers
from tests.support.recording_upstream import recording_upstream
from tests.support.running import RunningIngate, start_ingate

from ingate.domain.exchange import ExchangeRecord
from ingate.telemetry.journal_reader import Damage, read_journals

KILLS = int(os.getenv("INGATE_KILLS", "8"))
WORKERS = 3
CLIENTS = 12


@pytest.mark.timeout(60 + 5 * KILLS)
@pytest.mark.parametrize(("option", "kills"), [((), KILLS), (("--fsync",), max(1, KILLS // 3))], ids=["os", "disk"])
def test_every_answer_that_was_received_is_recorded_once(tmp_path: Path, option: tuple[str, ...], kills: int) -> None:
    books = Bookkeeper()
    with (
        recording_upstream() as upstream,
        start_ingate(tmp_path / "data", "--workers", str(WORKERS), "--log-level", "error", *option) as ingate,
    ):
        upstream.script = books
        ingate.put_upstream("books", upstream.base_url)
        ingate.put_deployment("counted", upstream="books", capacity=1_000_000)
        ingate.wait_until_served()
        address = urlsplit(ingate.gateway_url)
        load = Load((address.hostname or "", address.port or 0), ingate.api_key, "counted")
        time.sleep(0.5)  # for every worker to have the directory
        with load.running(CLIENTS):
            killed = _kill(ingate, kills)
        assert upstream.violations == []
    damages: list[Damage] = []
    records = list(read_journals(tmp_path / "data", damages.append))

    assert load.refused == []
    assert len(load.received) > 5 * kills
    assert load.broken > 0, "no kill hit an answer under way"
    assert len(killed) == len(set(killed)) == kills

    count = Counter(record.request_id for record in records)
    assert [identifier for identifier in load.received if count[identifier] != 1] == []
    assert [identifier for identifier, number in count.items() if number != 1] == []
    assert [damage for damage in damages if damage.kind != "torn"] == []

    received = set(load.received)
    assert _sum(record for record in records if record.request_id in received) == _sum_of_books(books, received)
    completed = [record for record in records if record.outcome == "completed"]
    assert all(books.answered[record.request_id] == _consumption(record) for record in completed)
    print(  # noqa: T201 - the long run is made to see this
        f"\n{kills} kills, {len(load.received)} answers received, {load.broken} broken off, {len(records)} records, "
        f"{len(completed) - len(received)} recorded but not received, {len(damages)} torn lines"
    )


def _kill(ingate: RunningIngate, kills: int) -> list[int]:
    """Each time a worker that has recorded something, at a random moment after that."""
    dice = random.Random(20)  # noqa: S311
    killed: list[int] = []
    while len(killed) < kills:
        worker = dice.randrange(WORKERS)
        deadline = time.monotonic() + 20
        while (pid := _find_serving(ingate, worker)) is None or pid in killed:
            assert time.monotonic() < deadline, f"worker {worker} did not come back"
            time.sleep(0.01)
        time.sleep(dice.random() * 0.2)
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)
    return killed


def _find_serving(ingate: RunningIngate, worker: int) -> int | None:
    """The process of a worker that has a record in its newest journal."""
    newest = max((ingate.data_dir / "journal").glob(f"*-worker-{worker}-*.jsonl"), default=None)
    lines = newest.read_bytes().split(b"\n") if newest is not None else []
    if len(lines) < 3:
        return None
    pid: int = json.loads(lines[0])["pid"]
    return pid if find_workers(ingate).get(worker) == pid else None


def _consumption(record: ExchangeRecord) -> Consumption:
    assert record.usage is not None
    return Consumption(record.usage.input_tokens, record.usage.output_tokens)


def _sum(records: Iterable[ExchangeRecord]) -> Consumption:
    amounts = [_consumption(record) for record in records]
    return Consumption(sum(a.input_tokens for a in amounts), sum(a.output_tokens for a in amounts))


def _sum_of_books(books: Bookkeeper, received: set[str]) -> Consumption:
    amounts = [books.answered[identifier] for identifier in received]
    return Consumption(sum(a.input_tokens for a in amounts), sum(a.output_tokens for a in amounts))
