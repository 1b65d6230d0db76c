"""Refusals of a deployment: its model, type, capacity and terms."""

from __future__ import annotations

from typing import assert_never

from ingate.domain.deployment import (
    MAXIMUM_CAPACITY,
    CapacityOutOfRange,
    DeploymentTypeNotSupported,
    ModelNotSupported,
)
from ingate.domain.quota_allocation import QuotaInsufficient
from ingate.wire.arm.errors import ArmError

from . import refusals as r


def render_deployment_refusal(refusal: r.DeploymentRefusal) -> tuple[int, ArmError]:
    match refusal:
        case ModelNotSupported():
            return 400, _render_model(refusal)
        case DeploymentTypeNotSupported(given=given, model_id=model_id, model_version=version, supported=types):
            return 400, ArmError(
                code="InvalidResourceProperties",
                message=f"The specified SKU '{given}' of account deployment is not supported by the model "
                f"'{model_id}', version '{version}'. Supported: {', '.join(types)}.",
                target="sku.name",
            )
        case CapacityOutOfRange():
            return 400, ArmError(
                code="InvalidCapacity",
                message=f"The capacity must be a whole number from 1 to {MAXIMUM_CAPACITY}.",
                target="sku.capacity",
            )
        case QuotaInsufficient(model_name=name, required=required, available=available, used=used, limit=limit):
            return 400, ArmError(
                code="InsufficientQuota",
                message=f"This operation require {required} new capacity in quota Tokens Per Minute (thousands) - "
                f"{name}, which is bigger than the current available capacity {available}. The current quota usage "
                f"is {used} and the quota limit is {limit}.",
                target="sku.capacity",
            )
        case r.ProviderDataInvalid():
            return 400, ArmError(
                code="InvalidModelProviderData",
                message="ModelProviderData is required for Anthropic model deployments but was not provided. Please "
                "provide all required fields: industry, organizationName, and countryCode.",
                target="properties.modelProviderData",
            )
        case _:
            assert_never(refusal)


def _render_model(refusal: ModelNotSupported) -> ArmError:
    version = refusal.version or "default"
    return ArmError(
        code="DeploymentModelNotSupported",
        message=f"The model 'Format: {refusal.format}, Name: {refusal.name}, Version: {version}' of account "
        f"deployment is not supported. Known: {', '.join(refusal.known)}.",
        target="properties.model",
    )
