"""Refusals about roles, assignments and principals, in the codes and texts of Azure's authorization and Graph.

https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
"""

from __future__ import annotations

from typing import assert_never

from ingate.wire.arm.errors import ArmError

from . import directory_refusals as r


def render_directory_refusal(refusal: r.DirectoryRefusal) -> tuple[int, ArmError]:
    """One case for each refusal; long because there are many, and nothing else."""
    match refusal:
        case r.ScopeInvalid():
            return 404, ArmError(
                code="MissingSubscription",
                message="The request did not have a subscription or a valid tenant level resource provider.",
            )
        case r.ManagementGroupNotFound(name=name, known=known):
            return 404, ArmError(
                code="NotFound",
                message=f"The management group '{name}' cannot be found. There is one, the tenant's root: '{known}'.",
            )
        case r.RoleNotFound(role_id=role_id):
            return 404, ArmError(
                code="RoleDefinitionDoesNotExist",
                message=f"The specified role definition with ID '{role_id}' does not exist.",
            )
        case r.RoleInvalid(member=member, reason=reason):
            return 400, ArmError(
                code="InvalidRoleDefinition", message=f"{member} {reason}.", target=f"properties.{member}"
            )
        case r.RoleNameTaken(name=name):
            return 409, ArmError(
                code="RoleDefinitionWithSameNameExists",
                message=f"A role with the name '{name}' already exists in this directory. Use a different name.",
            )
        case r.RoleBuiltIn(name=name):
            return 409, ArmError(
                code="Conflict", message=f"The role '{name}' is built in; it can be neither changed nor deleted."
            )
        case r.RoleInUse():
            return 400, ArmError(
                code="RoleDefinitionHasAssignments",
                message="There are existing role assignments referencing role. Delete them first.",
            )
        case r.AssignmentNotFound(assignment_id=assignment_id):
            return 404, ArmError(
                code="RoleAssignmentNotFound", message=f"The role assignment '{assignment_id}' is not found."
            )
        case r.AssignmentExists(assignment_id=assignment_id):
            return 409, ArmError(
                code="RoleAssignmentExists",
                message="The role assignment already exists. The ID of the existing role assignment is "
                f"{assignment_id.replace('-', '')}.",
            )
        case r.AssignmentImmutable():
            return 400, ArmError(
                code="RoleAssignmentUpdateNotPermitted",
                message="Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        case r.ConditionNotSupported():
            return 400, ArmError(
                code="PropertyNotSupported",
                message="Ingate does not evaluate conditions of role assignments, so it does not accept one: without "
                "its condition an assignment would grant more than it says.",
                target="properties.condition",
            )
        case r.PrincipalNotFound(object_id=object_id, tenant_id=tenant_id):
            return 400, ArmError(
                code="PrincipalNotFound",
                message=f"Principal {object_id.replace('-', '')} does not exist in the directory {tenant_id}. Check "
                "that you have the correct principal ID.",
            )
        case r.PrincipalTypeUnmatched(object_id=object_id, actual=actual, given=given):
            return 400, ArmError(
                code="UnmatchedPrincipalType",
                message=f"The PrincipalId '{object_id.replace('-', '')}' has type '{actual}', which is different "
                f"from specified PrincipalType '{given}'.",
            )
        case r.PrincipalUnknown(name=name):
            return 404, ArmError(code="ResourceNotFound", message=f"The principal '{name}' was not found.")
        case r.PrincipalInvalid(member=member, reason=reason):
            return 400, ArmError(
                code="InvalidPrincipal", message=f"{member} {reason}.", target=f"properties.{member}"
            )
        case r.PrincipalTaken(member=member):
            return 409, ArmError(
                code="Conflict",
                message=f"Another principal has this {member} already.",
                target=f"properties.{member}",
            )
        case r.PrincipalOfResource(resource_id=resource_id):
            return 409, ArmError(
                code="Conflict",
                message=f"The principal is the system-assigned identity of {resource_id}; it comes and goes with it.",
            )
        case r.CredentialNotPossible(kind=kind, credential=credential):
            return 400, ArmError(
                code="InvalidPrincipal", message=f"A principal of kind {kind} cannot have a {credential}."
            )
        case r.CredentialNotFound(key_id=key_id):
            return 404, ArmError(
                code="ResourceNotFound", message=f"The principal has no credential with the id '{key_id}'."
            )
        case r.TooManyCredentials(most=most):
            return 409, ArmError(
                code="Conflict", message=f"The principal has {most} credentials, and cannot have more. Delete one."
            )
        case r.NotAGroup(name=name):
            return 400, ArmError(code="InvalidPrincipal", message=f"The principal '{name}' is not a group.")
        case r.GraphObjectNotFound(object_id=object_id):
            return 404, ArmError(
                code="Request_ResourceNotFound",
                message=f"Resource '{object_id}' does not exist or one of its queried reference-property objects are "
                "not present.",
            )
        case r.GraphQueryNotSupported(known=known):
            return 400, ArmError(
                code="Request_UnsupportedQuery",
                message=f"Unsupported or invalid query filter clause specified. Understood: {', '.join(known)}.",
            )
        case r.GraphReadOnly():
            return 405, ArmError(
                code="MethodNotAllowed",
                message="Microsoft Graph is read only here. Principals are made with `ingate principal create`.",
            )
        case _:
            assert_never(refusal)
