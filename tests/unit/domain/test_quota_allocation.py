from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.control_plane import NOW

from ingate.domain.catalog import Catalog
from ingate.domain.change import LOCAL_ADMINISTRATOR, created
from ingate.domain.deployment import Deployment
from ingate.domain.quota_allocation import (
    QuotaInsufficient,
    SubscriptionQuota,
    decide_allocation,
    get_quota_limit,
    list_quota_uses,
    sum_capacities,
)
from ingate.store.catalog_file import read_catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog()


def make_deployment(
    name: str, capacity: int, model_id: str = "claude-opus-4-5", version: str = "20251101"
) -> Deployment:
    return Deployment(
        resource_id="/a",
        name=name,
        model_id=model_id,
        model_version=version,
        deployment_type="GlobalStandard",
        capacity=capacity,
        upstream="simulator",
        upstream_model=model_id,
        etag="1",
        system_data=created(LOCAL_ADMINISTRATOR, NOW),
    )


def decide(
    catalog: Catalog,
    wanted: Deployment,
    *others: Deployment,
    existing: Deployment | None = None,
    quota: SubscriptionQuota = "enterprise",
) -> QuotaInsufficient | None:
    deployments = others if existing is None else (*others, existing)
    return decide_allocation(catalog, quota, wanted=wanted, existing=existing, deployments=deployments)


@pytest.mark.parametrize(
    ("model_id", "payg", "enterprise"),
    [
        ("claude-haiku-5-5", 40, 10_000),
        ("claude-opus-4-1", 40, 10_000),
        ("claude-sonnet-4-5", 80, 10_000),
        ("claude-haiku-4-5", 80, 10_000),
        ("claude-fable-5", 0, 4_000),
    ],
)
def test_limits_are_those_of_the_documentation(catalog: Catalog, model_id: str, payg: int, enterprise: int) -> None:
    model = catalog.get_model(model_id)
    assert model is not None
    assert get_quota_limit(model, "payg") == payg
    assert get_quota_limit(model, "enterprise") == enterprise
    assert get_quota_limit(model, "unlimited") is None


def test_capacity_is_shared_by_all_deployments_of_a_version_and_type(catalog: Catalog) -> None:
    assert decide(catalog, make_deployment("b", 4_000), make_deployment("a", 6_000)) is None
    refused = decide(catalog, make_deployment("b", 4_001), make_deployment("a", 6_000))
    assert refused is not None
    assert refused == QuotaInsufficient(model_name="Claude Opus 4.5", required=4_001, used=6_000, limit=10_000)
    assert refused.available == 4_000


def test_another_version_or_hosting_has_a_quota_of_its_own(catalog: Catalog) -> None:
    azure = make_deployment("a", 10_000, "claude-haiku-4-5", "2")
    anthropic = make_deployment("b", 10_000, "claude-haiku-4-5", "20251001")
    assert decide(catalog, anthropic, azure) is None
    assert set(sum_capacities(catalog, [azure, anthropic])) == {
        "AIServices.GlobalStandard.claude-haiku-4-5",
        "AIServices.GlobalStandard.claude-haiku-4-5.Azure",
    }


def test_a_change_needs_only_what_it_adds(catalog: Catalog) -> None:
    existing = make_deployment("a", 9_000)
    assert decide(catalog, replace(existing, capacity=10_000), existing=existing) is None
    refused = decide(catalog, replace(existing, capacity=10_001), existing=existing)
    assert refused is not None
    assert (refused.required, refused.used) == (1_001, 9_000)


def test_who_is_over_the_limit_may_take_less_and_keep_what_there_is(catalog: Catalog) -> None:
    existing, other = make_deployment("a", 50_000), make_deployment("b", 10_000)
    assert decide(catalog, replace(existing, capacity=40_000), other, existing=existing) is None
    assert decide(catalog, existing, other, existing=existing) is None
    assert decide(catalog, replace(existing, capacity=50_001), other, existing=existing) is not None


def test_changing_the_version_takes_all_of_the_capacity_from_the_other_quota(catalog: Catalog) -> None:
    existing = make_deployment("a", 8_000, "claude-haiku-4-5", "2")
    other = make_deployment("b", 5_000, "claude-haiku-4-5", "20251001")
    refused = decide(catalog, replace(existing, model_version="20251001"), other, existing=existing)
    assert refused is not None
    assert (refused.required, refused.used) == (8_000, 5_000)


def test_nothing_is_refused_without_limits(catalog: Catalog) -> None:
    assert decide(catalog, make_deployment("a", 1_000_000), quota="unlimited") is None


def test_a_model_that_left_the_catalogue_has_no_counter(catalog: Catalog) -> None:
    gone = make_deployment("a", 5, "claude-1", "1")
    assert decide(catalog, gone) is None
    assert sum_capacities(catalog, [gone]) == {}


def test_every_version_and_type_has_a_counter_even_when_nothing_is_taken(catalog: Catalog) -> None:
    uses = {use.usage_name: use for use in list_quota_uses(catalog, "payg", [make_deployment("a", 30)])}
    taken = uses["AIServices.GlobalStandard.claude-opus-4-5"]
    assert (taken.used, taken.limit, taken.available) == (30, 40, 10)
    free = uses["AIServices.DataZoneStandard.claude-opus-5.Azure"]
    assert (free.used, free.limit) == (0, 40)
