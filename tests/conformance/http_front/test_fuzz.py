"""Five seconds of the fuzz target, the same five every time; `make fuzz` runs it for longer."""

from __future__ import annotations

from .fuzz import run


def test_five_seconds_of_fuzzing_find_nothing() -> None:
    tally = run(seconds=5, seed=20261122)
    assert tally.failures == []
    assert tally.streams > 100
    assert 0 < tally.malformed < tally.streams
    assert set(tally.statuses) >= {200, 400}
