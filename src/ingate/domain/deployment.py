"""Deployments: a name that clients send as `model`, the model it stands for, and the upstream that answers.

A deployment's name is data. It is the model's id unless its creator chose another, it never changes, and nothing
is ever guessed from it: several deployments of one model may exist side by side, on different upstreams.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol, cast, get_args

from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.ids import render_deployment_id

from .catalog import Catalog, ModelVersion
from .change import SystemData
from .content import ContentRecording
from .quota import ExplicitLimits

DeploymentType = Literal["GlobalStandard", "DataZoneStandard"]

DEPLOYMENT_TYPES: tuple[DeploymentType, ...] = get_args(DeploymentType)
MODEL_FORMAT = "Anthropic"
DEFAULT_CAPACITY = 10
MAXIMUM_CAPACITY = 1_000_000
"""`capacity.default` and `capacity.maximum` of Foundry's own list of models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment as its owner configured it."""

    resource_id: str
    """The resource that it belongs to."""
    name: str
    model_id: str
    model_version: str
    deployment_type: DeploymentType
    capacity: int
    """In Foundry's units: 1 request, 1,000 uncached input tokens and 200 output tokens a minute each."""
    upstream: str
    upstream_model: str
    etag: str
    system_data: SystemData
    limits: ExplicitLimits = field(default_factory=ExplicitLimits)
    """What its owner set in place of what capacity gives."""
    record_content: ContentRecording | None = None
    """What its owner wishes to be kept of requests and answers; None for nothing."""
    is_paused: bool = False
    """It keeps its name and quota, and answers nobody (423)."""
    document: JsonObject = field(default_factory=lambda: {})
    """What its owner wrote, with members that Ingate does not act on."""

    @property
    def deployment_id(self) -> str:
        return render_deployment_id(self.resource_id, self.name)


class DeploymentStore(Protocol):
    """Keeps deployments. Names and ids are compared without regard to case; every change is a new revision of the
    directory."""

    async def get_deployment(self, resource_id: str, name: str) -> Deployment | None: ...

    async def list_deployments(self, resource_id: str) -> list[Deployment]:
        """By name."""
        ...

    async def list_deployments_of_upstream(self, upstream: str) -> list[Deployment]: ...

    async def list_deployments_of_subscription(self, subscription_id: str) -> list[Deployment]:
        """Those of deleted resources too: they hold quota until the resource is purged."""
        ...

    async def put_deployment(self, deployment: Deployment) -> None:
        """The resource must exist."""
        ...

    async def delete_deployment(self, resource_id: str, name: str) -> bool:
        """False when there was none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNotSupported:
    """The catalogue has no such model, or no such version of it."""

    format: str
    name: str
    version: str | None
    known: tuple[str, ...]
    """What it could have been: models, or versions of this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentTypeNotSupported:
    """Not a deployment type, or not one that this version of the model is sold as."""

    given: str
    model_id: str
    model_version: str
    supported: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityOutOfRange:
    """Not a whole number from 1 to MAXIMUM_CAPACITY."""


def decide_model_version(
    catalog: Catalog, *, format: str, name: str, version: str | None
) -> ModelVersion | ModelNotSupported:
    """The catalogue's entry; the default version when none is asked for."""
    model = catalog.get_model(name) if format.lower() == MODEL_FORMAT.lower() else None
    if model is None:
        return ModelNotSupported(format=format, name=name, version=version, known=catalog.model_ids)
    found = model.get_version(version or model.default_version)
    if found is None:
        known = tuple(entry.version for entry in model.versions)
        return ModelNotSupported(format=format, name=name, version=version, known=known)
    return found


def decide_deployment_type(
    given: str, model_id: str, version: ModelVersion
) -> DeploymentType | DeploymentTypeNotSupported:
    """Compared without regard to case, as Azure does; the answer has the documented spelling."""
    for deployment_type in version.deployment_types:
        if deployment_type.lower() == given.lower():
            return cast("DeploymentType", deployment_type)
    return DeploymentTypeNotSupported(
        given=given, model_id=model_id, model_version=version.version, supported=version.deployment_types
    )


def decide_capacity(given: int | str) -> int | CapacityOutOfRange:
    """A whole number; also its decimal digits as a string, which is how azure-cli sends it."""
    text = str(given)
    if isinstance(given, bool) or not (text.isascii() and text.isdigit() and len(text) <= 9):
        return CapacityOutOfRange()
    capacity = int(text)
    return capacity if 1 <= capacity <= MAXIMUM_CAPACITY else CapacityOutOfRange()
