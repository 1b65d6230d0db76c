"""Quotas on a Valkey that workers and hosts share: one round trip to admit, none to settle.

Why a connection of our own and what happens when Valkey is away: docs/decisions/0009-shared-quotas.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from functools import partial
from importlib.resources import files
from typing import Literal, NamedTuple

from ingate.domain.quota import Decided, QuotaLimits, Reservation
from ingate.domain.refusal import QuotaBucket, QuotaExceeded, QuotaUnavailable
from ingate.wire.resp import Reply, ReplyError, render_command, render_part

from .valkey_address import ValkeyAddress
from .valkey_connection import ConnectionLost, OnReply, ValkeyConnection

_log = logging.getLogger(__name__)

WhenAway = Literal["refuse", "admit"]

UNSENT_LIMIT = 10_000
"""Settlements kept for a Valkey that is away."""

REPORT_SECONDS = 1.0
GRACE_SECONDS = 0.005
_BUCKETS: tuple[QuotaBucket, ...] = ("Requests", "UncachedInputTokens", "OutputTokens")


def read_script() -> bytes:
    return files("ingate.limits").joinpath("quota.lua").read_bytes()


class ValkeyLimiter:
    """Implements `domain.quota.QuotaLimiter`. The clock is the server's."""

    def __init__(
        self,
        address: ValkeyAddress,
        *,
        loop: asyncio.AbstractEventLoop,
        when_away: WhenAway,
        timeout: float,
        script: bytes | None = None,
    ) -> None:
        """`timeout` is how long a request may wait for a decision, in seconds. `script` stands in for quota.lua in
        tests, with a clock of their own."""
        self._loop = loop
        self._address = address
        self._when_away = when_away
        self._timeout = timeout
        script = read_script() if script is None else script
        digest = hashlib.sha1(script, usedforsecurity=False).hexdigest().encode()
        self._by_digest = render_part(b"EVALSHA") + render_part(digest)
        self._by_text = render_part(b"EVAL") + render_part(script)
        self._keys: dict[str, _Key] = {}
        self._pending: deque[_Pending] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._overdue = 0
        self._unsent: deque[bytes] = deque()
        self._lost = 0
        self._away_reason = "not connected yet"
        self._away_decisions = 0
        self._connection = ValkeyConnection(
            address,
            loop=loop,
            preparation=[render_command(b"SCRIPT", b"LOAD", script)],
            on_ready=self._on_ready,
            on_lost=self._on_away,
        )

    async def open(self, seconds: float) -> None:
        """Returns when it is connected, or after `seconds`: then it goes on trying."""
        self._connection.open()
        deadline = self._loop.time() + seconds
        while not self._connection.is_ready and self._loop.time() < deadline:  # noqa: ASYNC110 - once, at the start
            await asyncio.sleep(0.01)

    async def close(self, seconds: float) -> None:
        """Waits for what has been sent to be carried out, `seconds` at most."""
        deadline = self._loop.time() + seconds
        while self._connection.waits and self._loop.time() < deadline:  # noqa: ASYNC110 - once, at the end
            await asyncio.sleep(0.01)
        self._connection.close()
        if self._timer is not None:
            self._timer.cancel()
        self._lost += len(self._unsent)
        self._unsent.clear()
        self._report_lost()

    # domain.quota.QuotaLimiter

    def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float, decided: Decided) -> None:
        key = self._keys.get(quota_key)
        if key is None or (key.limits is not limits and key.limits != limits):
            key = self._keys[quota_key] = _render_key(self._by_digest, quota_key, limits)
        pending = _Pending(self, quota_key, limits, input_tokens, decided, self._loop.time() + self._timeout)
        if not self._connection.is_ready or self._overdue:
            pending.decide_away()
            return
        self._pending.append(pending)
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout, self._expire)
        command = b"%b$%d\r\n%d\r\n" % (key.reserve, len(str(input_tokens)), input_tokens)
        self._connection.send(command, partial(pending.on_reply, command))

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int) -> None:
        key = self._keys.get(reservation.quota_key)
        if key is not None and (output_tokens or input_tokens != reservation.input_tokens):
            numbers = (reservation.input_tokens, input_tokens, output_tokens)
            self._send(key.settle + b"".join(render_part(b"%d" % number) for number in numbers))

    def give_back(self, reservation: Reservation) -> None:
        key = self._keys.get(reservation.quota_key)
        if key is not None and not isinstance(reservation, _Unreserved):
            self._send(key.give_back + render_part(b"%d" % reservation.input_tokens))

    # What needs no answer

    def _send(self, command: bytes) -> None:
        if self._connection.is_ready:
            self._connection.send(command, partial(self._on_carried_out, command))
        elif len(self._unsent) < UNSENT_LIMIT:
            self._unsent.append(command)
        else:
            self._count_lost()

    def _on_carried_out(self, command: bytes, reply: Reply | ConnectionLost) -> None:
        if isinstance(reply, ReplyError) and reply.code == "NOSCRIPT" and self._connection.is_ready:
            self.send_text(command, partial(self._on_carried_out, b""))
        elif isinstance(reply, ReplyError | ConnectionLost):
            self._count_lost()

    def send_text(self, command: bytes, on_reply: OnReply) -> None:
        """The same command for a server that has forgotten the script."""
        self._connection.send(command.replace(self._by_digest, self._by_text, 1), on_reply)

    def _count_lost(self) -> None:
        if self._lost == 0:
            self._loop.call_later(REPORT_SECONDS, self._report_lost)
        self._lost += 1

    def _report_lost(self) -> None:
        if self._lost:
            _log.error("%d settlements of quotas may not have reached %s", self._lost, self._address)
            self._lost = 0

    # Whether it answers

    @property
    def is_connected(self) -> bool:
        return self._connection.is_ready

    def decide_away(self) -> QuotaUnavailable | None:
        """None: admit."""
        self._away_decisions += 1
        return QuotaUnavailable() if self._when_away == "refuse" else None

    def on_answer(self) -> None:
        if self._away_reason and self._overdue == 0:
            verb = "admitted" if self._when_away == "admit" else "refused"
            _log.info("%s decides quotas (%d requests %s meanwhile)", self._address, self._away_decisions, verb)
            self._away_reason = ""
            self._away_decisions = 0

    def on_error(self, reason: str) -> None:
        self._on_away(reason)

    def on_late_answer(self) -> None:
        self._overdue -= 1

    def _on_away(self, reason: str) -> None:
        if not self._away_reason or self._away_reason == "not connected yet":
            does = "are admitted without a check" if self._when_away == "admit" else "are refused"
            _log.warning("%s does not decide quotas: %s. Requests %s until it does", self._address, reason, does)
        self._away_reason = reason

    def _on_ready(self) -> None:
        self.on_answer()
        while self._unsent and self._connection.is_ready:
            self._send(self._unsent.popleft())

    def _expire(self) -> None:
        """After a look at what has come: a loop that was busy runs its timers before it reads."""
        self._timer = self._loop.call_later(GRACE_SECONDS, self._decide_overdue)

    def _decide_overdue(self) -> None:
        """Decides for those who have waited too long. They came in order, and so their deadlines do."""
        now = self._loop.time() - GRACE_SECONDS
        pending = self._pending
        while pending and (pending[0].is_decided or pending[0].deadline <= now):
            late = pending.popleft()
            if not late.is_decided:
                self._overdue += 1
                self._on_away(f"no answer within {self._timeout:g} s")
                late.decide_away()
        self._timer = self._loop.call_at(pending[0].deadline, self._expire) if pending else None


class _Unreserved(Reservation, frozen=True, kw_only=True):
    """Admitted while Valkey was away: nothing was taken, so nothing can be given back, but the truth is charged."""


class _Pending:
    """One request that waits for its decision."""

    __slots__ = ("_decided", "_input_tokens", "_limiter", "_limits", "_quota_key", "deadline", "is_decided")

    def __init__(
        self,
        limiter: ValkeyLimiter,
        quota_key: str,
        limits: QuotaLimits,
        input_tokens: int,
        decided: Decided,
        deadline: float,
    ) -> None:
        self._limiter = limiter
        self._quota_key = quota_key
        self._limits = limits
        self._input_tokens = input_tokens
        self._decided = decided
        self.deadline = deadline
        self.is_decided = False

    def on_reply(self, command: bytes, reply: Reply | ConnectionLost) -> None:
        limiter = self._limiter
        if isinstance(reply, ReplyError) and reply.code == "NOSCRIPT" and command and limiter.is_connected:
            limiter.send_text(command, partial(self.on_reply, b""))
            return
        decision = self._parse_decision(reply)
        if self.is_decided:
            limiter.on_late_answer()
            if isinstance(decision, Reservation):
                limiter.give_back(decision)
        elif decision is not None:
            self.is_decided = True
            limiter.on_answer()
            self._decided(decision)
        else:
            if isinstance(reply, ReplyError):
                limiter.on_error(f"it said: {reply.text[:200]}")
            self.decide_away()

    def decide_away(self) -> None:
        self.is_decided = True
        self._decided(self._limiter.decide_away() or _Unreserved(quota_key=self._quota_key, input_tokens=0))

    def _parse_decision(self, reply: Reply | ConnectionLost) -> Reservation | QuotaExceeded | None:
        match reply:
            case [0]:
                return Reservation(quota_key=self._quota_key, input_tokens=self._input_tokens)
            case [int(bucket), int(seconds)] if 1 <= bucket <= 3:
                limits = self._limits
                limit = (limits.requests, limits.input_tokens, limits.output_tokens)[bucket - 1]
                return QuotaExceeded(bucket=_BUCKETS[bucket - 1], limit=limit, retry_after=seconds)
            case _:
                return None


class _Key(NamedTuple):
    """A deployment's commands up to their numbers."""

    limits: QuotaLimits
    reserve: bytes
    settle: bytes
    give_back: bytes


def _render_key(by_digest: bytes, quota_key: str, limits: QuotaLimits) -> _Key:
    """In braces what a cluster places keys by."""
    parts = [b"1", b"ingate:quota:{%b}" % quota_key.encode()]
    parts += [b"%d" % limit for limit in (limits.requests, limits.input_tokens, limits.output_tokens)]
    script = by_digest + b"".join(map(render_part, parts))

    def render(operation: bytes, numbers: int) -> bytes:
        return b"*%d\r\n" % (2 + len(parts) + 1 + numbers) + script + render_part(operation)

    return _Key(limits, render(b"reserve", 1), render(b"settle", 3), render(b"give back", 1))
