"""Refusals as Azure Resource Manager says them: a status and its error envelope.

Codes are Azure's own where it has one (https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/
common-deployment-errors); texts say what to do.
"""

from __future__ import annotations

from typing import assert_never

from ingate.domain.deployment import (
    MAXIMUM_CAPACITY,
    CapacityOutOfRange,
    DeploymentTypeNotSupported,
    ModelNotSupported,
)
from ingate.domain.quota_allocation import QuotaInsufficient
from ingate.domain.upstream_rules import UpstreamInvalid
from ingate.wire.arm.errors import ArmError

from . import refusals as r
from .access_refusals import AccessRefusal
from .directory_refusals import DirectoryRefusal
from .render_access_refusal import render_access_refusal
from .render_directory_refusal import render_directory_refusal

INTERNAL_ERROR = ArmError(
    code="InternalServerError", message="The request failed inside Ingate; its log has the reason."
)


def render_refusal(refusal: r.ManagementRefusal) -> tuple[int, ArmError]:
    """One case for each refusal; long because there are many, and nothing else."""
    if isinstance(refusal, AccessRefusal):
        return render_access_refusal(refusal)
    if isinstance(refusal, DirectoryRefusal):
        return render_directory_refusal(refusal)
    match refusal:
        case r.ApiVersionMissing():
            return 400, ArmError(
                code="MissingApiVersionParameter",
                message="The api-version query parameter (?api-version=) is required for all requests.",
            )
        case r.ApiVersionInvalid(given=given):
            return 400, ArmError(
                code="InvalidApiVersionParameter",
                message=f"The api-version '{given}' is invalid. It must be a date, YYYY-MM-DD, which may be "
                "followed by -preview.",
            )
        case r.RouteNotFound(path=path):
            return 404, ArmError(code="NotFound", message=f"Nothing answers at the path '{path}'.")
        case r.MethodNotAllowed(method=method, allowed=allowed):
            return 405, ArmError(
                code="MethodNotAllowed",
                message=f"The requested resource does not support http method '{method}'. It supports {allowed}.",
            )
        case r.BodyTooLarge(limit=limit):
            return 413, ArmError(
                code="RequestContentTooLarge", message=f"The request's body is larger than {limit} bytes."
            )
        case r.BodyInvalid(reason=reason):
            return 400, ArmError(code="InvalidRequestContent", message=f"The request content was invalid: {reason}.")
        case r.NameInvalid(noun=noun, name=name, rule=rule):
            return 400, ArmError(
                code="InvalidResourceName",
                message=f"The {noun} name '{name}' is not valid. It must be {rule}.",
            )
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
        case r.PreconditionFailed():
            return 412, ArmError(
                code="PreconditionFailed",
                message="The condition in If-Match or If-None-Match is not met: the resource was changed, created "
                "or deleted meanwhile.",
            )
        case r.LocationMissing():
            return 400, ArmError(
                code="LocationRequired", message="The location property is required for this definition."
            )
        case r.LocationInvalid(given=given):
            return 400, ArmError(
                code="InvalidLocation",
                message=f"The location '{given}' is not the name of a region, such as eastus2.",
                target="location",
            )
        case r.LocationChanged(name=name, resource_group=group, location=location, given=given):
            return 409, ArmError(
                code="InvalidResourceLocation",
                message=f"The resource '{name}' already exists in location '{location}' in resource group "
                f"'{group}'. A resource with the same name cannot be created in location '{given}'. Please select "
                "a new resource name.",
                target="location",
            )
        case r.KindNotSupported(given=given):
            return 400, ArmError(
                code="InvalidApiSetId",
                message=f"The account type '{given}' is either invalid or unavailable. Claude is served by "
                "accounts of kind AIServices.",
                target="kind",
            )
        case r.SubdomainInUse(subdomain=subdomain):
            return 409, ArmError(
                code="CustomDomainInUse",
                message=f"Please pick a different name. The subdomain name '{subdomain}' is not available as it's "
                "already used by a resource. If the resource using the name was deleted in the last 48 hours, you "
                "may need to purge the deleted resource. Learn more at "
                '"https://go.microsoft.com/fwlink/?linkid=2215493"',
                target="properties.customSubDomainName",
            )
        case r.PropertyImmutable(name=name):
            return 409, ArmError(
                code="PropertyChangeNotAllowed",
                message=f"Changing property '{name}' is not allowed.",
                target=name,
            )
        case r.ProtectionNotEnforced(name=name):
            return 400, ArmError(
                code="PropertyNotSupported",
                message=f"This version of Ingate does not enforce '{name}', so it does not accept a value that "
                "asks for protection.",
                target=name,
            )
        case r.KeyNameInvalid():
            return 400, ArmError(code="InvalidKeyName", message="keyName must be Key1 or Key2.", target="keyName")
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
        case UpstreamInvalid(member=member, reason=reason):
            return 400, ArmError(code="InvalidUpstream", message=f"{member} {reason}.", target=f"properties.{member}")
        case r.UpstreamUnknown(name=name, known=known):
            return 400, ArmError(
                code="InvalidResourceReference",
                message=f"The upstream '{name}' does not exist. Known upstreams: {', '.join(known)}.",
                target="properties.ingate.upstream",
            )
        case r.UpstreamInUse(name=name, deployment_ids=deployment_ids):
            return 409, ArmError(
                code="Conflict",
                message=f"The upstream '{name}' cannot be deleted while deployments use it: "
                f"{', '.join(deployment_ids)}.",
            )
        case r.UpstreamBuiltIn(name=name):
            return 409, ArmError(
                code="Conflict",
                message=f"The upstream '{name}' is built in; it can be neither changed nor deleted.",
            )
        case r.UpstreamElsewhere(name=name, upstream_id=upstream_id):
            return 409, ArmError(
                code="Conflict",
                message=f"The upstream name '{name}' is taken: {upstream_id}. Names of upstreams are unique in "
                "the whole Ingate, because any deployment may use them.",
            )
        case r.QueryParameterInvalid(name=name, reason=reason):
            return 400, ArmError(
                code="InvalidQueryParameterValue",
                message=f"The value of the query parameter '{name}' is invalid: {reason}.",
                target=name,
            )
        case r.FilterInvalid(known=known):
            return 400, ArmError(
                code="InvalidFilterInQueryString",
                message="Invalid $filter in the query string. It may compare these members, joined by 'and': "
                f"{', '.join(known)}; as in name eq 'value' or substringof('value', name).",
                target="$filter",
            )
        case r.PropertyInvalid(name=name, reason=reason):
            return 400, ArmError(code="InvalidResourceProperties", message=f"'{name}' {reason}.", target=name)
        case r.SkuNotSupported(given=given):
            return 400, ArmError(
                code="InvalidSkuId",
                message=f"The SKU '{given}' is not available for accounts of kind AIServices, which are sold as S0.",
                target="sku.name",
            )
        case r.ResourceDeleted(resource_id=resource_id):
            return 409, ArmError(
                code="FlagMustBeSetForRestore",
                message=f"An existing resource with ID '{resource_id}' has been soft-deleted. To restore the "
                "resource, you must specify 'restore' to be 'true' in the property. If you don't want to restore "
                "existing resource, please purge it first.",
            )
        case r.NothingToRestore(name=name):
            return 400, ArmError(
                code="CanNotRestoreANonExistingResource",
                message=f"There is no deleted account '{name}' to restore in this resource group. Leave "
                "properties.restore out to create one.",
                target="properties.restore",
            )
        case r.AccountBusy(resource_id=resource_id, state=state):
            return 409, ArmError(
                code="AccountProvisioningStateInvalid",
                message=f"Call to Microsoft.CognitiveServices/accounts failed. Error message: Account {resource_id} "
                f"in state {state}",
            )
        case r.ParentBusy(parent_id=parent_id):
            return 409, ArmError(
                code="RequestConflict",
                message=f"Another operation is being performed on the parent resource '{parent_id}'. Please try "
                "again later.",
            )
        case r.ProviderDataInvalid():
            return 400, ArmError(
                code="InvalidModelProviderData",
                message="ModelProviderData is required for Anthropic model deployments but was not provided. Please "
                "provide all required fields: industry, organizationName, and countryCode.",
                target="properties.modelProviderData",
            )
        case r.ProjectManagementDisabled():
            return 400, ArmError(
                code="BadRequest",
                message="Project can only be created under AIServices Kind account with allowProjectManagement set "
                "to true",
            )
        case r.ProviderNotFound(namespace=namespace):
            return 404, ArmError(
                code="InvalidResourceNamespace", message=f"The resource namespace '{namespace}' is invalid."
            )
        case r.OperationNotFound():
            return 404, ArmError(
                code="OperationNotFound", message="No operation of this Ingate has this id, or its id is damaged."
            )
        case QuotaInsufficient(model_name=name, required=required, available=available, used=used, limit=limit):
            return 400, ArmError(
                code="InsufficientQuota",
                message=f"This operation require {required} new capacity in quota Tokens Per Minute (thousands) - "
                f"{name}, which is bigger than the current available capacity {available}. The current quota usage "
                f"is {used} and the quota limit is {limit}.",
                target="sku.capacity",
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
