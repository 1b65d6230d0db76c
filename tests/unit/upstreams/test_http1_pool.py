from __future__ import annotations

import asyncio
import socket
import ssl

import pytest
from tests.unit.upstreams.hand_driven_loop import HandDrivenLoop

from ingate.domain.upstream import UpstreamFailure
from ingate.upstreams.http1_connection import Http1Connection
from ingate.upstreams.http1_pool import IDLE_SECONDS, Http1Pool, Origin


class Asker:
    """Someone who waits for a connection."""

    def __init__(self) -> None:
        self.got: list[Http1Connection] = []
        self.failed: list[tuple[UpstreamFailure, str]] = []

    def on_not_connected(self, failure: UpstreamFailure, detail: str) -> None:
        self.failed.append((failure, detail))


def make_pool(loop: HandDrivenLoop, *, tls: ssl.SSLContext | None = None) -> Http1Pool:
    origin = Origin("upstream.example", 4443, tls)
    return Http1Pool(origin, loop=loop, connect_timeout=10, first_byte_timeout=60, idle_timeout=30)


def connect(pool: Http1Pool, loop: HandDrivenLoop) -> Asker:
    asker = Asker()
    pool.connect(asker.got.append, asker.on_not_connected)
    loop.settle()
    return asker


def test_what_was_used_last_is_used_first(loop: HandDrivenLoop) -> None:
    pool = make_pool(loop)
    first, second = (connect(pool, loop).got[0] for _ in range(2))
    assert pool.take_idle() is None
    pool.put_back(first)
    pool.put_back(second)
    assert pool.is_idle
    assert pool.take_idle() is second
    assert not pool.is_idle
    assert pool.take_idle() is first


def test_one_that_the_server_closed_is_not_handed_out(loop: HandDrivenLoop) -> None:
    pool = make_pool(loop)
    for connection in [connect(pool, loop).got[0] for _ in range(2)]:
        pool.put_back(connection)
    loop.server.closes()
    loop.servers[0].transport.close()
    assert pool.take_idle() is None


def test_an_idle_one_is_kept_for_a_while(loop: HandDrivenLoop) -> None:
    pool = make_pool(loop)
    connection = connect(pool, loop).got[0]
    connection.idle_since = loop.time()
    pool.put_back(connection)
    pool.sweep(loop.time() + IDLE_SECONDS - 1)
    assert connection.is_open
    pool.sweep(loop.time() + IDLE_SECONDS + 1)
    assert not connection.is_open
    assert pool.take_idle() is None


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError("refused"), socket.gaierror("no such host"), ssl.SSLError("bad"), UnicodeError("x")],
)
def test_a_server_that_cannot_be_reached_is_told(loop: HandDrivenLoop, error: Exception) -> None:
    loop.refuse_with = error
    pool = make_pool(loop)
    asker = connect(pool, loop)
    assert [failure for failure, _ in asker.failed] == [UpstreamFailure.UNREACHABLE]
    assert pool.is_idle


def test_a_connect_takes_no_longer_than_it_may(loop: HandDrivenLoop) -> None:
    loop.gate = asyncio.Event()
    pool = make_pool(loop)
    asker = connect(pool, loop)
    loop.advance(9.9)
    assert asker.failed == []
    assert not pool.is_idle
    loop.advance(0.2)
    assert asker.failed == [(UpstreamFailure.TIMEOUT, "no connection within 10 s")]
    assert pool.is_idle


def test_tls_checks_the_name_that_was_configured(loop: HandDrivenLoop) -> None:
    tls = ssl.create_default_context()
    connect(make_pool(loop, tls=tls), loop)
    connect(make_pool(loop), loop)
    assert loop.asked == [("upstream.example", 4443, tls, "upstream.example"), ("upstream.example", 4443, None, None)]


class TestClosing:
    def test_ends_what_is_idle_and_leaves_what_is_in_use(self, loop: HandDrivenLoop) -> None:
        pool = make_pool(loop)
        idle, used = (connect(pool, loop).got[0] for _ in range(2))
        pool.put_back(idle)
        pool.close()
        assert not idle.is_open
        assert used.is_open
        pool.put_back(used)
        assert not used.is_open

    def test_leaves_nobody_waiting_for_a_connect(self, loop: HandDrivenLoop) -> None:
        loop.gate = asyncio.Event()
        pool = make_pool(loop)
        asker = connect(pool, loop)
        pool.close()
        loop.gate.set()
        loop.settle()
        assert len(asker.got) == 1

    def test_nothing_is_left_behind(self, loop: HandDrivenLoop) -> None:
        pool = make_pool(loop)
        used = connect(pool, loop).got[0]
        pool.close()
        used.cancel()
        loop.server.transport.lose()
        assert pool.is_idle
