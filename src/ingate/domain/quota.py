"""Quotas: how much of a deployment's capacity a request takes, and whether there is enough.

Foundry sells capacity in units; one unit is 1 request, 1,000 uncached input tokens and 200 output tokens a minute
(measured on Azure: capacity 25 gives 25 requests, 25,000 and 5,000 tokens in 60 s).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from .refusal import QuotaBucket, QuotaExceeded, QuotaUnavailable

INPUT_TOKENS_PER_UNIT = 1000
OUTPUT_TOKENS_PER_UNIT = 200

NO_LIMIT = 10**12
"""More than anyone uses, and small enough to be exact as a floating point number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplicitLimits:
    """What an operator set in place of what capacity gives, a minute; None leaves that to capacity."""

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLimits:
    """What a deployment may use in a minute."""

    requests: int
    input_tokens: int
    output_tokens: int

    @classmethod
    def of_capacity(cls, capacity: int, explicit: ExplicitLimits | None = None) -> QuotaLimits:
        explicit = explicit or ExplicitLimits()
        return cls(
            requests=_chosen(explicit.requests, capacity),
            input_tokens=_chosen(explicit.input_tokens, capacity * INPUT_TOKENS_PER_UNIT),
            output_tokens=_chosen(explicit.output_tokens, capacity * OUTPUT_TOKENS_PER_UNIT),
        )

    @classmethod
    def of_requests(cls, requests: int) -> QuotaLimits:
        """For what takes no tokens."""
        return cls(requests=requests, input_tokens=NO_LIMIT, output_tokens=NO_LIMIT)

    def take_share(self, worker: int, workers: int) -> QuotaLimits:
        """One of `workers` equal parts, in whole requests and tokens: all parts together are the limits exactly."""

        def share(limit: int) -> int:
            return (limit + workers - 1 - worker) // workers

        return QuotaLimits(
            requests=share(self.requests),
            input_tokens=share(self.input_tokens),
            output_tokens=share(self.output_tokens),
        )


def _chosen(explicit: int | None, of_capacity: int) -> int:
    return of_capacity if explicit is None else explicit


_SLACK = 1e-6
"""Of a request or a token. Balances are sums of fractions: one that should be whole may fall short by a rounding,
and then who comes back when told would be refused."""

_ONE = 1 - _SLACK


class DeploymentQuota:
    """The token buckets of one deployment, in process: requests, uncached input tokens, output tokens.

    Each holds up to one minute's worth and fills evenly. One may owe: a settlement can take more than is there. Times
    are seconds of a clock; one that goes back gives nothing for the step and goes on from there. limits/quota.lua
    does the same arithmetic.
    """

    __slots__ = ("_filled_at", "_input", "_output", "_requests", "limits")

    def __init__(self, limits: QuotaLimits, now: float) -> None:
        self.limits = limits
        self._requests = float(limits.requests)
        self._input = float(limits.input_tokens)
        self._output = float(limits.output_tokens)
        self._filled_at = now

    def reserve(self, input_tokens: int, now: float) -> QuotaExceeded | None:
        """Takes one request and `input_tokens`, or nothing at all. Output is only asked to be in credit: it is
        charged when it is known. An estimate over a whole minute's worth is admitted when the bucket is full, or it
        never would be."""
        elapsed = now - self._filled_at
        if elapsed:
            self._fill(elapsed)
            self._filled_at = now
        limit = self.limits.input_tokens
        needed = input_tokens if input_tokens < limit else limit
        if self._requests < _ONE or self._input < needed - _SLACK or self._output < _ONE:
            return self._decide_wait(needed)
        self._requests -= 1
        self._input -= input_tokens
        return None

    def settle(self, *, reserved: int, input_tokens: int, output_tokens: int) -> None:
        """Replaces the estimate by the truth."""
        balance = self._input + reserved - input_tokens
        limit = self.limits.input_tokens
        self._input = balance if balance < limit else limit
        self._output -= output_tokens

    def give_back(self, reserved: int) -> None:
        """Of a request that was admitted and never sent."""
        self._requests = min(self.limits.requests, self._requests + 1)
        self._input = min(self.limits.input_tokens, self._input + reserved)

    def change_limits(self, limits: QuotaLimits, now: float) -> None:
        """What was used counts against the new limits too, so going back and forth between two gains nothing."""
        elapsed = now - self._filled_at
        self._fill(elapsed)
        self._filled_at = now
        self._requests += limits.requests - self.limits.requests
        self._input += limits.input_tokens - self.limits.input_tokens
        self._output += limits.output_tokens - self.limits.output_tokens
        self.limits = limits

    def _fill(self, elapsed: float) -> None:
        if elapsed > 0:
            minutes = elapsed / 60
            limits = self.limits
            self._requests = min(limits.requests, self._requests + minutes * limits.requests)
            self._input = min(limits.input_tokens, self._input + minutes * limits.input_tokens)
            self._output = min(limits.output_tokens, self._output + minutes * limits.output_tokens)

    def _decide_wait(self, input_tokens: int) -> QuotaExceeded:
        """Names the bucket that makes the caller wait the longest: after that the others have enough as well."""
        limits = self.limits
        waits: tuple[tuple[QuotaBucket, int, float], ...] = (
            ("Requests", limits.requests, 1 - self._requests),
            ("UncachedInputTokens", limits.input_tokens, input_tokens - self._input),
            ("OutputTokens", limits.output_tokens, 1 - self._output),
        )
        bucket, limit, missing = max(waits, key=_get_wait)
        seconds = math.ceil((missing - _SLACK) * 60 / limit) if limit > 0 else 60
        return QuotaExceeded(bucket=bucket, limit=limit, retry_after=max(1, seconds))


def _get_wait(wait: tuple[QuotaBucket, int, float]) -> float:
    _, limit, missing = wait
    if missing <= _SLACK:
        return 0.0
    return missing / limit if limit > 0 else math.inf


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken at admission, to be settled once."""

    quota_key: str
    input_tokens: int


Decided = Callable[[Reservation | QuotaExceeded | QuotaUnavailable], None]


class QuotaLimiter(Protocol):
    """Admits against the limits of a deployment; `quota_key` names the deployment across all resources."""

    def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float, decided: Decided) -> None:
        """Calls `decided` exactly once: before it returns, or later from the event loop. `now` is the worker's own
        monotonic clock; a limiter that is shared between hosts goes by its own."""
        ...

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int) -> None:
        """Replaces the estimate by the truth. Never waits."""
        ...

    def give_back(self, reservation: Reservation) -> None:
        """All of it: the request was never sent."""
        ...
