from __future__ import annotations

import json

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import PRINCIPALS, SUBSCRIPTION, FakeIngate, account_path

USER = "53ca6127-0000"
STRANGER = "99999999-9999-9999-9999-999999999999"


@pytest.fixture(autouse=True)
def known(ingate: FakeIngate) -> None:
    ingate.add_role(USER, "Foundry User")
    ingate.add_principal("my-app", objectId="oid-1", clientId="client-1")
    ingate.add_principal("readers", kind="group", objectId="oid-2")


def assignments(ingate: FakeIngate) -> list[dict[str, str]]:
    return [item["properties"] for path, item in ingate.arm.items() if "/roleAssignments/" in path]


def test_a_role_is_given_at_the_default_resource(run: Run, ingate: FakeIngate) -> None:
    result = run("role", "assign", "foundry user", "--principal", "client-1")
    assert result.exit_code == 0, result.stderr
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{USER}"
    assert assignments(ingate) == [
        {
            "roleDefinitionId": definition,
            "principalId": "oid-1",
            "principalType": "ServicePrincipal",
            "scope": account_path("example-resource"),
        }
    ]


@pytest.mark.parametrize(
    ("typed", "scope"),
    [
        ("team-b", account_path("team-b")),
        (f"/subscriptions/{SUBSCRIPTION}/", f"/subscriptions/{SUBSCRIPTION}"),
        ("/", "/"),
    ],
)
def test_a_scope_is_a_resources_name_or_an_id(run: Run, ingate: FakeIngate, typed: str, scope: str) -> None:
    ingate.add_resource("team-b")
    assert run("role", "assign", USER, "--principal", "readers", "--scope", typed).exit_code == 0
    assert [(item["scope"], item["principalType"]) for item in assignments(ingate)] == [(scope, "Group")]


def test_giving_it_again_says_that_it_was_there(run: Run, ingate: FakeIngate) -> None:
    first = run("role", "assign", USER, "-p", "my-app", "-o", "json")
    second = run("role", "assign", USER, "-p", "oid-1", "-o", "json")
    assert second.exit_code == 0
    assert "already" in second.stderr
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert len(assignments(ingate)) == 1


def test_taking_it_away_again_is_no_failure(run: Run, ingate: FakeIngate) -> None:
    run("role", "assign", USER, "-p", "my-app")
    assert "no longer has" in run("role", "unassign", USER, "-p", "my-app").stderr
    assert assignments(ingate) == []
    again = run("role", "unassign", USER, "-p", "my-app")
    assert again.exit_code == 0
    assert "did not have" in again.stderr


def test_another_scope_is_another_assignment(run: Run, ingate: FakeIngate) -> None:
    run("role", "assign", USER, "-p", "my-app")
    run("role", "assign", USER, "-p", "my-app", "--scope", "/")
    run("role", "unassign", USER, "-p", "my-app", "--scope", "/")
    assert [item["scope"] for item in assignments(ingate)] == [account_path("example-resource")]


def test_a_principal_of_another_tenant_needs_its_type(run: Run, ingate: FakeIngate) -> None:
    unknown = run("role", "assign", USER, "-p", STRANGER)
    assert unknown.exit_code == 1
    assert "there is no principal" in unknown.stderr
    assert run("role", "assign", USER, "-p", STRANGER, "--principal-type", "User").exit_code == 0
    assert [(item["principalId"], item["principalType"]) for item in assignments(ingate)] == [(STRANGER, "User")]


def test_whoever_may_not_see_principals_names_one_by_its_object_id(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "AuthorizationFailed", "message": "No."}}
    for called in (STRANGER, "my-app"):
        ingate.answers["GET", f"{PRINCIPALS}/{called}"] = httpx2.Response(403, json=error)
    assert run("role", "assign", USER, "-p", STRANGER).exit_code == 0
    assert "principalType" not in assignments(ingate)[0]
    assert run("role", "unassign", USER, "-p", STRANGER).exit_code == 0
    assert assignments(ingate) == []
    assert "AuthorizationFailed" in run("role", "assign", USER, "-p", "my-app").stderr


def test_assignments_are_listed_with_names(run: Run, ingate: FakeIngate) -> None:
    run("role", "assign", USER, "-p", "my-app")
    listed = run("role", "assignments", "-o", "tsv").stdout
    assert listed == f"my-app\tServicePrincipal\tFoundry User\t{account_path('example-resource')}\n"
    run("role", "assignments", "--principal", "my-app")
    filters = [request.url.params.get("$filter") for request in ingate.requests]
    assert "principalId eq 'oid-1'" in filters
