"""Quotas: how much of a deployment's capacity a request takes, and whether there is enough.

Foundry sells capacity in units; one unit is 1 request, 1,000 uncached input tokens and 200 output tokens a minute
(measured on Azure: capacity 25 gives 25 requests, 25,000 and 5,000 tokens in 60 s).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from .refusal import QuotaBucket, QuotaExceeded

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


class TokenBucket:
    """Holds up to one minute's worth and fills evenly. May owe: a settlement can take more than is there.

    Times are seconds of a clock that never runs backwards; one that does is taken to stand still.
    """

    __slots__ = ("_filled_at", "level", "limit")

    def __init__(self, limit: int, now: float) -> None:
        self.limit = limit
        self.level = float(limit)
        self._filled_at = now

    def fill(self, now: float) -> None:
        elapsed = now - self._filled_at
        if elapsed > 0:
            self.level = min(float(self.limit), self.level + elapsed * self.limit / 60)
            self._filled_at = now

    def seconds_until(self, level: float) -> int:
        """Whole seconds until it holds `level`, at least 1."""
        if self.limit <= 0:
            return 60
        return max(1, math.ceil((level - self.level) * 60 / self.limit))


class DeploymentQuota:
    """The three buckets of one deployment, in process."""

    __slots__ = ("_input", "_output", "_requests", "limits")

    def __init__(self, limits: QuotaLimits, now: float) -> None:
        self.limits = limits
        self._requests = TokenBucket(limits.requests, now)
        self._input = TokenBucket(limits.input_tokens, now)
        self._output = TokenBucket(limits.output_tokens, now)

    def reserve(self, input_tokens: int, now: float) -> QuotaExceeded | None:
        """Takes one request and `input_tokens`, or nothing at all. Output is only asked to be in credit: it is
        charged when it is known. An estimate over a whole minute's worth is admitted when the bucket is full, or it
        never would be."""
        for bucket in (self._requests, self._input, self._output):
            bucket.fill(now)
        requests, tokens = self._requests, self._input
        if requests.level < 1:
            return self._exceeded("Requests", requests, 1)
        needed = min(input_tokens, tokens.limit)
        if tokens.level < needed:
            return self._exceeded("UncachedInputTokens", tokens, needed)
        if self._output.level <= 0:
            return self._exceeded("OutputTokens", self._output, 1)
        requests.level -= 1
        tokens.level -= input_tokens
        return None

    def settle(self, *, reserved: int, input_tokens: int, output_tokens: int, now: float) -> None:
        """Replaces the estimate by the truth."""
        self._input.fill(now)
        self._output.fill(now)
        self._input.level = min(float(self._input.limit), self._input.level + reserved - input_tokens)
        self._output.level -= output_tokens

    def _exceeded(self, name: QuotaBucket, bucket: TokenBucket, needed: float) -> QuotaExceeded:
        return QuotaExceeded(bucket=name, limit=bucket.limit, retry_after=bucket.seconds_until(needed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What was taken at admission, to be settled once."""

    quota_key: str
    input_tokens: int


class QuotaLimiter(Protocol):
    """Admits against the limits of a deployment; `quota_key` names the deployment across all resources."""

    def reserve(
        self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float
    ) -> Reservation | QuotaExceeded: ...

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int, now: float) -> None: ...


BYTES_PER_INPUT_TOKEN = 4


def estimate_input_tokens(body_length: int) -> int:
    """A guess from the body's size, replaced by the truth at settlement."""
    return body_length // BYTES_PER_INPUT_TOKEN + 1
