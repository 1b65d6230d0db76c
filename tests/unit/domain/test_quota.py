from __future__ import annotations

import pytest

from ingate.domain.quota import DeploymentQuota, QuotaLimits, estimate_input_tokens
from ingate.domain.refusal import QuotaExceeded

CAPACITY_25 = QuotaLimits.of_capacity(25)


def test_a_unit_of_capacity_is_what_foundry_sells() -> None:
    assert QuotaLimits(requests=25, input_tokens=25_000, output_tokens=5_000) == CAPACITY_25


def test_a_minutes_worth_is_there_at_once_and_comes_back_evenly() -> None:
    quota = DeploymentQuota(CAPACITY_25, 0.0)
    for _ in range(25):
        assert quota.reserve(1, 0.0) is None
    assert quota.reserve(1, 0.0) == QuotaExceeded(bucket="Requests", limit=25, retry_after=3)
    assert quota.reserve(1, 2.3) is not None
    assert quota.reserve(1, 2.5) is None


def test_input_is_reserved_by_estimate() -> None:
    quota = DeploymentQuota(CAPACITY_25, 0.0)
    assert quota.reserve(24_000, 0.0) is None
    assert quota.reserve(2_000, 0.0) == QuotaExceeded(bucket="UncachedInputTokens", limit=25_000, retry_after=3)
    assert quota.reserve(1_000, 0.0) is None


def test_output_is_charged_when_it_is_known() -> None:
    quota = DeploymentQuota(CAPACITY_25, 0.0)
    assert quota.reserve(1, 0.0) is None
    quota.settle(reserved=1, input_tokens=1, output_tokens=10_000)
    assert quota.reserve(1, 1.0) == QuotaExceeded(bucket="OutputTokens", limit=5_000, retry_after=60)
    assert quota.reserve(1, 61.0) is None


def test_an_estimate_larger_than_the_limit_waits_for_a_full_bucket() -> None:
    quota = DeploymentQuota(CAPACITY_25, 0.0)
    assert quota.reserve(1, 0.0) is None
    assert quota.reserve(1_000_000, 0.0) is not None
    assert quota.reserve(1_000_000, 1.0) is None
    assert quota.reserve(1, 1.0) is not None


def test_a_clock_that_goes_back_gives_nothing() -> None:
    quota = DeploymentQuota(QuotaLimits.of_capacity(1), 100.0)
    assert quota.reserve(1, 100.0) is None
    assert quota.reserve(1, 0.0) is not None
    assert quota.reserve(1, 99.0) is not None
    assert quota.reserve(1, 160.0) is None


def test_nor_does_it_take_anything() -> None:
    quota = DeploymentQuota(CAPACITY_25, 100.0)
    assert [quota.reserve(1, 0.0) for _ in range(25)] == [None] * 25


def test_without_capacity_nothing_is_admitted() -> None:
    quota = DeploymentQuota(QuotaLimits.of_capacity(0), 0.0)
    assert quota.reserve(0, 1e9) == QuotaExceeded(bucket="Requests", limit=0, retry_after=60)


@pytest.mark.parametrize(("length", "tokens"), [(0, 1), (3, 1), (4, 2), (4000, 1001)])
def test_a_body_is_guessed_at_four_bytes_a_token(length: int, tokens: int) -> None:
    assert estimate_input_tokens(length) == tokens
