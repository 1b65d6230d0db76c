"""A pool of connections to one upstream server."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ingate.domain.upstream import UpstreamFailure

from .http1_connection import Http1Connection

IDLE_LIMIT = 512
"""Idle connections kept."""

IDLE_SECONDS = 45.0
"""Longest that one is kept; servers commonly close theirs after 60 s or more."""


class Origin(NamedTuple):
    host: str
    port: int
    tls: ssl.SSLContext | None


OnConnected = Callable[[Http1Connection], None]
OnNotConnected = Callable[[UpstreamFailure, str], None]


class Http1Pool:
    """Hands out the connection that was used last, or opens one. A task lives only as long as a connect."""

    def __init__(
        self,
        origin: Origin,
        *,
        loop: asyncio.AbstractEventLoop,
        connect_timeout: float,
        first_byte_timeout: float,
        idle_timeout: float,
    ) -> None:
        self._origin = origin
        self._loop = loop
        self._connect_timeout = connect_timeout
        self._first_byte_timeout = first_byte_timeout
        self._idle_timeout = idle_timeout
        self._idle: deque[Http1Connection] = deque()
        self._connections: set[Http1Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def is_idle(self) -> bool:
        """Whether no exchange uses it."""
        return not self._connecting and len(self._connections) == len(self._idle)

    def take_idle(self) -> Http1Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return None

    def connect(self, on_connected: OnConnected, on_not_connected: OnNotConnected) -> None:
        task = self._loop.create_task(self._connect(on_connected, on_not_connected))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def put_back(self, connection: Http1Connection) -> None:
        if self._closed or len(self._idle) >= IDLE_LIMIT:
            connection.close()
        else:
            self._idle.append(connection)

    def sweep(self, now: float) -> None:
        """Ends what is too slow, and what has been idle for too long. The oldest idle ones stand first."""
        for connection in [c for c in self._connections if c.deadline <= now]:
            connection.on_deadline()
        while self._idle and self._idle[0].idle_since + IDLE_SECONDS < now:
            self._idle.popleft().close()

    def close(self) -> None:
        """Idle connections end now; those in use, and those that a request waits for, end with their answers."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    async def _connect(self, on_connected: OnConnected, on_not_connected: OnNotConnected) -> None:
        origin = self._origin
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, connection = await self._loop.create_connection(
                    self._make_connection,
                    origin.host,
                    origin.port,
                    ssl=origin.tls,
                    server_hostname=origin.host if origin.tls is not None else None,
                )
        except TimeoutError:
            on_not_connected(UpstreamFailure.TIMEOUT, f"no connection within {self._connect_timeout:g} s")
        except (OSError, ssl.SSLError, UnicodeError) as error:
            on_not_connected(UpstreamFailure.UNREACHABLE, f"no connection: {error}")
        else:
            if connection.is_open:
                self._connections.add(connection)
                on_connected(connection)
            else:
                on_not_connected(UpstreamFailure.RESET, "the connection ended as soon as it was open")

    def _make_connection(self) -> Http1Connection:
        return Http1Connection(
            first_byte_timeout=self._first_byte_timeout,
            idle_timeout=self._idle_timeout,
            clock=self._loop.time,
            on_idle=self.put_back,
            on_gone=self._forget,
        )

    def _forget(self, connection: Http1Connection) -> None:
        self._connections.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
