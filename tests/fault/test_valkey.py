"""A Valkey that is away, comes back, hangs, forgets or says no."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.support.valkey_server import ValkeyServer, running_valkey

from ingate.domain.quota import QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded, QuotaUnavailable
from ingate.limits.valkey import ValkeyLimiter, WhenAway
from ingate.limits.valkey_address import ValkeyAddress

pytestmark = pytest.mark.anyio

LIMITS = QuotaLimits(requests=60, input_tokens=6000, output_tokens=1200)
TIMEOUT = 0.2

Decision = Reservation | QuotaExceeded | QuotaUnavailable


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that gateways run on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def valkey() -> Generator[ValkeyServer]:
    with running_valkey() as server:
        yield server


@asynccontextmanager
async def limiter_on(server: ValkeyServer, when_away: WhenAway = "refuse") -> AsyncGenerator[ValkeyLimiter]:
    limiter = ValkeyLimiter(server.address, loop=asyncio.get_running_loop(), when_away=when_away, timeout=TIMEOUT)
    await limiter.open(2)
    try:
        yield limiter
    finally:
        await limiter.close(2)


async def reserve(limiter: ValkeyLimiter, input_tokens: int = 1) -> Decision:
    decided: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
    limiter.reserve("a", LIMITS, input_tokens, 0.0, decided.set_result)
    async with asyncio.timeout(5):
        return await decided


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.05)


async def until_decided(limiter: ValkeyLimiter) -> None:
    """By Valkey itself: it says no to what it never could admit now, and takes nothing for that."""

    async def decides() -> bool:
        limiter.reserve("probe", QuotaLimits(requests=0, input_tokens=0, output_tokens=0), 0, 0.0, decisions.append)
        await asyncio.sleep(0.02)
        return any(isinstance(decision, QuotaExceeded) for decision in decisions)

    decisions: list[Decision] = []
    await until(decides)


def read_balance(server: ValkeyServer, bucket: str) -> float:
    balance = server.ask("HGET", "ingate:quota:{a}", bucket)
    assert isinstance(balance, bytes)
    return float(balance)


async def test_requests_are_refused_while_it_is_away_and_decided_when_it_is_back(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with limiter_on(valkey) as limiter:
        assert isinstance(await reserve(limiter), Reservation)
        valkey.kill()
        for _ in range(20):
            assert await reserve(limiter) == QuotaUnavailable()
            await asyncio.sleep(0.01)
        valkey.start()
        await until_decided(limiter)
        assert isinstance(await reserve(limiter), Reservation)
    _, away, back = [record for record in caplog.records if record.name.startswith("ingate")]
    assert away.levelname == "WARNING"
    assert "Requests are refused until it does" in away.message
    assert "requests refused meanwhile" in back.message


async def test_or_admitted_when_the_operator_says_so_and_charged_when_it_is_back(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with limiter_on(valkey, "admit") as limiter:
        assert isinstance(await reserve(limiter), Reservation)
        valkey.kill()
        admitted = [await reserve(limiter, 1000) for _ in range(100)]
        reservations = [decision for decision in admitted if isinstance(decision, Reservation)]
        assert len(reservations) == 100
        for reservation in reservations[:10]:
            limiter.settle(reservation, input_tokens=50, output_tokens=70)
        for reservation in reservations[10:]:
            limiter.give_back(reservation)
        valkey.start()
        await until_decided(limiter)
        assert read_balance(valkey, "output_tokens") == LIMITS.output_tokens - 700
        assert read_balance(valkey, "input_tokens") == LIMITS.input_tokens - 500
        assert read_balance(valkey, "requests") == LIMITS.requests
    assert caplog.text.count("are admitted without a check until it does") == 1


async def test_a_request_waits_no_longer_than_the_timeout_for_one_that_hangs(valkey: ValkeyServer) -> None:
    async with limiter_on(valkey) as limiter:
        assert isinstance(await reserve(limiter), Reservation)
        valkey.freeze()
        try:
            started = time.monotonic()
            assert await reserve(limiter, 100) == QuotaUnavailable()
            assert TIMEOUT * 0.9 <= time.monotonic() - started < TIMEOUT + 0.5
            started = time.monotonic()
            assert await reserve(limiter, 100) == QuotaUnavailable()
            assert time.monotonic() - started < TIMEOUT / 2, "it is known to hang"
        finally:
            valkey.thaw()
        await until_decided(limiter)


async def test_a_worker_that_was_busy_itself_reads_what_has_come_before_it_gives_up(valkey: ValkeyServer) -> None:
    async with limiter_on(valkey) as limiter:
        decisions: list[Decision] = []
        limiter.reserve("a", LIMITS, 1, 0.0, decisions.append)
        await asyncio.sleep(0)
        time.sleep(TIMEOUT * 1.5)  # noqa: ASYNC251 - what it is about
        await asyncio.sleep(0.1)
        assert [type(decision) for decision in decisions] == [Reservation]


async def test_what_it_took_too_late_for_a_request_that_was_refused_is_given_back(valkey: ValkeyServer) -> None:
    async with limiter_on(valkey) as limiter:
        assert isinstance(await reserve(limiter, 1), Reservation)
        valkey.freeze()
        try:
            assert await reserve(limiter, 5000) == QuotaUnavailable()
        finally:
            valkey.thaw()
        await until_decided(limiter)
        assert isinstance(await reserve(limiter, 5900), Reservation)


async def test_one_that_hangs_for_long_is_left_and_connected_to_anew(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with limiter_on(valkey) as limiter:
        valkey.freeze()
        try:
            assert await reserve(limiter) == QuotaUnavailable()
            await until(lambda: _is(not limiter.is_connected))
        finally:
            valkey.thaw()
        await until_decided(limiter)
    assert caplog.text.count("does not decide quotas") == 1


async def _is(condition: bool) -> bool:
    return condition


async def test_what_is_settled_while_it_is_away_is_sent_when_it_is_back(valkey: ValkeyServer) -> None:
    async with limiter_on(valkey) as limiter:
        reservation = await reserve(limiter, 100)
        assert isinstance(reservation, Reservation)
        valkey.kill()
        assert await reserve(limiter) == QuotaUnavailable()
        limiter.settle(reservation, input_tokens=300, output_tokens=1300)
        valkey.start()
        await until_decided(limiter)
        assert read_balance(valkey, "output_tokens") == -100
        assert isinstance(await reserve(limiter), QuotaExceeded)


async def test_a_settlement_that_may_be_lost_is_logged(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with limiter_on(valkey) as limiter:
        reservation = await reserve(limiter, 100)
        assert isinstance(reservation, Reservation)
        valkey.freeze()
        limiter.settle(reservation, input_tokens=100, output_tokens=1)
        valkey.kill()
        await until(lambda: _is("1 settlements of quotas may not have reached" in caplog.text))


async def test_a_server_that_forgot_the_script_is_given_it_again(valkey: ValkeyServer) -> None:
    async with limiter_on(valkey) as limiter:
        valkey.ask("SCRIPT", "FLUSH")
        reservation = await reserve(limiter, 10)
        assert isinstance(reservation, Reservation)
        valkey.ask("SCRIPT", "FLUSH")
        limiter.settle(reservation, input_tokens=10, output_tokens=1300)
        valkey.ask("SCRIPT", "FLUSH")
        limiter.give_back(reservation)
        assert isinstance(await reserve(limiter), QuotaExceeded)


async def test_a_server_that_cannot_write_decides_nothing(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with limiter_on(valkey) as limiter:
        assert isinstance(await reserve(limiter), Reservation)
        valkey.ask("CONFIG", "SET", "maxmemory", "1")
        assert await reserve(limiter) == QuotaUnavailable()
        assert "OOM" in caplog.text
        valkey.ask("CONFIG", "SET", "maxmemory", "0")
        assert isinstance(await reserve(limiter), Reservation)


async def test_a_key_goes_when_nobody_has_come_for_an_hour_after_its_buckets_are_full(valkey: ValkeyServer) -> None:
    async with limiter_on(valkey) as limiter:
        reservation = await reserve(limiter)
        assert isinstance(reservation, Reservation)
        limiter.settle(reservation, input_tokens=1, output_tokens=LIMITS.output_tokens * 10)
        await until_decided(limiter)
        left = valkey.ask("TTL", "ingate:quota:{a}")
        assert isinstance(left, int)
        assert 3600 + 9 * 60 < left <= 3600 + 10 * 60 + 1


async def test_the_servers_own_clock_fills_the_buckets(valkey: ValkeyServer) -> None:
    async with limiter_on(valkey) as limiter:
        exceeded = await reserve(limiter, 120)
        while isinstance(exceeded, Reservation):
            exceeded = await reserve(limiter, 120)
        assert isinstance(exceeded, QuotaExceeded)
        assert (exceeded.bucket, exceeded.limit) == ("UncachedInputTokens", 6000)
        assert exceeded.retry_after in (1, 2)
        await asyncio.sleep(exceeded.retry_after)
        assert isinstance(await reserve(limiter, 120), Reservation)


class TestPasswords:
    PASSWORD = "s3cret-pass word/%"

    @pytest.fixture
    def guarded(self) -> Generator[ValkeyServer]:
        with running_valkey("--requirepass", self.PASSWORD) as server:
            yield server

    async def test_the_right_one_and_another_database(self, guarded: ValkeyServer) -> None:
        address = replace(guarded.address, password=self.PASSWORD, database=3)
        limiter = ValkeyLimiter(address, loop=asyncio.get_running_loop(), when_away="refuse", timeout=TIMEOUT)
        await limiter.open(2)
        assert isinstance(await reserve(limiter), Reservation)
        await limiter.close(1)

    async def test_a_user_that_may_do_no_more_than_it_needs(self, guarded: ValkeyServer) -> None:
        """What docs/howto/share-limits.md says it needs."""
        scripting, in_the_script = ("+evalsha", "+eval", "+script|load"), ("+time", "+hmget", "+hset", "+expire")
        rights = (*scripting, *in_the_script, "+select", "~ingate:quota:*")
        admin = replace(guarded.address, password=self.PASSWORD)
        assert guarded.ask("ACL", "SETUSER", "gateway", "on", ">pw", *rights, login=admin.password) == b"OK"
        address = replace(guarded.address, user="gateway", password="pw", database=1)
        limiter = ValkeyLimiter(address, loop=asyncio.get_running_loop(), when_away="refuse", timeout=TIMEOUT)
        await limiter.open(2)
        assert isinstance(await reserve(limiter), Reservation)
        await limiter.close(1)

    @pytest.mark.parametrize("password", ["", "wrong-password"])
    async def test_a_wrong_one_decides_nothing_and_is_not_shown(
        self, guarded: ValkeyServer, password: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        address = replace(guarded.address, user="default" if password else "", password=password)
        limiter = ValkeyLimiter(address, loop=asyncio.get_running_loop(), when_away="refuse", timeout=TIMEOUT)
        await limiter.open(0.3)
        assert await reserve(limiter) == QuotaUnavailable()
        await limiter.close(1)
        assert ("WRONGPASS" if password else "NOAUTH") in caplog.text
        assert "wrong-password" not in caplog.text


async def test_something_else_that_listens_there_is_no_valkey(caplog: pytest.LogCaptureFixture) -> None:
    """It even quotes the password that it was given."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"-ERR unknown command, with args beginning with: 's3cret'\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    address = ValkeyAddress(host="127.0.0.1", port=port, password="s3cret")
    limiter = ValkeyLimiter(address, loop=asyncio.get_running_loop(), when_away="refuse", timeout=TIMEOUT)
    await limiter.open(0.3)
    assert await reserve(limiter) == QuotaUnavailable()
    await limiter.close(1)
    server.close()
    await server.wait_closed()
    assert "unknown command" in caplog.text
    assert "s3cret" not in caplog.text


async def test_nobody_there_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    with running_valkey() as server:
        server.kill()
        async with limiter_on(server) as limiter:
            assert await reserve(limiter) == QuotaUnavailable()
            server.start()
            await until_decided(limiter)
    assert caplog.text.count("does not decide quotas: no connection") == 1
