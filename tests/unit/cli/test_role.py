from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate

USER, READER, OWN = "53ca6127-0000", "acdd72a7-0000", "c0000000-0000"


@pytest.fixture(autouse=True)
def roles(ingate: FakeIngate) -> None:
    ingate.add_role(USER, "Foundry User")
    ingate.add_role(READER, "Reader")
    ingate.add_role(OWN, "Prompt Writer", kind="CustomRole")


def test_roles_are_listed_with_their_data_actions(run: Run) -> None:
    lines = run("role", "list", "-o", "tsv").stdout.splitlines()
    assert lines[0] == f"Foundry User\t{USER}\tBuiltInRole\tb/*"
    assert run("role", "list", "--custom", "-o", "tsv").stdout.splitlines() == lines[2:]
    assert run("role", "list", "--built-in", "-o", "tsv").stdout.splitlines() == lines[:2]


@pytest.mark.parametrize("called", ["Foundry User", "foundry user", USER, "Azure AI User"])
def test_a_role_is_found_by_name_guid_and_older_name(run: Run, called: str) -> None:
    assert json.loads(run("role", "show", called, "-o", "json").stdout)["name"] == USER


def test_an_unknown_role_is_answered_with_the_closest_name(run: Run) -> None:
    assert run("role", "show", "Readr").stderr == "ingate: there is no role 'Readr'. Did you mean Reader?\n"


AZ_FORM = {
    "Name": "Talker",
    "Description": "Talks.",
    "DataActions": ["Microsoft.CognitiveServices/accounts/x/action"],
}
REST_FORM = {
    "properties": {
        "roleName": "Talker",
        "description": "Talks.",
        "permissions": [{"dataActions": ["Microsoft.CognitiveServices/accounts/x/action"]}],
    }
}


@pytest.mark.parametrize("content", [AZ_FORM, REST_FORM])
def test_a_role_is_created_from_either_form_of_file(
    run: Run, ingate: FakeIngate, tmp_path: Path, content: dict[str, object]
) -> None:
    (tmp_path / "role.json").write_text(json.dumps(content))
    assert run("role", "create", "-f", str(tmp_path / "role.json")).exit_code == 0
    sent = json.loads(ingate.requests[-1].content)["properties"]
    assert (sent["roleName"], sent["description"]) == ("Talker", "Talks.")
    assert sent["permissions"][0]["dataActions"] == AZ_FORM["DataActions"]
    assert sent["assignableScopes"] == [f"/subscriptions/{SUBSCRIPTION}"]


def test_creating_again_changes_the_role_of_that_name(run: Run, ingate: FakeIngate, tmp_path: Path) -> None:
    (tmp_path / "role.json").write_text('{"Name": "prompt writer", "Actions": []}')
    run("role", "create", "-f", str(tmp_path / "role.json"))
    assert ingate.requests[-1].url.path.endswith(f"/roleDefinitions/{OWN}")


def test_azures_own_roles_are_not_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / "role.json").write_text('{"Name": "Reader"}')
    result = run("role", "create", "-f", str(tmp_path / "role.json"))
    assert result.exit_code == 1
    assert "Azure's own" in result.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{", "is not JSON"), ("[]", "no name"), ('{"Name": "x", "Actions": "all"}', "actions must be lists")],
)
def test_a_file_that_is_no_role_is_explained(run: Run, tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "role.json").write_text(content)
    result = run("role", "create", "-f", str(tmp_path / "role.json"))
    assert result.exit_code == 1
    assert reason in result.stderr


def test_a_role_is_deleted_by_its_name(run: Run, ingate: FakeIngate) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{OWN}"
    ingate.arm[path] = {"name": OWN}
    assert run("role", "delete", "prompt writer", "--yes").stderr == "Deleted role Prompt Writer.\n"
    assert path not in ingate.arm
