"""`ingate apply -f foundry.yaml`, from the plan to the end."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.unit.cli.apply.conftest import ApplyText, RunCommand
from tests.unit.cli.apply.fake_control_plane import (
    ACCOUNTS,
    ASSIGNMENTS,
    GROUP,
    PRINCIPALS,
    ROLES,
    SECRET,
    SUBSCRIPTION_PATH,
    UPSTREAMS,
    USER_ROLE,
    FakeControlPlane,
    make_guid,
    refuse,
)

WHOLE = """\
version: 1
upstreams:
  - name: anthropic
    baseUrl: https://api.anthropic.com/
    credential: file:anthropic.key
principals:
  - {name: app-a, kind: application}
  - name: ci
    kind: application
    federatedCredentials:
      - {name: main, issuer: "https://ci.example.com", subject: "repo:a", audiences: ["api://AzureADTokenExchange"]}
  - {name: ada, kind: user, userPrincipalName: ada@example.com}
  - {name: team, kind: group, members: [ada, app-a]}
roles:
  - name: Claude Caller
    description: Calls Claude.
    dataActions: [Microsoft.CognitiveServices/*]
resources:
  - name: team-a
    location: East US 2
    tags: {owner: ada}
    network: {defaultAction: Deny, allow: [10.0.0.0/8]}
    disableLocalAuth: true
    identity: SystemAssigned
    deployments:
      - name: opus
        model: claude-opus-4-5
        version: 20251101
        capacity: 50
        limits: {requestsPerMinute: 60}
        upstream: anthropic
      - {name: haiku, model: claude-haiku-4-5}
    projects:
      - {name: search, displayName: Search}
assignments:
  - {role: Cognitive Services User, principal: team, scope: team-a}
  - {role: Claude Caller, principal: ci, scope: resourceGroup}
  - {role: Claude Caller, identityOf: team-a, scope: subscription}
"""


def test_everything_is_created_in_the_order_in_which_it_can_be(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    result = apply_text(WHOLE)
    assert result.exit_code == 0, result.output
    kinds = [write.rpartition("/providers/")[2].split("/")[1:2] for write in control_plane.writes]
    order = ["upstreams", "principals", "roleDefinitions", "accounts", "roleAssignments"]
    assert list(dict.fromkeys(kind[0] for kind in kinds)) == order
    assert "Plan: 16 to create, 0 to change, 0 to delete, 0 unchanged.\n" in result.stderr
    assert result.stderr.endswith("Done: 16 changes.\n")


def test_what_is_created_is_what_the_file_says(
    apply_text: ApplyText, control_plane: FakeControlPlane, tmp_path: Path
) -> None:
    apply_text(WHOLE)
    account = control_plane.get(f"{GROUP}{ACCOUNTS}/team-a")
    assert (account["location"], account["kind"], account["tags"]) == ("eastus2", "AIServices", {"owner": "ada"})
    assert account["properties"]["networkAcls"] == {"defaultAction": "Deny", "ipRules": [{"value": "10.0.0.0/8"}]}
    assert account["properties"]["customSubDomainName"] == "team-a"
    assert account["properties"]["disableLocalAuth"] is True
    deployment = control_plane.get(f"{GROUP}{ACCOUNTS}/team-a/deployments/opus")
    assert deployment["sku"] == {"name": "GlobalStandard", "capacity": 50}
    assert deployment["properties"]["model"]["version"] == "20251101"
    assert deployment["properties"]["ingate"]["limits"] == {"requestsPerMinute": 60}
    upstream = control_plane.get(f"{GROUP}{UPSTREAMS}/anthropic")["properties"]
    assert upstream["baseUrl"] == "https://api.anthropic.com"
    assert upstream["credential"] == f"file:{tmp_path / 'anthropic.key'}"
    assert len(control_plane.members[f"{PRINCIPALS}/team".lower()]) == 2


def test_assignments_name_the_ids_of_what_was_just_created(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    account = f"{GROUP}{ACCOUNTS}/team-a"
    found = {
        (value["properties"]["scope"], value["properties"]["principalId"], value["properties"]["roleDefinitionId"])
        for key, value in control_plane.objects.items()
        if ASSIGNMENTS.lower() in key
    }
    custom = next(key for key in control_plane.objects if key.startswith(ROLES.lower()) and USER_ROLE not in key)
    custom_id = f"{ROLES}/{custom.rpartition('/')[2]}"
    assert found == {
        (account, make_guid("team", "object"), f"{ROLES}/{USER_ROLE}"),
        (GROUP, make_guid("ci", "object"), custom_id),
        (SUBSCRIPTION_PATH, make_guid(account, "identity"), custom_id),
    }


def test_a_second_run_changes_nothing(apply_text: ApplyText, control_plane: FakeControlPlane) -> None:
    apply_text(WHOLE)
    before = len(control_plane.writes)
    result = apply_text(WHOLE)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No changes: 16 objects are as the file says.\n"
    assert len(control_plane.writes) == before


def test_the_plan_names_each_property_with_its_old_and_new_value(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    changed = WHOLE.replace("capacity: 50", "capacity: 70").replace("owner: ada", "owner: bob")
    result = apply_text(changed, "--dry-run")
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["ACTION", "KIND", "NAME", "PROPERTY", "OLD", "NEW"],
        ["change", "resource", "team-a", "tags", '{"owner":', '"ada"}', '{"owner":', '"bob"}'],
        ["change", "deployment", "team-a/opus", "sku.capacity", "50", "70"],
    ]


def test_a_change_keeps_what_the_file_leaves_out(apply_text: ApplyText, control_plane: FakeControlPlane) -> None:
    apply_text(WHOLE)
    path = f"{GROUP}{ACCOUNTS}/team-a"
    control_plane.get(path)["properties"]["restrictOutboundNetworkAccess"] = True
    apply_text(WHOLE.replace("owner: ada", "owner: bob"))
    sent = json.loads(control_plane.requests[-1].content)
    assert sent["properties"]["restrictOutboundNetworkAccess"] is True
    assert sent["tags"] == {"owner": "bob"}
    assert not {"id", "name", "etag"} & sent.keys()
    assert "provisioningState" not in sent["properties"]


def test_a_dry_run_ends_with_2_when_there_are_differences_and_0_when_not(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    assert apply_text(WHOLE, "--dry-run").exit_code == 2
    assert control_plane.writes == []
    apply_text(WHOLE)
    assert apply_text(WHOLE, "--dry-run").exit_code == 0


def test_a_failure_in_the_middle_says_what_was_done_and_a_second_run_goes_on(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    refusal = refuse(400, "InvalidUpstream", "There is no such capacity.")
    control_plane.refusals["PUT", "/deployments/opus"] = refusal
    result = apply_text(WHOLE)
    assert result.exit_code == 1
    assert "Created resource team-a.\n" in result.stderr
    assert "Stopped at deployment team-a/opus, which could not be created.\n" in result.stderr
    assert "11 of 16 changes are done. Not done:\n  create deployment team-a/opus\n" in result.stderr
    assert result.stderr.endswith("ingate: InvalidUpstream: There is no such capacity.\n")
    control_plane.refusals.clear()
    assert "Plan: 5 to create, 0 to change, 0 to delete, 11 unchanged.\n" in apply_text(WHOLE).stderr


def test_a_terminal_is_asked_before_anything_changes(run_command: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "foundry.yaml"
    file.write_text("version: 1\nprincipals: [{name: app-a, kind: application}]\n")
    refused = run_command("apply", "-f", str(file), terminal=True, stdin="n\n")
    assert refused.exit_code == 1
    assert "Carry out this plan? [y/N]" in refused.stderr
    assert "Created" not in refused.stderr
    assert "Created principal app-a." in run_command("apply", "-f", str(file), terminal=True, stdin="y\n").stderr


def test_standard_input_is_a_file_too(run_command: RunCommand, control_plane: FakeControlPlane) -> None:
    result = run_command("apply", "-f", "-", stdin="version: 1\nprincipals: [{name: app-a, kind: application}]\n")
    assert result.exit_code == 0, result.output
    assert control_plane.writes == [f"PUT {PRINCIPALS}/app-a"]


def test_a_resource_group_that_is_not_there_is_created_first(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text("version: 1\nresources: [{name: team-b, resourceGroup: other, location: westus}]\n")
    other = GROUP.replace("example-group", "other")
    assert control_plane.writes == [f"PUT {other}", f"PUT {other}{ACCOUNTS}/team-b"]
    assert control_plane.get(other)["location"] == "westus"


# Secrets


def test_a_secret_is_made_once_and_only_its_file_has_it(
    apply_text: ApplyText, control_plane: FakeControlPlane, tmp_path: Path
) -> None:
    text = "version: 1\nprincipals: [{name: app-a, kind: application, secretFile: app-a.json}]\n"
    result = apply_text(text)
    file = tmp_path / "app-a.json"
    assert json.loads(file.read_text())["clientSecret"] == SECRET
    assert json.loads(file.read_text())["clientId"] == make_guid("app-a", "client")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SECRET not in result.output
    assert "No changes" in apply_text(text).stderr
    assert len(control_plane.credentials[f"{PRINCIPALS}/app-a".lower()]) == 1


def test_no_secret_is_made_that_cannot_be_kept(apply_text: ApplyText, control_plane: FakeControlPlane) -> None:
    text = "version: 1\nprincipals: [{name: app-a, kind: application, secretFile: no-such-folder/app-a.json}]\n"
    result = apply_text(text)
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory" in result.stderr
    assert not control_plane.credentials


def test_a_password_is_read_when_its_user_is_created_and_is_in_no_message(
    run_command: RunCommand, control_plane: FakeControlPlane, tmp_path: Path
) -> None:
    file = tmp_path / "foundry.yaml"
    file.write_text("version: 1\nprincipals: [{name: ada, kind: user, password: 'env:ADA_PASSWORD'}]\n")
    missing = run_command("apply", "-f", str(file))
    assert "there is no password in env:ADA_PASSWORD" in missing.stderr
    result = run_command("apply", "-f", str(file), environment={"ADA_PASSWORD": "correct horse"})
    assert json.loads(control_plane.requests[-1].content)["properties"]["password"] == "correct horse"
    assert "correct horse" not in result.output


# Pruning


def test_prune_deletes_what_the_files_lists_do_not_hold(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    smaller = WHOLE.replace("      - {name: haiku, model: claude-haiku-4-5}\n", "")
    smaller = smaller.replace("members: [ada, app-a]", "members: [ada]")
    smaller = smaller.replace("  - {role: Claude Caller, principal: ci, scope: resourceGroup}\n", "")
    result = apply_text(smaller, "--prune", "--yes")
    assert result.exit_code == 0, result.output
    assert "Deleted role assignment Claude Caller: ci on resourceGroup.\n" in result.stderr
    assert "Deleted deployment team-a/haiku.\n" in result.stderr
    assert "Deleted member team/app-a.\n" in result.stderr
    assert "Done: 3 changes.\n" in result.stderr
    assert "No changes" in apply_text(smaller, "--prune").stderr


def test_prune_does_not_touch_kinds_that_the_file_does_not_name(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    result = apply_text("version: 1\nresources: [{name: team-a}]\n", "--prune", "--yes")
    assert "No changes: 1 objects" in result.stderr


def test_prune_leaves_built_in_things_and_the_identities_of_resources_alone(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    account = f"{GROUP}{ACCOUNTS}/team-a"
    path = f"{PRINCIPALS}/identity-of-team-a"
    properties = {"kind": "managed-identity", "objectId": make_guid(account, "identity")}
    control_plane.objects[path] = {"id": path, "name": "identity-of-team-a", "properties": properties}
    assert "No changes" in apply_text(WHOLE, "--prune", "--yes").stderr


def test_a_script_has_to_say_yes_before_anything_is_deleted(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    before = len(control_plane.writes)
    result = apply_text("version: 1\nresources: []\n", "--prune")
    assert result.exit_code == 1
    assert "this would delete 1 objects; say --yes to do it." in result.stderr
    assert len(control_plane.writes) == before
    assert "Deleted resource team-a." in apply_text("version: 1\nresources: []\n", "--prune", "--yes").stderr


# What can never be carried out


def test_references_to_nothing_are_found_before_anything_changes(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    text = WHOLE.replace("principal: team,", "principal: tema,").replace(
        "role: Claude Caller, principal", "role: Caller, principal"
    )
    result = apply_text(text)
    assert result.exit_code == 1
    assert "there is no principal 'tema'." in result.stderr
    assert "there is no role 'Caller'." in result.stderr
    assert "foundry.yaml:37:5: " in result.stderr
    assert control_plane.writes == []


def test_what_cannot_be_changed_is_refused_in_the_plan(
    apply_text: ApplyText, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    before = len(control_plane.writes)
    result = apply_text(WHOLE.replace("model: claude-haiku-4-5", "model: claude-opus-4-1"))
    assert "properties.model.name cannot be changed from 'claude-haiku-4-5' to 'claude-opus-4-1'" in result.stderr
    assert len(control_plane.writes) == before


def test_the_plan_of_many_objects_needs_few_calls(apply_text: ApplyText, control_plane: FakeControlPlane) -> None:
    apply_text(WHOLE)
    before = len(control_plane.requests)
    apply_text(WHOLE)
    # accounts, deployments, projects, upstreams, principals, members, credentials, roles, assignments
    assert len(control_plane.requests) - before == 9
