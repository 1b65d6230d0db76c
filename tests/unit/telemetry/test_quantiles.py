"""Sketches of latencies."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from ingate.telemetry.quantiles import (
    ACCURACY,
    Buckets,
    add_buckets,
    count_up_to,
    find_bucket,
    get_quantile,
    merge_sketches,
    render_sketch,
)


def sketch(values: Iterable[float]) -> Buckets:
    buckets: Buckets = {}
    for value in values:
        add_buckets(buckets, {find_bucket(value): 1})
    return buckets


@pytest.mark.parametrize("quantile", [0.0, 0.5, 0.9, 0.99, 1.0])
def test_a_quantile_is_right_to_within_the_accuracy(quantile: float) -> None:
    chosen = random.Random(1)  # noqa: S311 - repeatable, not secret
    values = sorted(chosen.lognormvariate(5, 2) for _ in range(5000))
    true = values[int(quantile * (len(values) - 1))]
    assert get_quantile(sketch(values), quantile) == pytest.approx(true, rel=ACCURACY + 1e-9)


def test_sketches_add_up_in_any_order() -> None:
    parts = [[1.0, 2.0, 500.0], [3.0, 1.0], []]
    rendered = [render_sketch(sketch(part)) for part in parts]
    whole = sketch(value for part in parts for value in part)
    assert merge_sketches(rendered) == merge_sketches(reversed(rendered)) == whole


def test_nothing_has_no_quantile() -> None:
    assert get_quantile({}, 0.5) is None
    assert render_sketch({}) == b""


def test_values_outside_of_the_range_count_as_its_ends() -> None:
    assert find_bucket(0) == find_bucket(-5) == find_bucket(0.0001)
    assert find_bucket(1e30) == find_bucket(1e12)


def test_cumulative_counts_rise_to_the_whole() -> None:
    assert count_up_to(sketch([1, 9, 90, 900]), [0.5, 10, 100, 1e6]) == [0, 2, 3, 4]
