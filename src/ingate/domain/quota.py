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


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLimits:
    """What a deployment may use in a minute."""

    requests: int
    input_tokens: int
    output_tokens: int

    @classmethod
    def of_capacity(cls, capacity: int) -> QuotaLimits:
        return cls(
            requests=capacity,
            input_tokens=capacity * INPUT_TOKENS_PER_UNIT,
            output_tokens=capacity * OUTPUT_TOKENS_PER_UNIT,
        )


class DeploymentQuota:
    """The token buckets of one deployment, in process: requests, uncached input tokens, output tokens.

    Each holds up to one minute's worth and fills evenly. One may owe: a settlement can take more than is there. Times
    are seconds of a clock that never runs backwards; one that does is taken to stand still.
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
        self._fill(now)
        limits = self.limits
        if self._requests < 1:
            return _exceeded("Requests", limits.requests, 1 - self._requests)
        needed = min(input_tokens, limits.input_tokens)
        if self._input < needed:
            return _exceeded("UncachedInputTokens", limits.input_tokens, needed - self._input)
        if self._output <= 0:
            return _exceeded("OutputTokens", limits.output_tokens, 1 - self._output)
        self._requests -= 1
        self._input -= input_tokens
        return None

    def settle(self, *, reserved: int, input_tokens: int, output_tokens: int) -> None:
        """Replaces the estimate by the truth. What a bucket cannot hold is gone when it is next filled."""
        self._input += reserved - input_tokens
        self._output -= output_tokens

    def give_back(self, reserved: int) -> None:
        """Of a request that was admitted and never sent."""
        self._requests += 1
        self._input += reserved

    def _fill(self, now: float) -> None:
        elapsed = (now - self._filled_at) / 60
        if elapsed > 0:
            limits = self.limits
            self._requests = min(limits.requests, self._requests + elapsed * limits.requests)
            self._input = min(limits.input_tokens, self._input + elapsed * limits.input_tokens)
            self._output = min(limits.output_tokens, self._output + elapsed * limits.output_tokens)
            self._filled_at = now


def _exceeded(bucket: QuotaBucket, limit: int, missing: float) -> QuotaExceeded:
    """With the whole seconds until what is missing has come in, at least 1."""
    seconds = math.ceil(missing * 60 / limit) if limit > 0 else 60
    return QuotaExceeded(bucket=bucket, limit=limit, retry_after=max(1, seconds))


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


BYTES_PER_INPUT_TOKEN = 4


def estimate_input_tokens(body_length: int) -> int:
    """A guess from the body's size, replaced by the truth at settlement."""
    return body_length // BYTES_PER_INPUT_TOKEN + 1
