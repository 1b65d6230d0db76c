"""How much capacity a subscription may hold, and how much of it is taken.

Foundry counts capacity by subscription, shared by all its resources and regions, for each version of a model and each
deployment type. A deployment takes its capacity from there for as long as it exists, that of a deleted resource until
the resource is purged.
https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/claude-models-quotas-limits
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from .catalog import Catalog, CatalogModel, ModelVersion
from .deployment import Deployment

SubscriptionQuota = Literal["unlimited", "enterprise", "payg"]
SUBSCRIPTION_QUOTAS: tuple[SubscriptionQuota, ...] = get_args(SubscriptionQuota)

UNLIMITED_SHOWN = 1_000_000_000
"""What stands for a limit in lists where there is none, which Azure has no way to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaInsufficient:
    """The subscription has not enough capacity left."""

    model_name: str
    required: int
    """New capacity, beyond what the deployment already holds."""
    used: int
    """By everything in the subscription, this deployment included."""
    limit: int

    @property
    def available(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """One counter of a subscription."""

    usage_name: str
    model: CatalogModel
    version: ModelVersion
    deployment_type: str
    used: int
    limit: int | None
    """None: as much as one likes."""

    @property
    def available(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


def render_usage_name(model_id: str, version: ModelVersion, deployment_type: str) -> str:
    """The name that Azure gives the counter, such as `AIServices.GlobalStandard.claude-opus-5.Azure`."""
    suffix = ".Azure" if version.hosting == "azure" else ""
    return f"AIServices.{deployment_type}.{model_id}{suffix}"


def get_quota_limit(model: CatalogModel, quota: SubscriptionQuota) -> int | None:
    """In units of capacity; None when there is no limit."""
    if quota == "unlimited":
        return None
    if model.quota is None:
        return 0
    return model.quota.enterprise if quota == "enterprise" else model.quota.payg


def sum_capacities(catalog: Catalog, deployments: Iterable[Deployment]) -> Mapping[str, int]:
    """By usage name. Models that are no longer in the catalogue have no counter."""
    sums: Counter[str] = Counter()
    for deployment in deployments:
        version = find_version(catalog, deployment)
        if version is not None:
            sums[render_usage_name(deployment.model_id, version, deployment.deployment_type)] += deployment.capacity
    return sums


def find_version(catalog: Catalog, deployment: Deployment) -> ModelVersion | None:
    model = catalog.get_model(deployment.model_id)
    return None if model is None else model.get_version(deployment.model_version)


def list_quota_uses(
    catalog: Catalog, quota: SubscriptionQuota, deployments: Iterable[Deployment]
) -> tuple[QuotaUse, ...]:
    """Every counter, those that nothing is taken from too."""
    sums = sum_capacities(catalog, deployments)
    return tuple(
        QuotaUse(
            usage_name=(name := render_usage_name(model.model_id, version, deployment_type)),
            model=model,
            version=version,
            deployment_type=deployment_type,
            used=sums.get(name, 0),
            limit=get_quota_limit(model, quota),
        )
        for model in catalog.models
        for version in model.versions
        for deployment_type in version.deployment_types
    )


def decide_allocation(
    catalog: Catalog,
    quota: SubscriptionQuota,
    *,
    wanted: Deployment,
    existing: Deployment | None,
    deployments: Iterable[Deployment],
) -> QuotaInsufficient | None:
    """Whether a deployment may be as `wanted` says; `deployments` are all of the subscription, `existing` among them.

    What takes no more than before is always allowed, so that a subscription over its limit can get below it.
    """
    model, version = catalog.get_model(wanted.model_id), find_version(catalog, wanted)
    limit = None if model is None else get_quota_limit(model, quota)
    if model is None or version is None or limit is None:
        return None
    name = render_usage_name(wanted.model_id, version, wanted.deployment_type)
    held = 0 if existing is None else sum_capacities(catalog, [existing]).get(name, 0)
    required, used = wanted.capacity - held, sum_capacities(catalog, deployments).get(name, 0)
    if required <= 0 or used + required <= limit:
        return None
    return QuotaInsufficient(model_name=model.display_name, required=required, used=used, limit=limit)
