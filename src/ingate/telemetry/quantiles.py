"""Sketches of many values, out of which quantiles can be read, and which add up.

A value falls into the bucket of its logarithm, and a sketch is how many fell into each. That is what DDSketch does
(Masson, Rim and Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB
2019). Those of one accuracy are added bucket by bucket, in any order, with the same outcome.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec

ACCURACY = 0.02
"""A quantile is at most so much wrong, relative to its true value."""
SMALLEST = 0.001
"""Milliseconds. What is less counts as this."""

_GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
_SCALE = 1 / math.log(_GAMMA)
_LOWEST = math.ceil(math.log(SMALLEST) * _SCALE)
_HIGHEST = math.ceil(math.log(1e9) * _SCALE)

Buckets: TypeAlias = dict[int, int]
"""How many values, by bucket."""

_decode = msgspec.msgpack.Decoder(dict[int, int]).decode


def find_bucket(value: float) -> int:
    """Values from SMALLEST to 1e9 are told apart."""
    if value <= SMALLEST:
        return _LOWEST
    return min(math.ceil(math.log(value) * _SCALE), _HIGHEST)


def get_upper_bound(bucket: int) -> float:
    """The largest value that falls into it."""
    return _GAMMA**bucket


def add_buckets(into: Buckets, more: Mapping[int, int]) -> None:
    for bucket, count in more.items():
        into[bucket] = into.get(bucket, 0) + count


def merge_sketches(sketches: Iterable[bytes]) -> Buckets:
    merged: Buckets = {}
    for sketch in sketches:
        if sketch:
            add_buckets(merged, _decode(sketch))
    return merged


def render_sketch(buckets: Buckets) -> bytes:
    """Empty without values."""
    return msgspec.msgpack.encode(dict(sorted(buckets.items()))) if buckets else b""


def get_quantile(buckets: Buckets, quantile: float) -> float | None:
    """None without values. `quantile` is from 0 to 1."""
    total = sum(buckets.values())
    if total == 0:
        return None
    rank = quantile * (total - 1)
    seen = 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen > rank:
            break
    else:
        bucket = max(buckets)
    # The middle of a bucket, at which it is equally wrong for either end.
    return 2 * get_upper_bound(bucket) / (_GAMMA + 1)


def count_up_to(buckets: Buckets, bounds: Iterable[float]) -> list[int]:
    """How many values are at most each bound, which ascend; to within the accuracy, which a
    bucket that a bound divides is wrong by."""
    counts: list[int] = []
    rising = sorted(buckets.items())
    position = seen = 0
    for bound in bounds:
        while position < len(rising) and get_upper_bound(rising[position][0]) <= bound * (1 + ACCURACY):
            seen += rising[position][1]
            position += 1
        counts.append(seen)
    return counts
