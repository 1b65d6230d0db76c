from __future__ import annotations

from datetime import timedelta

from tests.unit.identity.tenant import NOW

from ingate.identity.attempts import FIRST_LOCK, LONGEST_LOCK, TOLERATED, Attempts

SECOND = timedelta(seconds=1)


def test_ten_failures_in_a_row_lock_for_a_minute() -> None:
    attempts = Attempts()
    for _ in range(TOLERATED - 1):
        attempts.note_failure("ada", NOW)
    assert not attempts.is_locked("ada", NOW)
    attempts.note_failure("ada", NOW)
    assert attempts.is_locked("ada", NOW + FIRST_LOCK - SECOND)
    assert not attempts.is_locked("ada", NOW + FIRST_LOCK)
    assert not attempts.is_locked("grace", NOW)


def test_each_further_one_doubles_it_up_to_an_hour() -> None:
    attempts = Attempts()
    for _ in range(TOLERATED + 1):
        attempts.note_failure("ada", NOW)
    assert attempts.is_locked("ada", NOW + 2 * FIRST_LOCK - SECOND)
    assert not attempts.is_locked("ada", NOW + 2 * FIRST_LOCK)
    for _ in range(50):
        attempts.note_failure("ada", NOW)
    assert attempts.is_locked("ada", NOW + LONGEST_LOCK - SECOND)
    assert not attempts.is_locked("ada", NOW + LONGEST_LOCK)


def test_a_success_forgives() -> None:
    attempts = Attempts()
    for _ in range(TOLERATED - 1):
        attempts.note_failure("ada", NOW)
    attempts.note_success("ada")
    attempts.note_failure("ada", NOW)
    assert not attempts.is_locked("ada", NOW)


def test_inventing_names_fills_no_memory() -> None:
    attempts = Attempts()
    for number in range(10_500):
        attempts.note_failure(f"nobody {number}", NOW)
    assert len(attempts._records) == 10_000  # pyright: ignore[reportPrivateUsage]


def test_a_long_name_takes_no_more_memory_than_a_short_one() -> None:
    attempts = Attempts()
    attempts.note_failure("x" * 60_000, NOW)
    assert all(len(key) <= 64 for key in attempts._records)  # pyright: ignore[reportPrivateUsage]
    for _ in range(TOLERATED):
        attempts.note_failure("x" * 60_000, NOW)
    assert attempts.is_locked("x" * 60_000, NOW)
