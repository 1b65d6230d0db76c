"""Whether a principal may do something somewhere, decided from its role assignments.

An assignment grants its role's actions less its notActions, within its scope and below. What one role leaves out
another may grant: notActions are no denial.
https://learn.microsoft.com/azure/role-based-access-control/overview
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .role import RoleAssignment, RoleDefinition, RolePermissions

CLAUDE_DATA_ACTIONS = (
    "Microsoft.CognitiveServices/accounts/AIServices/messages/action",
    "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
    "Microsoft.CognitiveServices/accounts/MaaS/chat/completions/action",
)
"""Any one of them lets a principal call Claude. Which one Foundry asks for is told in three ways: the first was
measured, the second follows from the role that the documentation of Claude on Foundry names (Cognitive Services
OpenAI User), the third from Microsoft's description of the models' data actions. docs/fidelity.md has more."""


def decide_permission(
    action: str,
    *,
    is_data_action: bool,
    scope: str,
    principal_ids: Collection[str],
    assignments: Iterable[RoleAssignment],
    roles: Mapping[str, RoleDefinition],
) -> bool:
    """`principal_ids`: the principal's own object id and those of every group that it is in. `roles` by role id. An
    assignment of a role that is not among them grants nothing."""
    return any(
        assignment.principal_id in principal_ids
        and covers(assignment.scope, scope)
        and (role := roles.get(assignment.role_id)) is not None
        and grants(role.permissions, action, is_data_action=is_data_action)
        for assignment in assignments
    )


def grants(permissions: Iterable[RolePermissions], action: str, *, is_data_action: bool) -> bool:
    for entry in permissions:
        granted = entry.data_actions if is_data_action else entry.actions
        left_out = entry.not_data_actions if is_data_action else entry.not_actions
        if any(matches(pattern, action) for pattern in granted) and not any(
            matches(pattern, action) for pattern in left_out
        ):
            return True
    return False


def matches(pattern: str, action: str) -> bool:
    """Without regard to case; `*` stands for any run of characters, slashes among them. Takes time in proportion to
    both, whatever the pattern: custom roles are their owners' to write."""
    first, *others = pattern.lower().split("*")
    text = action.lower()
    if not others:
        return text == first
    last = others.pop()
    position, end = len(first), len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or position > end:
        return False
    for part in others:
        position = text.find(part, position, end) + len(part)
        if position < len(part):
            return False
    return True


def covers(assignment_scope: str, scope: str) -> bool:
    """Whether `scope` is the assignment's scope or lies below it. Both are ARM ids, compared without regard to case.
    Management groups cover every subscription: Ingate's tenant has one tree."""
    outer, inner = _fold(assignment_scope), _fold(scope)
    if outer == "/" or outer.startswith("/providers/microsoft.management/managementgroups/"):
        return True
    return inner == outer or inner.startswith(outer + "/")


def _fold(scope: str) -> str:
    return "/" + scope.strip("/").lower()
