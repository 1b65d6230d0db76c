"""Many who change the same thing at once: one wins, nobody sees half a change, and the audit trail has them all."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx2
import pytest
from tests.support.principals import bear, list_audit_events
from tests.support.running import RunningIngate, start_ingate

pytestmark = pytest.mark.slow

WRITERS = 8
ROUNDS = 5

Result = TypeVar("Result")


@pytest.fixture(scope="module")
def contended(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    with start_ingate(tmp_path_factory.mktemp("contended") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def client(contended: RunningIngate) -> Generator[httpx2.Client]:
    token = (contended.data_dir / "admin.token").read_text().strip()
    with httpx2.Client(
        base_url=contended.management_url,
        headers=bear(token),
        params={"api-version": "2025-09-01"},
        trust_env=False,
        timeout=30,
    ) as client:
        yield client


def at_once(act: Callable[[int], Result]) -> list[Result]:
    """By as many threads as there are writers, none of which begins before all are there."""
    barrier = threading.Barrier(WRITERS)

    def run(number: int) -> Result:
        barrier.wait(10)
        return act(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(run, range(WRITERS)))


def make_deployment(number: int) -> dict[str, Any]:
    """Its capacity and its upstream's model say the same number."""
    return {
        "sku": {"name": "GlobalStandard", "capacity": number + 1},
        "properties": {
            "model": {"format": "Anthropic", "name": "claude-haiku-4-5"},
            "ingate": {"upstream": "simulator", "upstreamModel": f"model-{number + 1}"},
        },
    }


def test_one_of_many_with_the_same_etag_wins(contended: RunningIngate, client: httpx2.Client) -> None:
    path = contended.account_path("example-resource")
    for round_number in range(ROUNDS):
        etag = client.get(path).json()["etag"]

        def patch(number: int, etag: str = etag, round_number: int = round_number) -> httpx2.Response:
            tags = {"first": f"{round_number}-{number}", "second": f"{round_number}-{number}"}
            return client.patch(path, json={"tags": tags}, headers={"if-match": etag})

        answers = at_once(patch)

        assert sorted(answer.status_code for answer in answers) == [200] + [412] * (WRITERS - 1)
        (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
        stored = client.get(path).json()
        assert (stored["tags"], stored["etag"]) == (winner["tags"], winner["etag"])
        assert stored["etag"] != etag


def test_one_of_many_creates_what_must_not_be_there(contended: RunningIngate, client: httpx2.Client) -> None:
    for round_number in range(ROUNDS):
        path = f"{contended.account_path('example-resource')}/deployments/created-{round_number}"
        answers = at_once(
            lambda number, path=path: client.put(path, json=make_deployment(number), headers={"if-none-match": "*"})
        )

        assert sorted(answer.status_code for answer in answers) == [201] + [412] * (WRITERS - 1)
        (winner,) = [answer.json() for answer in answers if answer.status_code == 201]
        assert client.get(path).json()["sku"] == winner["sku"]


def test_one_of_many_deletes(contended: RunningIngate, client: httpx2.Client) -> None:
    path = f"{contended.account_path('example-resource')}/deployments/deleted-once"
    etag = client.put(path, json=make_deployment(1)).json()["etag"]

    statuses = [answer.status_code for answer in at_once(lambda _: client.delete(path, headers={"if-match": etag}))]

    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 204, 404, 412}


def test_unconditional_writes_come_one_after_another(contended: RunningIngate, client: httpx2.Client) -> None:
    """Readers of the API and of the gateways' directory see whole ones only."""
    path = f"{contended.account_path('example-resource')}/deployments/torn"
    client.put(path, json=make_deployment(0))
    answers: list[httpx2.Response] = []
    with _watching(contended, client, path) as seen:
        for _ in range(ROUNDS):
            answers = at_once(lambda number: client.put(path, json=make_deployment(number)))
            assert {answer.status_code for answer in answers} == {200}

    assert len(seen) > ROUNDS
    assert {(capacity, model) for capacity, model, _ in seen} <= {(n + 1, f"model-{n + 1}") for n in range(WRITERS)}
    revisions = [revision for *_, revision in seen if revision is not None]
    assert revisions == sorted(revisions)
    stored = client.get(path).json()
    assert stored["sku"]["capacity"] in {answer.json()["sku"]["capacity"] for answer in answers}


@contextmanager
def _watching(
    ingate: RunningIngate, client: httpx2.Client, path: str
) -> Generator[list[tuple[int, str, int | None]]]:
    """Capacity and model of `torn`, over and over, from both; the directory's with its revision."""
    seen: list[tuple[int, str, int | None]] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            document = client.get(path).json()
            seen.append((document["sku"]["capacity"], document["properties"]["ingate"]["upstreamModel"], None))
            directory = json.loads((ingate.data_dir / "directory.json").read_bytes())
            (found,) = [
                entry
                for resource in directory["resources"]
                for entry in resource["deployments"]
                if entry["name"] == "torn"
            ]
            seen.append((found["capacity"], found["upstream_model"], directory["revision"]))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()


def test_keys_made_at_once_are_all_different_and_one_of_them_stays(
    contended: RunningIngate, client: httpx2.Client
) -> None:
    path = contended.account_path("example-resource")
    before = client.post(f"{path}/listKeys").json()

    answers = at_once(lambda _: client.post(f"{path}/regenerateKey", json={"keyName": "Key1"}).json())

    after = client.post(f"{path}/listKeys").json()
    assert len({answer["key1"] for answer in answers} | {before["key1"]}) == WRITERS + 1
    assert after["key1"] in {answer["key1"] for answer in answers}
    assert after["key2"] == before["key2"]


def test_the_audit_trail_has_every_success_and_every_refusal(contended: RunningIngate, client: httpx2.Client) -> None:
    path = f"{contended.account_path('example-resource')}/deployments/audited"
    answers = at_once(lambda number: client.put(path, json=make_deployment(number), headers={"if-none-match": "*"}))

    events = list_audit_events(contended, path)
    results = [event["result"] for event in events]
    assert results.count("succeeded") == sum(answer.status_code == 201 for answer in answers) == 1
    assert len(results) == WRITERS
    assert len({event["correlationId"] for event in events}) == WRITERS
