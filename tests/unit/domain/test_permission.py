"""What role assignments allow. The examples are Azure's own rules."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from ingate.domain.permission import CLAUDE_DATA_ACTIONS, covers, decide_permission, grants, matches
from ingate.domain.role import RoleAssignment, RoleDefinition, RolePermissions
from ingate.store.role_file import read_built_in_roles

SUBSCRIPTION = "/subscriptions/22222222-2222-4222-8222-222222222222"
GROUP = f"{SUBSCRIPTION}/resourceGroups/example-group"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/example-resource"
ADA, TEAM = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
ROLES = {role.name: role for role in read_built_in_roles()}


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", "Microsoft.CognitiveServices/accounts/read", True),
        ("*/read", "Microsoft.CognitiveServices/accounts/read", True),
        ("*/read", "Microsoft.CognitiveServices/accounts/write", False),
        ("Microsoft.CognitiveServices/*/read", "microsoft.cognitiveservices/accounts/deployments/READ", True),
        ("Microsoft.CognitiveServices/accounts/read", "Microsoft.CognitiveServices/accounts/deployments/read", False),
        ("Microsoft.CognitiveServices/*", "Microsoft.CognitiveServicesX/accounts/read", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("**", "", True),
        ("", "", True),
        ("a.c", "abc", False),
    ],
)
def test_a_star_is_any_run_of_characters(pattern: str, action: str, expected: bool) -> None:
    assert matches(pattern, action) is expected


def test_no_pattern_takes_long() -> None:
    started = time.perf_counter()
    assert not matches("*a" * 500 + "b", "a" * 5000)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("assigned", "scope", "expected"),
    [
        ("/", ACCOUNT, True),
        ("/providers/Microsoft.Management/managementGroups/any", ACCOUNT, True),
        (SUBSCRIPTION, ACCOUNT, True),
        (GROUP.upper(), ACCOUNT, True),
        (ACCOUNT + "/", ACCOUNT, True),
        (ACCOUNT, GROUP, False),
        (ACCOUNT, ACCOUNT + "-2", False),
        (GROUP, GROUP + "-2", False),
    ],
)
def test_an_assignment_covers_its_scope_and_what_is_below(assigned: str, scope: str, expected: bool) -> None:
    assert covers(assigned, scope) is expected


def test_not_actions_are_left_out_of_their_own_role_and_no_denial() -> None:
    most = RolePermissions(data_actions=("*",), not_data_actions=("*/secret/action",))
    rest = RolePermissions(data_actions=("a/secret/action",))
    assert grants([most], "a/open/action", is_data_action=True)
    assert not grants([most], "a/secret/action", is_data_action=True)
    assert grants([most, rest], "a/secret/action", is_data_action=True)
    assert not grants([most], "a/open/action", is_data_action=False)


def assign(principal_id: str, role: RoleDefinition, scope: str) -> RoleAssignment:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return RoleAssignment(
        assignment_id="a",
        scope=scope,
        role_id=role.role_id,
        principal_id=principal_id,
        principal_type="User",
        description=None,
        created_at=now,
        created_by="x",
        updated_at=now,
        updated_by="x",
    )


MAY_CALL_CLAUDE = {
    "Cognitive Services User": True,
    "Cognitive Services OpenAI User": True,
    "Cognitive Services OpenAI Contributor": True,
    "Foundry User": True,
    "Azure AI Developer": True,
    "Owner": False,
    "Contributor": False,
    "Reader": False,
    "Cognitive Services Contributor": False,
    "Cognitive Services Usages Reader": False,
    "User Access Administrator": False,
    "Role Based Access Control Administrator": False,
    "Foundry Project Runtime User": False,
    "Cost Management Contributor": False,
    "Cost Management Reader": False,
    "Monitoring Reader": False,
    "Log Analytics Reader": False,
}


def test_every_built_in_role_has_its_line() -> None:
    assert set(MAY_CALL_CLAUDE) == set(ROLES)
    assert len({role.role_id for role in ROLES.values()}) == len(ROLES)


@pytest.mark.parametrize(("name", "expected"), MAY_CALL_CLAUDE.items())
@pytest.mark.parametrize("scope", ["/", SUBSCRIPTION, GROUP, ACCOUNT])
def test_which_roles_call_claude(name: str, expected: bool, scope: str) -> None:
    decided = [
        decide_permission(
            action,
            is_data_action=True,
            scope=ACCOUNT,
            principal_ids={ADA},
            assignments=[assign(ADA, ROLES[name], scope)],
            roles={ROLES[name].role_id: ROLES[name]},
        )
        for action in CLAUDE_DATA_ACTIONS
    ]
    assert any(decided) is expected


def test_a_role_reaches_its_holder_and_the_holder_s_groups_only() -> None:
    role = ROLES["Cognitive Services User"]
    for principals, expected in (({ADA}, False), ({ADA, TEAM}, True), (set[str](), False)):
        assert expected is decide_permission(
            CLAUDE_DATA_ACTIONS[0],
            is_data_action=True,
            scope=ACCOUNT,
            principal_ids=principals,
            assignments=[assign(TEAM, role, GROUP)],
            roles={role.role_id: role},
        )


def test_an_assignment_of_an_unknown_role_grants_nothing() -> None:
    role = ROLES["Owner"]
    assert not decide_permission(
        "Microsoft.CognitiveServices/accounts/read",
        is_data_action=False,
        scope=ACCOUNT,
        principal_ids={ADA},
        assignments=[assign(ADA, role, "/")],
        roles={},
    )
