"""Quotas are never oversold, whatever comes when, however it ends, and whatever the clock does.

These hold for the arithmetic in process; tests/conformance/limiters/test_same_arithmetic.py shows that Valkey's
decides alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.domain.quota import DeploymentQuota, QuotaLimits

EPSILON = 1e-3
BEGIN = 1e6


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a deployment's quota."""

    kind: Literal["arrive", "settle", "abort", "pass", "step"]
    number: int = 0
    """Input tokens of an arrival; which open exchange settles or is aborted; seconds that pass, or that the clock is
    stepped by."""
    output: int = 0


EVENTS = st.lists(
    st.one_of(
        st.builds(Event, st.just("arrive"), st.integers(0, 3000), st.integers(0, 2000)),
        st.builds(Event, st.just("settle"), st.integers(0, 10)),
        st.builds(Event, st.just("abort"), st.integers(0, 10)),
        st.builds(Event, st.just("pass"), st.integers(0, 90)),
        st.builds(Event, st.just("step"), st.integers(-5000, 5000)),
    ),
    max_size=80,
)
LIMITS = st.builds(
    QuotaLimits, requests=st.integers(0, 30), input_tokens=st.integers(0, 9000), output_tokens=st.integers(1, 3000)
)


@dataclass(slots=True)
class Taking:
    """Input taken, or given back when negative, at a moment."""

    at: float
    tokens: int
    request: int
    """1 admitted, -1 given back, 0 settled."""
    excess: int = 0
    """Of one larger than the limit."""


@dataclass(slots=True)
class History:
    """What came of a list of events, by a time that always goes on: real time and what the clock jumped ahead."""

    takings: list[Taking] = field(default_factory=list[Taking])
    output_before_admissions: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    """At each admission, the output settled so far."""
    time: float = 0.0
    output: int = 0
    in_flight: int = 0
    """Output of the exchanges that were admitted and have yet to settle."""


def run(limits: QuotaLimits, events: list[Event]) -> History:
    """Settlements use half of what was reserved, and the output that the arrival names."""
    quota = DeploymentQuota(limits, BEGIN)
    history = History()
    clock = BEGIN
    open_exchanges: list[tuple[int, int]] = []
    for event in events:
        if event.kind == "pass":
            clock += event.number
            history.time += event.number
        elif event.kind == "step":
            clock += event.number
            history.time += max(0, event.number)
        elif event.kind == "arrive":
            if quota.reserve(event.number, clock) is None:
                excess = max(0, event.number - limits.input_tokens)
                history.takings.append(Taking(history.time, event.number, 1, excess))
                history.output_before_admissions.append((history.time, history.output))
                open_exchanges.append((event.number, event.output))
        elif open_exchanges:
            reserved, output = open_exchanges.pop(event.number % len(open_exchanges))
            if event.kind == "abort":
                quota.give_back(reserved)
                history.takings.append(Taking(history.time, -reserved, -1))
            else:
                quota.settle(reserved=reserved, input_tokens=reserved // 2, output_tokens=output)
                history.takings.append(Taking(history.time, reserved // 2 - reserved, 0))
                history.output += output
    history.in_flight = sum(output for _, output in open_exchanges)
    return history


@settings(deadline=None)
@given(LIMITS, EVENTS)
def test_in_no_window_are_more_requests_admitted_than_a_minutes_worth_and_what_came_in(
    limits: QuotaLimits, events: list[Event]
) -> None:
    takings = run(limits, events).takings
    for first in range(len(takings)):
        admitted = 0
        for taking in takings[first:]:
            admitted += taking.request
            minutes = (taking.at - takings[first].at) / 60
            assert admitted <= limits.requests * (1 + minutes) + EPSILON


@settings(deadline=None)
@given(LIMITS, EVENTS)
def test_nor_is_more_input_reserved(limits: QuotaLimits, events: list[Event]) -> None:
    """But for one request larger than the limit, which is admitted when the bucket is full and then paid back."""
    takings = run(limits, events).takings
    for first in range(len(takings)):
        reserved = 0
        for taking in takings[first:]:
            reserved += taking.tokens
            minutes = (taking.at - takings[first].at) / 60
            if taking.request == 1:
                assert reserved <= limits.input_tokens * (1 + minutes) + taking.excess + EPSILON


@settings(deadline=None)
@given(LIMITS, EVENTS)
def test_output_exceeds_the_limit_by_what_was_in_flight_and_no_more(limits: QuotaLimits, events: list[Event]) -> None:
    """Nothing is admitted while output is owed, so only what was admitted before can add to a debt."""
    history = run(limits, events)
    for at, output in history.output_before_admissions:
        assert output <= limits.output_tokens * (1 + at / 60) + EPSILON


@settings(deadline=None)
@given(LIMITS, EVENTS, st.integers(0, 4000))
def test_a_refused_request_takes_nothing(limits: QuotaLimits, events: list[Event], tokens: int) -> None:
    """Refusing whatever is asked between two events leaves all as it would have been."""
    asked, unasked = DeploymentQuota(limits, BEGIN), DeploymentQuota(limits, BEGIN)
    now = BEGIN
    for event in events:
        if event.kind == "pass":
            now += event.number
        elif event.kind == "arrive":
            decision = asked.reserve(event.number, now)
            if decision is None:
                assert unasked.reserve(event.number, now) is None
    last, expected = asked.reserve(tokens, now), unasked.reserve(tokens, now)
    assert (last is None) == (expected is None)
    if last is not None and expected is not None:
        assert (last.bucket, last.limit) == (expected.bucket, expected.limit)
        assert abs(last.retry_after - expected.retry_after) <= 1  # they were filled in other steps


@settings(deadline=None)
@given(LIMITS, EVENTS)
def test_who_comes_back_when_told_is_admitted(limits: QuotaLimits, events: list[Event]) -> None:
    quota = DeploymentQuota(limits, BEGIN)
    clock = BEGIN
    for event in events:
        if event.kind in ("pass", "step"):
            clock += event.number
        elif event.kind == "arrive":
            exceeded = quota.reserve(event.number, clock)
            if exceeded is not None and limits.requests and limits.input_tokens:  # of none, nothing ever comes back
                clock += exceeded.retry_after
                exceeded = quota.reserve(event.number, clock)
                assert exceeded is None
            if exceeded is None:
                quota.settle(reserved=event.number, input_tokens=event.number + 7, output_tokens=event.output)


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
@given(LIMITS, st.integers(1, 64))
def test_the_shares_of_all_workers_are_the_limits_exactly(limits: QuotaLimits, workers: int) -> None:
    shares = [limits.take_share(worker, workers) for worker in range(workers)]
    assert sum(share.requests for share in shares) == limits.requests
    assert sum(share.input_tokens for share in shares) == limits.input_tokens
    assert sum(share.output_tokens for share in shares) == limits.output_tokens
    assert max(share.requests for share in shares) - min(share.requests for share in shares) <= 1


@settings(deadline=None)
@given(LIMITS, LIMITS, EVENTS)
def test_changing_limits_to_and_fro_admits_no_more_than_the_higher_ones(
    limits: QuotaLimits, others: QuotaLimits, events: list[Event]
) -> None:
    quota = DeploymentQuota(limits, BEGIN)
    clock, admitted = BEGIN, 0
    for number, event in enumerate(events):
        if event.kind == "pass":
            clock += event.number
        elif event.kind == "arrive":
            quota.change_limits(others if number % 2 else limits, clock)
            admitted += quota.reserve(0, clock) is None
    highest = max(limits.requests, others.requests)
    assert admitted <= highest * (1 + (clock - BEGIN) / 60) + EPSILON
