from __future__ import annotations

from ingate.domain.quota import QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded
from ingate.gateway.limiter import InProcessLimiter

ONE = QuotaLimits.of_capacity(1)
TWO = QuotaLimits.of_capacity(2)


def test_each_deployment_has_its_own_quota() -> None:
    limiter = InProcessLimiter()
    assert isinstance(limiter.reserve("a", ONE, 1, 0.0), Reservation)
    assert isinstance(limiter.reserve("a", ONE, 1, 0.0), QuotaExceeded)
    assert isinstance(limiter.reserve("b", ONE, 1, 0.0), Reservation)


def test_a_settlement_goes_to_the_deployment_it_was_reserved_for() -> None:
    limiter = InProcessLimiter()
    reservation = limiter.reserve("a", TWO, 500, 0.0)
    assert isinstance(reservation, Reservation)
    limiter.settle(reservation, input_tokens=2500, output_tokens=0)
    assert isinstance(limiter.reserve("b", TWO, 1, 0.0), Reservation)
    exceeded = limiter.reserve("a", TWO, 1, 0.0)
    assert isinstance(exceeded, QuotaExceeded)
    assert exceeded.bucket == "UncachedInputTokens"


def test_changed_limits_hold_at_once() -> None:
    limiter = InProcessLimiter()
    limiter.reserve("a", ONE, 1, 0.0)
    assert isinstance(limiter.reserve("a", TWO, 1, 0.0), Reservation)
    assert isinstance(limiter.reserve("a", TWO, 1, 0.0), Reservation)
    assert isinstance(limiter.reserve("a", TWO, 1, 0.0), QuotaExceeded)


def test_a_settlement_for_a_deployment_never_seen_is_nothing() -> None:
    InProcessLimiter().settle(Reservation(quota_key="x", input_tokens=1), input_tokens=1, output_tokens=1)
