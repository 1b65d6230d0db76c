from __future__ import annotations

import pytest

from ingate.domain.quota import QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded, QuotaUnavailable
from ingate.limits.in_process import InProcessLimiter

ONE = QuotaLimits.of_capacity(1)
TWO = QuotaLimits.of_capacity(2)

Decision = Reservation | QuotaExceeded | QuotaUnavailable


def reserve(limiter: InProcessLimiter, quota_key: str, limits: QuotaLimits, input_tokens: int = 1) -> Decision:
    """In process the decision is there before `reserve` returns, and only once."""
    decisions: list[Decision] = []
    limiter.reserve(quota_key, limits, input_tokens, 0.0, decisions.append)
    [decision] = decisions
    return decision


def test_each_deployment_has_its_own_quota() -> None:
    limiter = InProcessLimiter()
    assert isinstance(reserve(limiter, "a", ONE), Reservation)
    assert isinstance(reserve(limiter, "a", ONE), QuotaExceeded)
    assert isinstance(reserve(limiter, "b", ONE), Reservation)


def test_a_settlement_goes_to_the_deployment_it_was_reserved_for() -> None:
    limiter = InProcessLimiter()
    reservation = reserve(limiter, "a", TWO, 500)
    assert isinstance(reservation, Reservation)
    limiter.settle(reservation, input_tokens=2500, output_tokens=0)
    assert isinstance(reserve(limiter, "b", TWO), Reservation)
    exceeded = reserve(limiter, "a", TWO)
    assert isinstance(exceeded, QuotaExceeded)
    assert exceeded.bucket == "UncachedInputTokens"


def test_what_was_never_sent_is_given_back_whole() -> None:
    limiter = InProcessLimiter()
    reservation = reserve(limiter, "a", ONE, 1000)
    assert isinstance(reservation, Reservation)
    limiter.give_back(reservation)
    assert isinstance(reserve(limiter, "a", ONE, 1000), Reservation)
    assert isinstance(reserve(limiter, "a", ONE), QuotaExceeded)


def test_changed_limits_hold_at_once() -> None:
    limiter = InProcessLimiter()
    reserve(limiter, "a", ONE)
    assert isinstance(reserve(limiter, "a", TWO), Reservation)
    assert isinstance(reserve(limiter, "a", TWO), QuotaExceeded)


def test_equal_limits_of_a_new_directory_change_nothing() -> None:
    limiter = InProcessLimiter()
    assert isinstance(reserve(limiter, "a", QuotaLimits.of_capacity(1)), Reservation)
    assert isinstance(reserve(limiter, "a", QuotaLimits.of_capacity(1)), QuotaExceeded)


def test_workers_that_share_nothing_have_parts_that_make_up_the_whole() -> None:
    limits = QuotaLimits.of_capacity(10)
    admitted = 0
    for worker in range(4):
        limiter = InProcessLimiter(worker=worker, workers=4)
        while isinstance(reserve(limiter, "a", limits), Reservation):
            admitted += 1
    assert admitted == 10


def test_a_limit_that_does_not_go_round_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    limiter = InProcessLimiter(worker=1, workers=2)
    assert isinstance(reserve(limiter, "a", ONE), QuotaExceeded)
    assert "a: 1 requests a minute do not go round 2 workers" in caplog.text


def test_a_deployment_never_seen_has_nothing_to_settle() -> None:
    reservation = Reservation(quota_key="x", input_tokens=1)
    InProcessLimiter().settle(reservation, input_tokens=1, output_tokens=1)
    InProcessLimiter().give_back(reservation)
