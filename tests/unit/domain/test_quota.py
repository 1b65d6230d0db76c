from __future__ import annotations

from ingate.domain.quota import DeploymentQuota, ExplicitLimits, QuotaLimits
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


def test_a_clock_that_goes_back_gives_nothing_for_the_step_and_goes_on_from_there() -> None:
    quota = DeploymentQuota(QuotaLimits.of_capacity(1), 100.0)
    assert quota.reserve(1, 100.0) is None
    assert quota.reserve(1, 0.0) is not None
    assert quota.reserve(1, 59.0) is not None
    assert quota.reserve(1, 60.0) is None


def test_nor_does_it_take_anything() -> None:
    quota = DeploymentQuota(CAPACITY_25, 100.0)
    assert [quota.reserve(1, 0.0) for _ in range(25)] == [None] * 25


def test_without_capacity_nothing_is_admitted() -> None:
    quota = DeploymentQuota(QuotaLimits.of_capacity(0), 0.0)
    assert quota.reserve(0, 1e9) == QuotaExceeded(bucket="Requests", limit=0, retry_after=60)


def test_explicit_limits_go_before_what_capacity_gives() -> None:
    limits = QuotaLimits.of_capacity(25, ExplicitLimits(requests=3, output_tokens=7))
    assert limits == QuotaLimits(requests=3, input_tokens=25_000, output_tokens=7)


def test_what_takes_no_tokens_is_limited_by_requests_alone() -> None:
    quota = DeploymentQuota(QuotaLimits.of_requests(2), 0.0)
    assert [quota.reserve(0, 0.0) for _ in range(2)] == [None, None]
    assert quota.reserve(0, 0.0) == QuotaExceeded(bucket="Requests", limit=2, retry_after=30)


def test_the_first_workers_have_the_larger_shares() -> None:
    limits = QuotaLimits(requests=10, input_tokens=8, output_tokens=3)
    assert [limits.take_share(worker, 4).requests for worker in range(4)] == [3, 3, 2, 2]
    assert [limits.take_share(worker, 4).input_tokens for worker in range(4)] == [2, 2, 2, 2]
    assert [limits.take_share(worker, 4).output_tokens for worker in range(4)] == [1, 1, 1, 0]
