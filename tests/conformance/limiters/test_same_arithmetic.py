"""Valkey's script decides as the arithmetic in process does, whatever happens in whatever order."""

from __future__ import annotations

import asyncio
from typing import Literal, NamedTuple

import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.limiters.conftest import (
    BEGIN,
    Harness,
    InProcessHarness,
    ValkeyHarness,
    render_script_with_clock,
)
from tests.support.valkey_server import ValkeyServer

from ingate.domain.quota import QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded, QuotaUnavailable
from ingate.limits.valkey import ValkeyLimiter


class Event(NamedTuple):
    kind: Literal["arrive", "arrive under other limits", "settle", "give back", "clock"]
    number: int
    output: int = 0


EVENTS = st.lists(
    st.one_of(
        st.builds(
            Event,
            st.sampled_from(("arrive", "arrive", "arrive", "arrive under other limits")),
            st.integers(0, 3000),
            st.integers(0, 2000),
        ),
        st.builds(Event, st.just("settle"), st.integers(0, 5000), st.integers(0, 2000)),
        st.builds(Event, st.just("give back"), st.just(0)),
        st.builds(Event, st.just("clock"), st.integers(-100, 100)),
    ),
    max_size=40,
)
LIMITS = st.builds(
    QuotaLimits, requests=st.integers(0, 30), input_tokens=st.integers(0, 9000), output_tokens=st.integers(0, 3000)
)
Decisions = list[Reservation | QuotaExceeded | QuotaUnavailable]


async def run(harness: Harness, limits: QuotaLimits, others: QuotaLimits, events: list[Event]) -> Decisions:
    decisions: Decisions = []
    open_reservations: list[Reservation] = []
    clock = 0
    for event in events:
        if event.kind == "clock":
            clock += event.number
            await harness.set_clock(clock)
        elif event.kind.startswith("arrive"):
            chosen = limits if event.kind == "arrive" else others
            decision = await harness.reserve("a", chosen, event.number)
            decisions.append(decision)
            if isinstance(decision, Reservation):
                open_reservations.append(decision)
        elif open_reservations and event.kind == "settle":
            reservation = open_reservations.pop()
            harness.limiter.settle(reservation, input_tokens=event.number, output_tokens=event.output)
        elif open_reservations:
            harness.limiter.give_back(open_reservations.pop())
    return decisions


async def run_on_valkey(
    server: ValkeyServer, limits: QuotaLimits, others: QuotaLimits, events: list[Event]
) -> Decisions:
    server.ask("FLUSHALL")
    server.ask("SET", "clock", str(BEGIN * 1_000_000))
    limiter = ValkeyLimiter(
        server.address,
        loop=asyncio.get_running_loop(),
        when_away="refuse",
        timeout=5.0,
        script=render_script_with_clock(),
    )
    await limiter.open(5)
    try:
        return await run(ValkeyHarness(limiter, server), limits, others, events)
    finally:
        await limiter.close(5)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits=LIMITS, others=LIMITS, events=EVENTS)
def test_both_decide_alike(
    valkey: ValkeyServer, limits: QuotaLimits, others: QuotaLimits, events: list[Event]
) -> None:
    expected = uvloop.run(run(InProcessHarness(), limits, others, events))
    assert uvloop.run(run_on_valkey(valkey, limits, others, events)) == expected
