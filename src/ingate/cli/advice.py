"""What to do about Azure Resource Manager's refusals, where that can be told."""

from __future__ import annotations

import re

_UNAUTHORIZED = re.compile(
    r"object id '(?P<object_id>[^']*)'.* action '(?P<action>[^']+)' over scope '(?P<scope>[^']+)'"
)
_AUTHORIZATION = re.compile("/providers/Microsoft\\.Authorization(?:/|$)", re.IGNORECASE)
_ACCOUNT = re.compile(".*/providers/Microsoft\\.CognitiveServices/accounts/[^/]+", re.IGNORECASE)

_ADVICE = {
    "InsufficientQuota": "Ask for less with --capacity, or free some: ingate deployment list",
    "FlagMustBeSetForRestore": "It was deleted: ingate resource recover NAME, or ingate resource purge NAME",
    "CustomDomainInUse": "A deleted resource keeps its name until it is purged: ingate resource list-deleted",
    "PreconditionFailed": "Somebody changed it at the same time: do it again.",
    "ExpiredAuthenticationToken": "Sign in again with: ingate login",
    "InvalidAuthenticationToken": "Sign in again with: ingate login",
    "InvalidAuthenticationTokenTenant": "Sign in again with: ingate login",
}


def explain(code: str, message: str, *, needed_role: str | None = None) -> str:
    """The refusal's message in one line, with what to do about it as far as that can be told. `needed_role` is the
    one for all that the command does; None when that is this one call."""
    line = " ".join(message.split())
    if code == "AuthorizationFailed" and (found := _UNAUTHORIZED.search(line)):
        role = needed_role or find_role_that_allows(found["action"])
        scope = find_scope_to_assign_at(found["scope"])
        # What follows in Azure's text is the same each time, and of no use here.
        return (
            f"{line[: found.end()]}. The role '{role}' would allow it: ingate role assign '{role}' "
            f"--principal {found['object_id']} --scope {scope} --as-admin"
        )
    if "allowProjectManagement" in line:
        return f"{line} Allow it with: ingate resource update NAME --allow-projects"
    return f"{line} {_ADVICE[code]}" if code in _ADVICE else line


def find_role_that_allows(action: str) -> str:
    """The built-in role with the least rights that allows an operation of the control plane."""
    operation = action.lower()
    if operation.endswith("/read"):
        return "Reader"
    if operation.endswith("/listkeys/action"):
        return "Cognitive Services User"
    if operation.startswith("microsoft.authorization/role"):
        return (
            "Role Based Access Control Administrator" if "assignments/" in operation else "User Access Administrator"
        )
    if operation.startswith("microsoft.cognitiveservices/"):
        return "Cognitive Services Contributor"
    return "Contributor"


def find_scope_to_assign_at(scope: str) -> str:
    """The nearest at which roles are assigned: a resource, or what is above it."""
    above = _AUTHORIZATION.split(scope)[0] or "/"
    if account := _ACCOUNT.match(above):
        return account[0]
    is_of_tenant = above.lower().startswith("/providers/") and "/managementgroups/" not in above.lower()
    return "/" if is_of_tenant else above
