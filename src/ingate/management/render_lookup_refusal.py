"""Refusals because what a request names is not there."""

from __future__ import annotations

from typing import assert_never

from ingate.wire.arm.errors import ArmError

from . import refusals as r


def render_lookup_refusal(refusal: r.LookupRefusal) -> tuple[int, ArmError]:
    match refusal:
        case r.SubscriptionIdInvalid(subscription_id=subscription_id):
            return 400, ArmError(
                code="InvalidSubscriptionId",
                message=f"The provided subscription identifier '{subscription_id}' is malformed or invalid.",
            )
        case r.SubscriptionNotFound(subscription_id=subscription_id):
            return 404, ArmError(
                code="SubscriptionNotFound",
                message=f"The subscription '{subscription_id}' could not be found.",
            )
        case r.ResourceGroupNotFound(resource_group=group):
            return 404, ArmError(
                code="ResourceGroupNotFound", message=f"Resource group '{group}' could not be found."
            )
        case r.ResourceNotFound(type=type_, name=name, resource_group=group):
            return 404, ArmError(
                code="ResourceNotFound",
                message=f"The Resource '{type_}/{name}' under resource group '{group}' was not found.",
            )
        case r.ParentResourceNotFound(type=type_, parent_id=parent_id):
            return 404, ArmError(
                code="ParentResourceNotFound",
                message=f"Failed to perform 'write' on resource(s) of type '{type_}', because the parent resource "
                f"'{parent_id}' could not be found.",
            )
        case r.DeploymentNotFound(name=name):
            return 404, ArmError(
                code="DeploymentNotFound", message=f"The deployment '{name}' does not exist in this resource."
            )
        case r.ProviderNotFound(namespace=namespace):
            return 404, ArmError(
                code="InvalidResourceNamespace", message=f"The resource namespace '{namespace}' is invalid."
            )
        case r.OperationNotFound():
            return 404, ArmError(
                code="OperationNotFound", message="No operation of this Ingate has this id, or its id is damaged."
            )
        case _:
            assert_never(refusal)
