"""What cost reports can be told apart by, and filters over it: Cost Management's dimensions and tags.

Its own dimensions have its names. `Deployment`, `Model`, `ModelVersion`, `DeploymentType`, `Principal` and `Price`
are ours: on Azure a bill has one line for all of Claude, and these have to be computed from metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from ingate.wire.arm.documents import JsonObject

from .charge import (
    CONSUMED_SERVICE,
    METER_CATEGORY,
    PUBLISHER_NAME,
    RESOURCE_TYPE,
    SERVICE_NAME,
    Charge,
    parse_address,
)
from .naming import fold_name

Dimension: TypeAlias = Callable[[Charge], str]

_DIMENSIONS: tuple[tuple[str, Dimension], ...] = (
    ("SubscriptionId", lambda charge: charge.address.subscription_id),
    ("SubscriptionName", lambda charge: charge.subscription_name),
    ("ResourceGroup", lambda charge: charge.address.resource_group),
    ("ResourceGroupName", lambda charge: charge.address.resource_group),
    ("ResourceId", lambda charge: charge.row.resource_id.lower()),
    ("ResourceName", lambda charge: charge.address.name),
    ("ResourceType", lambda charge: RESOURCE_TYPE),
    ("ResourceLocation", lambda charge: charge.row.location),
    ("ConsumedService", lambda charge: CONSUMED_SERVICE),
    ("ServiceName", lambda charge: SERVICE_NAME),
    ("MeterCategory", lambda charge: METER_CATEGORY),
    ("MeterSubCategory", lambda charge: charge.row.model),
    ("Meter", lambda charge: charge.meter),
    ("UnitOfMeasure", lambda charge: charge.metering.unit),
    ("ChargeType", lambda charge: "Usage"),
    ("PublisherType", lambda charge: "Marketplace"),
    ("PublisherName", lambda charge: PUBLISHER_NAME),
    ("PricingModel", lambda charge: "OnDemand"),
    ("BillingMonth", lambda charge: charge.day.replace(day=1).isoformat() + "T00:00:00"),
    ("UsageDate", lambda charge: charge.day.isoformat()),
    ("Deployment", lambda charge: charge.row.deployment),
    ("Model", lambda charge: charge.row.model),
    ("ModelVersion", lambda charge: charge.row.model_version),
    ("DeploymentType", lambda charge: charge.row.deployment_type),
    ("Principal", lambda charge: charge.principal),
    ("Price", lambda charge: charge.row.price or ""),
)
DIMENSIONS: Mapping[str, tuple[str, Dimension]] = {name.lower(): (name, read) for name, read in _DIMENSIONS}
"""By name in lower case: how it is written, and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredDeployment:
    """As much of a deployment as decides which budgets it falls under."""

    resource_id: str
    name: str
    model_id: str
    model_version: str
    deployment_type: str
    location: str
    tags: JsonObject


_OF_DEPLOYMENTS: Mapping[str, Callable[[CoveredDeployment], str]] = {
    "subscriptionid": lambda deployment: parse_address(deployment.resource_id).subscription_id,
    "resourcegroup": lambda deployment: parse_address(deployment.resource_id).resource_group,
    "resourcegroupname": lambda deployment: parse_address(deployment.resource_id).resource_group,
    "resourceid": lambda deployment: deployment.resource_id,
    "resourcename": lambda deployment: parse_address(deployment.resource_id).name,
    "resourcetype": lambda deployment: RESOURCE_TYPE,
    "resourcelocation": lambda deployment: deployment.location,
    "deployment": lambda deployment: deployment.name,
    "model": lambda deployment: deployment.model_id,
    "metersubcategory": lambda deployment: deployment.model_id,
    "modelversion": lambda deployment: deployment.model_version,
    "deploymenttype": lambda deployment: deployment.deployment_type,
}
"""What is known of a deployment before anybody calls it."""

Combination = Literal["and", "or"]

_DEEPEST = 16
"""Levels of filters within filters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A dimension, or a tag, has one of these values; compared without regard to case."""

    kind: Literal["Dimension", "TagKey"]
    name: str
    values: frozenset[str]
    """Folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFilter:
    """A tree: a comparison, or others combined."""

    comparison: Comparison | None = None
    combination: Combination = "and"
    parts: tuple[CostFilter, ...] = ()

    def admits(self, charge: Charge) -> bool:
        if self.comparison is None:
            results = (part.admits(charge) for part in self.parts)
            return all(results) if self.combination == "and" else any(results)
        if self.comparison.kind == "TagKey":
            value = find_tag(charge.tags, self.comparison.name)
        else:
            value = DIMENSIONS[self.comparison.name.lower()][1](charge)
        return fold_name(value) in self.comparison.values

    def admits_deployment(self, deployment: CoveredDeployment) -> bool:
        """Whether all that the deployment will cost is admitted."""
        if self.comparison is None:
            results = (part.admits_deployment(deployment) for part in self.parts)
            return all(results) if self.combination == "and" else any(results)
        if self.comparison.kind == "TagKey":
            tags = {key: value for key, value in deployment.tags.items() if isinstance(value, str)}
            value = find_tag(tags, self.comparison.name)
        else:
            read = _OF_DEPLOYMENTS.get(self.comparison.name.lower())
            value = read(deployment) if read is not None else ""
        return fold_name(value) in self.comparison.values

    @property
    def tells_deployments_apart(self) -> bool:
        """Whether it can be decided for a deployment as a whole: not by meter or caller."""
        if self.comparison is None:
            return all(part.tells_deployments_apart for part in self.parts)
        return self.comparison.kind == "TagKey" or self.comparison.name.lower() in _OF_DEPLOYMENTS


def find_tag(tags: Mapping[str, str], key: str) -> str:
    """Empty when there is none. Names of tags are compared without regard to case."""
    wanted = fold_name(key)
    return next((value for name, value in tags.items() if fold_name(name) == wanted), "")


def parse_cost_filter(document: JsonObject | None) -> CostFilter | None | str:
    """`and`, `or`, `dimensions` and `tags`, as Cost Management writes them. What is wrong, in words, if anything."""
    if not document:
        return None
    return _parse_part(document, 0)


def _parse_part(document: JsonObject, depth: int) -> CostFilter | str:
    if depth > _DEEPEST:
        return "the filter is nested too deeply"
    if len(document) != 1:
        return "each part of a filter must have exactly one of and, or, dimensions, tags"
    name, content = next(iter(document.items()))
    match name.lower():
        case "and" | "or":
            return _parse_combination("and" if name.lower() == "and" else "or", content, depth)
        case "dimensions" | "dimension":
            return _parse_comparison("Dimension", content)
        case "tags" | "tag" | "tagkey":
            return _parse_comparison("TagKey", content)
        case _:
            return f"a filter has and, or, dimensions or tags, and not '{name[:40]}'"


def _parse_combination(combination: Combination, content: object, depth: int) -> CostFilter | str:
    if not isinstance(content, list) or len(cast("list[object]", content)) < 2:
        return f"'{combination}' must be a list of at least two filters"
    parts: list[CostFilter] = []
    for item in cast("list[object]", content):
        if not isinstance(item, dict):
            return f"'{combination}' must be a list of filters"
        part = _parse_part(cast("JsonObject", item), depth + 1)
        if isinstance(part, str):
            return part
        parts.append(part)
    return CostFilter(combination=combination, parts=tuple(parts))


def _parse_comparison(kind: Literal["Dimension", "TagKey"], content: object) -> CostFilter | str:
    found = cast("JsonObject", content) if isinstance(content, dict) else {}
    name, operator, values = found.get("name"), found.get("operator", "In"), found.get("values")
    if not isinstance(name, str) or not name:
        return "a comparison must have a name"
    if kind == "Dimension" and name.lower() not in DIMENSIONS:
        return f"there is no dimension '{name[:40]}'; known are {', '.join(written for written, _ in _DIMENSIONS)}"
    if str(operator).lower() != "in":
        return "the operator of a comparison must be In"
    listed = cast("list[object]", values) if isinstance(values, list) else []
    if not listed or not all(isinstance(value, str) for value in listed):
        return "the values of a comparison must be a list of strings, not an empty one"
    folded = frozenset(fold_name(str(value)) for value in listed)
    written = DIMENSIONS[name.lower()][0] if kind == "Dimension" else name
    return CostFilter(comparison=Comparison(kind=kind, name=written, values=folded))
