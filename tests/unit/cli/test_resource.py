from __future__ import annotations

import json

import httpx2
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, account_path


def test_resources_are_listed_as_a_table(run: Run) -> None:
    result = run("resource", "list")
    assert result.exit_code == 0
    assert result.stdout == (
        "NAME              RESOURCE GROUP  LOCATION  STATE      ENDPOINT\n"
        "example-resource  example-group   eastus2   Succeeded  https://example-resource.services.ai.azure.com/\n"
    )


def test_resources_are_listed_as_json_as_the_management_api_gives_them(run: Run, ingate: FakeIngate) -> None:
    result = run("resource", "list", "--output", "json")
    assert json.loads(result.stdout) == [ingate.arm[account_path("example-resource")]]


def test_every_page_of_a_list_is_read(run: Run, ingate: FakeIngate) -> None:
    for number in range(5):
        ingate.add_resource(f"extra-{number}")
    ingate.page_size = 2
    names = [item["name"] for item in json.loads(run("resource", "list", "-o", "json").stdout)]
    assert names == ["example-resource", "extra-0", "extra-1", "extra-2", "extra-3", "extra-4"]


def test_an_empty_list_prints_nothing_on_stdout(run: Run, ingate: FakeIngate) -> None:
    ingate.arm.clear()
    result = run("resource", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "There are no resources" in result.stderr


def test_a_resource_is_created_with_its_own_subdomain(run: Run, ingate: FakeIngate) -> None:
    result = run("resource", "create", "Team-B", "--location", "swedencentral", "-o", "json")
    assert result.exit_code == 0
    assert "Created resource Team-B" in result.stderr
    stored = ingate.arm[account_path("Team-B")]
    assert stored["location"] == "swedencentral"
    assert stored["properties"] == {"customSubDomainName": "Team-B", "allowProjectManagement": True}
    assert json.loads(result.stdout) == stored


def test_creating_waits_until_the_resource_is_no_longer_being_created(run: Run, ingate: FakeIngate) -> None:
    ingate.add_resource("slow")
    creating = json.loads(json.dumps(ingate.arm[account_path("slow")]))
    creating["properties"]["provisioningState"] = "Creating"
    ingate.answers["PUT", account_path("slow")] = httpx2.Response(201, json=creating)
    result = run("resource", "create", "slow", "--output", "json")
    assert json.loads(result.stdout)["properties"]["provisioningState"] == "Succeeded"


def test_a_resource_is_shown_whatever_the_case_of_its_name(run: Run) -> None:
    result = run("resource", "show", "EXAMPLE-resource")
    assert result.stdout.splitlines()[:3] == [
        "name            example-resource",
        "resource group  example-group",
        "location        eastus2",
    ]


def test_an_unknown_resource_is_answered_with_the_closest_name(run: Run) -> None:
    result = run("resource", "show", "exmple-resource")
    assert result.exit_code == 1
    assert result.stderr == ("ingate: there is no resource 'exmple-resource'. Did you mean example-resource?\n")


def test_a_name_in_several_groups_needs_its_group(run: Run, ingate: FakeIngate) -> None:
    ingate.groups.append("other-group")
    ingate.add_resource("example-resource", group="other-group")
    result = run("resource", "show", "example-resource")
    assert result.exit_code == 1
    assert "example-group, other-group" in result.stderr
    shown = run("resource", "show", "example-resource", "--resource-group", "other-group", "-o", "json")
    assert json.loads(shown.stdout)["id"] == account_path("example-resource", "other-group")


def test_deleting_at_a_terminal_asks_first(run: Run, ingate: FakeIngate) -> None:
    refused = run("resource", "delete", "example-resource", stdin="n\n", terminal=True)
    assert refused.exit_code == 1
    assert account_path("example-resource") in ingate.arm
    agreed = run("resource", "delete", "example-resource", stdin="y\n", terminal=True)
    assert agreed.exit_code == 0
    assert account_path("example-resource") not in ingate.arm


def test_deleting_with_yes_or_from_a_script_does_not_ask(run: Run, ingate: FakeIngate) -> None:
    ingate.add_resource("other")
    assert run("resource", "delete", "other", "--yes", terminal=True).exit_code == 0
    result = run("resource", "delete", "example-resource")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("Deleted resource example-resource. For 48 hours")


def test_steering_characters_in_a_name_do_not_reach_the_terminal(run: Run, ingate: FakeIngate) -> None:
    ingate.arm[account_path("example-resource")]["name"] = "evil\x1b[2J"
    for output in ("table", "tsv"):
        assert "\x1b" not in run("resource", "list", "--output", output).stdout


def test_whoever_has_a_role_at_one_resource_only_still_finds_it(run: Run, ingate: FakeIngate) -> None:
    error = {"error": {"code": "AuthorizationFailed", "message": "No."}}
    accounts = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/accounts"
    ingate.answers["GET", accounts] = httpx2.Response(403, json=error)
    assert run("resource", "show", "example-resource").exit_code == 0
    assert run("keys", "list").exit_code == 0
    assert "AuthorizationFailed" in run("resource", "list").stderr
