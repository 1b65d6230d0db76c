"""Refusals of what would be done to an account, or to a project in it."""

from __future__ import annotations

from typing import assert_never

from ingate.wire.arm.errors import ArmError

from . import refusals as r


def render_account_refusal(refusal: r.AccountRefusal) -> tuple[int, ArmError]:
    match refusal:
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
        case r.SkuNotSupported(given=given):
            return 400, ArmError(
                code="InvalidSkuId",
                message=f"The SKU '{given}' is not available for accounts of kind AIServices, which are sold as S0.",
                target="sku.name",
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
        case r.ProjectManagementDisabled():
            return 400, ArmError(
                code="BadRequest",
                message="Project can only be created under AIServices Kind account with allowProjectManagement set "
                "to true",
            )
        case _:
            assert_never(refusal)
