from __future__ import annotations

import asyncio
import threading

import pytest

from ingate.identity.secret_checks import AT_ONCE, LONGEST_QUEUE, Busy, SecretChecks

pytestmark = pytest.mark.anyio


async def test_the_hash_that_fits_is_found() -> None:
    checks = SecretChecks(lambda text, entry: entry == f"hash of {text}")
    assert await checks.find("b", ["hash of a", "hash of b"]) == "hash of b"
    assert await checks.find("c", ["hash of a", "hash of b"]) is None


async def test_nothing_to_compare_with_costs_a_comparison_all_the_same() -> None:
    compared: list[str] = []

    def verify(text: str, entry: str) -> bool:
        compared.append(entry)
        return True

    assert await SecretChecks(verify).find("a", []) is None
    assert len(compared) == 1


async def test_few_run_at_once_and_not_everybody_may_wait() -> None:
    running, most = 0, 0
    lock, gate = threading.Lock(), threading.Event()

    def verify(text: str, entry: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(10)
        with lock:
            running -= 1
        return True

    checks = SecretChecks(verify)
    searches = [asyncio.ensure_future(checks.find("a", ["hash"])) for _ in range(LONGEST_QUEUE + 3)]
    await asyncio.sleep(0.05)
    gate.set()
    found = await asyncio.gather(*searches)
    assert most == AT_ONCE
    assert sum(isinstance(entry, Busy) for entry in found) == 3
    assert found.count("hash") == LONGEST_QUEUE
