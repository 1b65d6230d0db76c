"""A deployment's JSON: what Ingate reads of it and what it decides about it.

`properties.ingate` is ours: which upstream answers, under which model name, limits other than the capacity's, what is
kept of the content. A PUT that leaves it out, as every Azure client does, keeps what the deployment has, and a new
deployment gets the simulator. The same goes for `sku` and for the model's version.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ingate.domain.catalog import Catalog, ModelVersion
from ingate.domain.content import ContentRecording
from ingate.domain.deployment import (
    DEFAULT_CAPACITY,
    MODEL_FORMAT,
    CapacityOutOfRange,
    Deployment,
    DeploymentType,
    DeploymentTypeNotSupported,
    ModelNotSupported,
    decide_capacity,
    decide_deployment_type,
    decide_model_version,
)
from ingate.domain.naming import DEPLOYMENT_NAME_RULE, is_deployment_name
from ingate.domain.quota import ExplicitLimits
from ingate.domain.upstream import SIMULATOR
from ingate.wire.arm.documents import JsonObject, get_object, without

from .deployment_limits import LimitsBody, decide_limits
from .deployment_options import ProviderDataBody, decide_upgrade_option
from .deployment_recording import RecordContentBody, decide_record_content
from .refusals import BodyInvalid, ManagementRefusal, NameInvalid, PropertyImmutable, PropertyInvalid

DEFAULT_TYPE = "GlobalStandard"
LONGEST_MODEL_NAME = 256

_READ_ONLY = frozenset({"id", "name", "type", "etag", "systemData"})
_READ_ONLY_PROPERTIES = frozenset(
    {
        "provisioningState",
        "capabilities",
        "callRateLimit",
        "rateLimits",
        "currentCapacity",
        "dynamicThrottlingEnabled",
        "deploymentState",
        "ingate",
    }
)


class SkuBody(msgspec.Struct):
    name: str | None = None
    capacity: int | str | None = None


class ModelBody(msgspec.Struct):
    name: str
    format: str = MODEL_FORMAT
    version: str | None = None


class IngateBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Our own member: a misspelt name in it is a mistake, not an extension."""

    upstream: str | None = None
    upstream_model: str | None = None
    limits: LimitsBody | msgspec.UnsetType | None = msgspec.UNSET
    record_content: RecordContentBody | msgspec.UnsetType | None = msgspec.UNSET


class DeploymentProperties(msgspec.Struct, rename="camel"):
    model: ModelBody
    ingate: IngateBody | None = None
    model_provider_data: ProviderDataBody | None = None
    version_upgrade_option: str | None = None
    rai_policy_name: str | None = None
    spillover_deployment_name: str | None = None


class DeploymentBody(msgspec.Struct):
    properties: DeploymentProperties
    sku: SkuBody | None = None
    tags: dict[str, str] | None = None


class DeploymentPatch(msgspec.Struct, forbid_unknown_fields=True):
    sku: SkuBody | None = None
    tags: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedDeployment:
    model_id: str
    model_version: str
    deployment_type: DeploymentType
    capacity: int
    upstream: str
    """As the body names it; whether it exists is not decided here."""
    upstream_model: str
    limits: ExplicitLimits
    record_content: ContentRecording | None


def decide_deployment(
    catalog: Catalog, name: str, body: DeploymentBody, existing: Deployment | None
) -> DecidedDeployment | ManagementRefusal:
    """Everything about a deployment may change but its name and its model.

    The model is fixed because quotas, prices and logs are kept by deployment: under one name they would mean two
    things. Its version may change, and so may type, capacity and upstream.
    """
    if existing is None and not is_deployment_name(name):
        return NameInvalid(noun="deployment", name=name, rule=DEPLOYMENT_NAME_RULE)
    version = _decide_version(catalog, body.properties.model, existing)
    if not isinstance(version, ModelVersion):
        return version
    model_id = body.properties.model.name
    sku = decide_sku(catalog, model_id, version.version, body.sku, existing)
    if not isinstance(sku, tuple):
        return sku
    upstream = _decide_upstream(model_id, body.properties.ingate, existing)
    if not isinstance(upstream, tuple):
        return upstream
    limits = _decide_limits(body.properties.ingate, existing)
    if not isinstance(limits, ExplicitLimits):
        return limits
    record_content = _decide_record_content(body.properties.ingate, existing)
    if isinstance(record_content, BodyInvalid):
        return record_content
    option = decide_upgrade_option(body.properties.version_upgrade_option)
    if isinstance(option, PropertyInvalid):
        return option
    return DecidedDeployment(
        model_id=model_id,
        model_version=version.version,
        deployment_type=sku[0],
        capacity=sku[1],
        upstream=upstream[0],
        upstream_model=upstream[1],
        limits=limits,
        record_content=record_content,
    )


def _decide_version(
    catalog: Catalog, model: ModelBody, existing: Deployment | None
) -> ModelVersion | ModelNotSupported | PropertyImmutable:
    kept = None if existing is None or existing.model_id != model.name else existing.model_version
    version = decide_model_version(catalog, format=model.format, name=model.name, version=model.version or kept)
    if isinstance(version, ModelVersion) and existing is not None and existing.model_id != model.name:
        return PropertyImmutable(name="properties.model.name")
    return version


def decide_sku(
    catalog: Catalog, model_id: str, version: str, body: SkuBody | None, existing: Deployment | None
) -> tuple[DeploymentType, int] | ModelNotSupported | DeploymentTypeNotSupported | CapacityOutOfRange:
    """The deployment's type and capacity; what the body leaves out stays as it is."""
    sku = body or SkuBody()
    entry = decide_model_version(catalog, format=MODEL_FORMAT, name=model_id, version=version)
    if isinstance(entry, ModelNotSupported):
        return entry
    given_type = sku.name or (DEFAULT_TYPE if existing is None else existing.deployment_type)
    deployment_type = decide_deployment_type(given_type, model_id, entry)
    if isinstance(deployment_type, DeploymentTypeNotSupported):
        return deployment_type
    kept = DEFAULT_CAPACITY if existing is None else existing.capacity
    capacity = decide_capacity(kept if sku.capacity is None else sku.capacity)
    return capacity if isinstance(capacity, CapacityOutOfRange) else (deployment_type, capacity)


def _decide_limits(body: IngateBody | None, existing: Deployment | None) -> ExplicitLimits | BodyInvalid:
    return decide_limits(
        msgspec.UNSET if body is None else body.limits, None if existing is None else existing.limits
    )


def _decide_record_content(
    body: IngateBody | None, existing: Deployment | None
) -> ContentRecording | BodyInvalid | None:
    return decide_record_content(
        msgspec.UNSET if body is None else body.record_content, None if existing is None else existing.record_content
    )


def _decide_upstream(
    model_id: str, body: IngateBody | None, existing: Deployment | None
) -> tuple[str, str] | BodyInvalid:
    kept = SIMULATOR if existing is None else existing.upstream
    if body is None or (body.upstream is None and body.upstream_model is None):
        return kept, model_id if existing is None else existing.upstream_model
    model = model_id if body.upstream_model is None else body.upstream_model
    if not 1 <= len(model) <= LONGEST_MODEL_NAME or not model.isprintable():
        return BodyInvalid(reason="upstreamModel must have 1 to 256 printable characters - at `$.properties.ingate`")
    return body.upstream or kept, model


def keep_document(document: JsonObject) -> JsonObject:
    """What the owner wrote, less what only Ingate says."""
    properties = without(get_object(document, "properties"), _READ_ONLY_PROPERTIES)
    return without(document, _READ_ONLY) | {"properties": properties}
