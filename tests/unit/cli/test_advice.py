"""A refusal says what to do about it."""

from __future__ import annotations

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import FakeIngate, account_path

from ingate.cli.advice import find_role_that_allows, find_scope_to_assign_at

ACCOUNT = account_path("example-resource")


def test_a_missing_role_is_named_with_the_command_that_gives_it(run: Run, ingate: FakeIngate) -> None:
    message = (
        "The client 'c' with object id 'o-1' does not have authorization to perform action "
        f"'Microsoft.CognitiveServices/accounts/listKeys/action' over scope '{ACCOUNT}'\r\nor the scope is invalid."
    )
    error = {"error": {"code": "AuthorizationFailed", "message": message}}
    ingate.answers["POST", f"{ACCOUNT}/listKeys"] = httpx2.Response(403, json=error)
    result = run("keys", "list")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert (
        f"ingate role assign 'Cognitive Services User' --principal o-1 --scope {ACCOUNT} --as-admin" in result.stderr
    )


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("Microsoft.CognitiveServices/accounts/read", "Reader"),
        ("Microsoft.CognitiveServices/accounts/deployments/write", "Cognitive Services Contributor"),
        ("Microsoft.Authorization/roleAssignments/write", "Role Based Access Control Administrator"),
        ("Microsoft.Authorization/roleDefinitions/write", "User Access Administrator"),
        ("Ingate.Gateway/upstreams/write", "Contributor"),
    ],
)
def test_the_role_with_the_least_rights_is_named(action: str, role: str) -> None:
    assert find_role_that_allows(action) == role


@pytest.mark.parametrize(
    ("scope", "assigned_at"),
    [
        (ACCOUNT, ACCOUNT),
        (f"{ACCOUNT}/deployments/talk", ACCOUNT),
        (f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/1", ACCOUNT),
        ("/subscriptions/1/providers/microsoft.authorization/roleDefinitions/2", "/subscriptions/1"),
        ("/providers/Microsoft.Authorization/roleAssignments/1", "/"),
        ("/providers/Ingate.Identity/principals/ada", "/"),
        ("/providers/Microsoft.Management/managementGroups/g", "/providers/Microsoft.Management/managementGroups/g"),
        ("/", "/"),
    ],
)
def test_the_scope_is_one_that_takes_assignments(scope: str, assigned_at: str) -> None:
    assert find_scope_to_assign_at(scope) == assigned_at


def test_other_codes_have_their_own_advice(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "PreconditionFailed", "message": "The etag does not match."}}
    ingate.answers["PATCH", ACCOUNT] = httpx2.Response(412, json=error)
    assert run("network", "default", "deny").stderr == (
        "ingate: PreconditionFailed: The etag does not match. Somebody changed it at the same time: do it again.\n"
    )
