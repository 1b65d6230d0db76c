"""Quotas are never oversold, whatever comes when, and whatever the clock does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.domain.quota import DeploymentQuota, QuotaLimits

EPSILON = 1e-6
Arrival = tuple[float, int]

capacities = st.integers(0, 50)
arrivals = st.lists(
    st.tuples(st.floats(-30.0, 90.0, allow_subnormal=False), st.integers(0, 3000)), min_size=1, max_size=60
)
"""Seconds since the one before, backwards too, and input tokens."""


def admit(quota: DeploymentQuota, arrivals: list[Arrival], *, begin: float = 1000.0) -> list[Arrival]:
    """When each admitted request came, by a clock that never runs backwards, and its tokens."""
    admitted: list[Arrival] = []
    now = latest = begin
    for step, tokens in arrivals:
        now += step
        latest = max(latest, now)
        if quota.reserve(tokens, now) is None:
            admitted.append((latest, tokens))
    return admitted


@settings(deadline=None)
@given(capacities, arrivals)
def test_in_no_window_are_more_requests_admitted_than_the_limit_and_what_came_in(
    capacity: int, arrivals: list[Arrival]
) -> None:
    admitted = admit(DeploymentQuota(QuotaLimits.of_capacity(capacity), 1000.0), arrivals)
    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            seconds = admitted[last][0] - admitted[first][0]
            assert last - first + 1 <= capacity + seconds * capacity / 60 + EPSILON


@settings(deadline=None)
@given(st.integers(1, 50), arrivals)
def test_nor_is_more_input_reserved(capacity: int, arrivals: list[Arrival]) -> None:
    """But for one request larger than the limit, which is admitted when the bucket is full and then paid back."""
    limits = QuotaLimits(requests=10**9, input_tokens=capacity * 100, output_tokens=1)
    admitted = admit(DeploymentQuota(limits, 1000.0), arrivals)
    for first in range(len(admitted)):
        for last in range(first, len(admitted)):
            window = admitted[first : last + 1]
            seconds = window[-1][0] - window[0][0]
            excess = max(0, window[-1][1] - limits.input_tokens)
            assert sum(tokens for _, tokens in window) <= limits.input_tokens * (1 + seconds / 60) + excess + EPSILON


@settings(deadline=None)
@given(st.integers(1, 20), arrivals, st.integers(0, 5000))
def test_a_refused_request_takes_nothing(capacity: int, arrivals: list[Arrival], tokens: int) -> None:
    asked, unasked = (DeploymentQuota(QuotaLimits.of_capacity(capacity), 0.0) for _ in range(2))
    now = 0.0
    for step, needed in arrivals:
        now += abs(step)
        if asked.reserve(needed, now) is None:
            assert unasked.reserve(needed, now) is None
    assert asked.reserve(tokens, now) == unasked.reserve(tokens, now)


@settings(deadline=None)
@given(st.integers(1, 20), arrivals)
def test_who_comes_back_when_told_is_admitted_or_told_of_another_limit(
    capacity: int, arrivals: list[Arrival]
) -> None:
    quota = DeploymentQuota(QuotaLimits.of_capacity(capacity), 0.0)
    now = 0.0
    for step, tokens in arrivals:
        now += abs(step)
        exceeded = quota.reserve(tokens, now)
        if exceeded is not None:
            assert exceeded.retry_after >= 1
            now += exceeded.retry_after + EPSILON
            again = quota.reserve(tokens, now)
            assert again is None or again.bucket != exceeded.bucket


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 3000), st.integers(0, 9000), st.integers(0, 5000))
def test_a_debt_is_paid_back_and_then_all_is_as_before(capacity: int, reserved: int, used: int, output: int) -> None:
    limits = QuotaLimits.of_capacity(capacity)
    quota = DeploymentQuota(limits, 0.0)
    assert quota.reserve(reserved, 0.0) is None
    quota.settle(reserved=reserved, input_tokens=used, output_tokens=output)
    owed_input = used / limits.input_tokens * 60
    owed_output = output / limits.output_tokens * 60
    if output >= limits.output_tokens or used >= limits.input_tokens:
        assert quota.reserve(1, 0.0) is not None
    paid = 60 + max(owed_input, owed_output)
    assert [quota.reserve(1000, paid) for _ in range(capacity)] == [None] * capacity
    exceeded = quota.reserve(1, paid)
    assert exceeded is not None
    assert exceeded.bucket == "Requests"


@settings(deadline=None)
@given(st.integers(1, 20), st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 3000)), max_size=20))
def test_an_estimate_too_high_is_given_back_and_no_more_than_that(
    capacity: int, exchanges: list[tuple[int, int]]
) -> None:
    """Settled exchanges count with what they used: the sum never exceeds a minute's worth and what came in."""
    limits = QuotaLimits(requests=10**9, input_tokens=capacity * 1000, output_tokens=10**9)
    quota = DeploymentQuota(limits, 0.0)
    used = last = 0
    now = 0.0
    for reserved, actual in exchanges:
        now += 1
        if quota.reserve(reserved, now) is None:
            quota.settle(reserved=reserved, input_tokens=actual, output_tokens=0)
            used += actual
            last = max(last, actual)
    assert used <= limits.input_tokens * (1 + now / 60) + last + EPSILON
