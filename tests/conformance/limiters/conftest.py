"""The limiters that the suite is run against, each with a clock that tests move.

The Valkey is a real one. Only its clock is the test's: quota.lua's one `TIME` reads a key instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Protocol

import pytest
from tests.support.valkey_server import ValkeyServer, running_valkey

from ingate.domain.quota import QuotaLimiter, QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded, QuotaUnavailable
from ingate.limits.in_process import InProcessLimiter
from ingate.limits.valkey import ValkeyLimiter, read_script

Decision = Reservation | QuotaExceeded | QuotaUnavailable

BEGIN = 1_000_000


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that gateways run on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def valkey() -> Generator[ValkeyServer]:
    with running_valkey() as server:
        yield server


class Harness(Protocol):
    """A limiter, and what tests do to it."""

    @property
    def limiter(self) -> QuotaLimiter: ...

    async def set_clock(self, seconds: float) -> None:
        """Since the beginning; backwards too."""
        ...

    async def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int = 1) -> Decision: ...


class InProcessHarness:
    def __init__(self) -> None:
        self.limiter = InProcessLimiter()
        self._now = float(BEGIN)

    async def set_clock(self, seconds: float) -> None:
        self._now = BEGIN + seconds

    async def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int = 1) -> Decision:
        return await reserve_with(self.limiter, quota_key, limits, input_tokens, self._now)


class ValkeyHarness:
    def __init__(self, limiter: ValkeyLimiter, server: ValkeyServer) -> None:
        self.limiter = limiter
        self._server = server

    async def set_clock(self, seconds: float) -> None:
        await self.settled()
        self._server.ask("SET", "clock", str(round((BEGIN + seconds) * 1_000_000)))

    async def settled(self) -> None:
        """What needs no answer has been carried out."""
        await reserve_with(self.limiter, "another", QuotaLimits.of_capacity(1), 0, 0.0)

    async def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int = 1) -> Decision:
        return await reserve_with(self.limiter, quota_key, limits, input_tokens, 0.0)


async def reserve_with(
    limiter: QuotaLimiter, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float
) -> Decision:
    """Fails when the limiter does not decide, or decides twice."""
    decided: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
    limiter.reserve(quota_key, limits, input_tokens, now, decided.set_result)
    async with asyncio.timeout(5):
        return await decided


def render_script_with_clock() -> bytes:
    script, real = read_script(), b"redis.call('TIME')"
    assert script.count(real) == 1
    return script.replace(real, b"{0, redis.call('GET', 'clock')}")


@pytest.fixture(params=["in-process", "valkey"])
async def harness(request: pytest.FixtureRequest, anyio_backend: object) -> AsyncGenerator[Harness]:
    if request.param == "in-process":
        yield InProcessHarness()
        return
    server: ValkeyServer = request.getfixturevalue("valkey")
    server.ask("FLUSHALL")
    limiter = ValkeyLimiter(
        server.address,
        loop=asyncio.get_running_loop(),
        when_away="refuse",
        timeout=5.0,
        script=render_script_with_clock(),
    )
    await limiter.open(5)
    harness = ValkeyHarness(limiter, server)
    server.ask("SET", "clock", str(BEGIN * 1_000_000))
    yield harness
    await limiter.close(5)
