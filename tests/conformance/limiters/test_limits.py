"""What every limiter does."""

from __future__ import annotations

import pytest
from tests.conformance.limiters.conftest import Harness

from ingate.domain.quota import QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded

pytestmark = pytest.mark.anyio

LIMITS = QuotaLimits(requests=60, input_tokens=6000, output_tokens=1200)
"""One request, 100 input tokens and 20 output tokens a second."""

PLENTY = QuotaLimits.of_capacity(1000)


async def admit(harness: Harness, input_tokens: int = 1, limits: QuotaLimits = LIMITS) -> Reservation:
    decision = await harness.reserve("a", limits, input_tokens)
    assert isinstance(decision, Reservation)
    return decision


async def refuse(harness: Harness, input_tokens: int = 1, limits: QuotaLimits = LIMITS) -> QuotaExceeded:
    decision = await harness.reserve("a", limits, input_tokens)
    assert isinstance(decision, QuotaExceeded)
    return decision


async def test_a_reservation_is_for_what_was_asked(harness: Harness) -> None:
    assert await harness.reserve("a", LIMITS, 17) == Reservation(quota_key="a", input_tokens=17)


async def test_requests_are_refused_when_a_minutes_worth_is_gone(harness: Harness) -> None:
    for _ in range(60):
        await admit(harness)
    assert await refuse(harness) == QuotaExceeded(bucket="Requests", limit=60, retry_after=1)


async def test_input_is_refused_by_its_estimate(harness: Harness) -> None:
    await admit(harness, 5900)
    assert await refuse(harness, 350) == QuotaExceeded(bucket="UncachedInputTokens", limit=6000, retry_after=3)
    await admit(harness, 100)


async def test_output_is_refused_when_it_has_been_used_and_may_be_owed(harness: Harness) -> None:
    reservation = await admit(harness, 10)
    harness.limiter.settle(reservation, input_tokens=10, output_tokens=1219)
    assert await refuse(harness) == QuotaExceeded(bucket="OutputTokens", limit=1200, retry_after=1)
    await harness.set_clock(1)
    await admit(harness)


async def test_the_last_token_of_output_is_enough_and_none_is_not(harness: Harness) -> None:
    harness.limiter.settle(await admit(harness, 10), input_tokens=10, output_tokens=1199)
    harness.limiter.settle(await admit(harness, 10), input_tokens=10, output_tokens=1)
    assert (await refuse(harness)).bucket == "OutputTokens"


async def test_each_deployment_has_its_own(harness: Harness) -> None:
    limits = QuotaLimits.of_capacity(1)
    await admit(harness, limits=limits)
    await refuse(harness, limits=limits)
    assert isinstance(await harness.reserve("b", limits), Reservation)


async def test_the_longest_wait_is_told(harness: Harness) -> None:
    """Input is short by 20 s and output by 30 s: whoever came back after 20 s would have come for nothing."""
    reservation = await admit(harness, 6000)
    harness.limiter.settle(reservation, input_tokens=6000, output_tokens=1799)
    assert await refuse(harness, 2000) == QuotaExceeded(bucket="OutputTokens", limit=1200, retry_after=30)


@pytest.mark.parametrize(("input_tokens", "seconds"), [(100, 1), (101, 2), (550, 6), (5999, 60), (9999, 60)])
async def test_who_comes_back_when_told_is_admitted_and_not_before(
    harness: Harness, input_tokens: int, seconds: int
) -> None:
    await admit(harness, 6000)
    assert (await refuse(harness, input_tokens)).retry_after == seconds
    await harness.set_clock(seconds - 1)
    await refuse(harness, input_tokens)
    await harness.set_clock(seconds)
    await admit(harness, input_tokens)


@pytest.mark.parametrize("requests", [1, 3, 10])
async def test_nor_does_asking_in_between_make_it_later(harness: Harness, requests: int) -> None:
    """A bucket that is filled in thirty steps is as full as one that is filled in one, for all the rounding."""
    limits = QuotaLimits.of_requests(requests)
    for _ in range(requests):
        await admit(harness, 0, limits)
    seconds = (await refuse(harness, 0, limits)).retry_after
    for second in range(0, seconds, 2):
        await harness.set_clock(second)
        await refuse(harness, 0, limits)
    await harness.set_clock(seconds)
    await admit(harness, 0, limits)


async def test_a_refused_request_takes_nothing(harness: Harness) -> None:
    await admit(harness, 5900)
    for _ in range(100):
        await refuse(harness, 200)
    for _ in range(59):
        await admit(harness, 0)
    assert (await refuse(harness, 0)).bucket == "Requests"


async def test_a_settlement_gives_back_what_was_reserved_too_much(harness: Harness) -> None:
    reservation = await admit(harness, 6000)
    harness.limiter.settle(reservation, input_tokens=1000, output_tokens=0)
    await refuse(harness, 5001)
    await admit(harness, 5000)


async def test_a_settlement_takes_what_was_reserved_too_little_as_a_debt(harness: Harness) -> None:
    reservation = await admit(harness, 5000)
    harness.limiter.settle(reservation, input_tokens=7000, output_tokens=0)
    assert await refuse(harness, 100) == QuotaExceeded(bucket="UncachedInputTokens", limit=6000, retry_after=11)
    await harness.set_clock(11)
    await admit(harness, 100)


async def test_a_settlement_that_changes_nothing_changes_nothing(harness: Harness) -> None:
    reservation = await admit(harness, 5000)
    harness.limiter.settle(reservation, input_tokens=5000, output_tokens=0)
    await refuse(harness, 1001)
    await admit(harness, 1000)


async def test_what_was_never_sent_is_given_back_whole(harness: Harness) -> None:
    limits = QuotaLimits.of_capacity(1)
    harness.limiter.give_back(await admit(harness, 1000, limits))
    await admit(harness, 1000, limits)
    await refuse(harness, 0, limits)


async def test_no_bucket_holds_more_than_a_minutes_worth(harness: Harness) -> None:
    """However late a reservation comes back, and however long nobody came."""
    reservation = await admit(harness, 6000)
    await harness.set_clock(60)
    early = await admit(harness, 6000)
    harness.limiter.give_back(reservation)
    await admit(harness, 6000)
    await refuse(harness, 1)
    await harness.set_clock(120)
    await admit(harness, 0)
    harness.limiter.settle(early, input_tokens=0, output_tokens=0)
    await admit(harness, 6000)
    await refuse(harness, 1)
    await harness.set_clock(100_000)
    await admit(harness, 6000)
    await refuse(harness, 1)


async def test_an_estimate_over_a_minutes_worth_waits_for_a_full_bucket_and_leaves_a_debt(harness: Harness) -> None:
    await admit(harness, 1)
    assert (await refuse(harness, 50_000)).retry_after == 1
    await harness.set_clock(1)
    await admit(harness, 12_000)
    assert (await refuse(harness, 100)).retry_after == 61


async def test_changed_limits_hold_at_once_for_what_is_left(harness: Harness) -> None:
    for _ in range(10):
        await admit(harness, 100)
    lower = QuotaLimits(requests=20, input_tokens=2000, output_tokens=200)
    assert (await refuse(harness, 1100, lower)).limit == 2000
    for _ in range(10):
        await admit(harness, 100, lower)
    assert (await refuse(harness, 0, lower)).bucket == "Requests"


async def test_nothing_is_gained_by_changing_limits_to_and_fro(harness: Harness) -> None:
    """As two workers do for a moment, of which one has a newer directory."""
    higher = QuotaLimits(requests=600, input_tokens=60_000, output_tokens=12_000)
    for _ in range(30):
        await admit(harness, 100)
        await admit(harness, 100, higher)
    await refuse(harness, 100)
    assert isinstance(await harness.reserve("a", higher, 100), Reservation)


async def test_a_settlement_after_a_change_of_limits_counts(harness: Harness) -> None:
    reservation = await admit(harness, 6000)
    await admit(harness, 0, PLENTY)
    harness.limiter.settle(reservation, input_tokens=6000, output_tokens=1_000_000)
    assert (await refuse(harness, 0, PLENTY)).bucket == "OutputTokens"


async def test_without_any_limit_nothing_is_admitted(harness: Harness) -> None:
    none = QuotaLimits(requests=0, input_tokens=0, output_tokens=0)
    assert await refuse(harness, 0, none) == QuotaExceeded(bucket="Requests", limit=0, retry_after=60)


async def test_a_clock_that_goes_back_gives_nothing_and_goes_on(harness: Harness) -> None:
    await admit(harness, 6000)
    await harness.set_clock(-3600)
    assert (await refuse(harness, 100)).retry_after == 1
    await harness.set_clock(-3599)
    await admit(harness, 100)
    await refuse(harness, 1)


async def test_a_clock_that_jumps_ahead_gives_a_minutes_worth_at_most(harness: Harness) -> None:
    await admit(harness, 6000)
    await harness.set_clock(1e6)
    await admit(harness, 6000)
    await refuse(harness, 1)


async def test_large_limits_are_exact(harness: Harness) -> None:
    """The largest that can be set: a token is not lost in rounding."""
    huge = QuotaLimits(requests=10**12, input_tokens=10**12, output_tokens=10**12)
    await admit(harness, 10**12 - 1, huge)
    await refuse(harness, 2, huge)
    await admit(harness, 1, huge)
    await refuse(harness, 1, huge)


async def test_nor_is_one_when_nearly_all_are_left(harness: Harness) -> None:
    huge = QuotaLimits(requests=10**12, input_tokens=10**12, output_tokens=10**12)
    await admit(harness, 1, huge)
    await refuse(harness, 10**12, huge)
    await admit(harness, 10**12 - 1, huge)
