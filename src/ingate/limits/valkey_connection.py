"""One pipelined connection to Valkey: commands go out as they are asked for, replies come back in order.

It opens, opens again with growing pauses when it is lost, and says so once each time. No command is ever sent
twice: what was on its way when the connection ended is reported as lost.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from ingate.wire.resp import MalformedReply, Reply, ReplyError, ReplyReader, render_command

from .valkey_address import ValkeyAddress

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 2.0
"""For the oldest command to be answered; after that the connection is taken for dead."""


class ConnectionLost(NamedTuple):
    """In place of a reply: the command may have been carried out or not."""


OnReply = Callable[[Reply | ConnectionLost], None]


class ValkeyConnection:
    """`preparation` is sent each time it opens; only when the server takes all of it is the connection ready."""

    def __init__(
        self,
        address: ValkeyAddress,
        *,
        loop: asyncio.AbstractEventLoop,
        preparation: Sequence[bytes],
        on_ready: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """`preparation` are rendered commands. `on_lost` hears why: once, however often it cannot be opened again."""
        self._address = address
        self._loop = loop
        self._preparation = [*_render_login(address), *preparation]
        self._on_ready = on_ready
        self._on_lost = on_lost
        self._opening: set[asyncio.Task[None]] = set()
        self._wire: _Wire | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pause = FIRST_PAUSE
        self._said_lost = False
        self._closed = False
        self.is_ready = False

    def open(self) -> None:
        task = self._loop.create_task(self._open())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def send(self, command: bytes, on_reply: OnReply) -> None:
        """Only while it is ready."""
        wire = self._wire
        assert wire is not None  # noqa: S101 - it is ready
        wire.send(command, on_reply)

    @property
    def waits(self) -> int:
        """Commands that have not been answered yet."""
        return 0 if self._wire is None else len(self._wire.waiting)

    def close(self) -> None:
        """After this nothing is heard of it any more but what was lost."""
        self._closed = True
        self.is_ready = False
        if self._timer is not None:
            self._timer.cancel()
        for task in self._opening:
            task.cancel()
        if self._wire is not None:
            self._wire.fail("closed")

    async def _open(self) -> None:
        address = self._address
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, wire = await self._loop.create_connection(
                    lambda: _Wire(self._loop, self._on_end),
                    address.host,
                    address.port,
                    ssl=ssl.create_default_context() if address.tls else None,
                )
        except TimeoutError:
            self._on_end(f"no connection within {CONNECT_SECONDS:g} s")
        except (OSError, ssl.SSLError, UnicodeError) as error:
            self._on_end(f"no connection: {error}")
        else:
            self._prepare(wire)

    def _prepare(self, wire: _Wire) -> None:
        if wire.has_ended:  # so soon that `_on_end` has heard of it already
            return
        self._wire = wire
        left = len(self._preparation)

        def on_reply(reply: Reply | ConnectionLost) -> None:
            nonlocal left
            left -= 1
            if isinstance(reply, ReplyError):
                wire.fail(f"the server said: {reply.text[:200]}")
            elif left == 0 and not isinstance(reply, ConnectionLost):
                self.is_ready = True
                self._pause = FIRST_PAUSE
                self._said_lost = False
                self._on_ready()

        for command in self._preparation:
            wire.send(command, on_reply)
        self._timer = self._loop.call_later(SILENCE_SECONDS, self._watch)

    def _watch(self) -> None:
        """Gives up a connection that has been silent for too long."""
        wire = self._wire
        if wire is not None and wire.is_silent(self._loop.time() - SILENCE_SECONDS):
            wire.fail(f"no answer for {SILENCE_SECONDS:g} s")
        elif wire is not None:
            self._timer = self._loop.call_later(SILENCE_SECONDS / 4, self._watch)

    def _on_end(self, reason: str) -> None:
        self._wire = None
        self.is_ready = False
        if self._timer is not None:
            self._timer.cancel()
        if self._closed:
            return
        if not self._said_lost:
            self._said_lost = True
            self._on_lost(self._without_password(reason))
        self._timer = self._loop.call_later(self._pause, self.open)
        self._pause = min(LONGEST_PAUSE, self._pause * 2)

    def _without_password(self, reason: str) -> str:
        """A server that takes no AUTH may answer by quoting it."""
        password = self._address.password
        return reason.replace(password, "***") if password else reason


class _Wire(asyncio.Protocol):
    """The bytes of one connection, from its opening to its end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_end: Callable[[str], None]) -> None:
        self._loop = loop
        self._on_end = on_end
        self._reader = ReplyReader()
        self._transport: asyncio.WriteTransport | None = None
        self._heard_at = loop.time()
        self.has_ended = False
        self.waiting: deque[OnReply] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's is one only in deed

    def send(self, command: bytes, on_reply: OnReply) -> None:
        if self._transport is None or self.has_ended:
            on_reply(ConnectionLost())
            return
        if not self.waiting:
            self._heard_at = self._loop.time()
        self.waiting.append(on_reply)
        self._transport.write(command)

    def is_silent(self, since: float) -> bool:
        return bool(self.waiting) and self._heard_at < since

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        try:
            replies = self._reader.read(data)
        except MalformedReply as error:
            self.fail(f"not a Valkey: {error}")
            return
        for reply in replies:
            if self.has_ended:
                return
            if not self.waiting:
                self.fail("a reply to nothing that was asked")
                return
            self.waiting.popleft()(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail("the server closed the connection" if exc is None else f"the connection broke: {exc}")

    def fail(self, reason: str) -> None:
        """Whoever ends it, and however often: everything still waiting hears of it once."""
        if self.has_ended:
            return
        self.has_ended = True
        if self._transport is not None:
            self._transport.abort()
        self._on_end(reason)
        while self.waiting:
            self.waiting.popleft()(ConnectionLost())


def _render_login(address: ValkeyAddress) -> list[bytes]:
    commands: list[bytes] = []
    if address.password:
        user = [address.user.encode()] if address.user else []
        commands.append(render_command(b"AUTH", *user, address.password.encode()))
    if address.database:
        commands.append(render_command(b"SELECT", b"%d" % address.database))
    return commands
