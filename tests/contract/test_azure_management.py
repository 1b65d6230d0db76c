"""Azure's own management SDKs, unmodified: from a resource group to Claude's answer, and back to nothing.

manage_azure.py plays one scenario where changes take a second, as they do on Azure; each test looks at a part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.azure_sdk_script import run_azure_sdk_script
from tests.support.clients_matrix_entries import AZURE_MGMT, exercises
from tests.support.principals import ROLES, assign_role, put_application
from tests.support.running import RunningIngate, start_ingate

pytestmark = [pytest.mark.slow, exercises(AZURE_MGMT, "accounts, keys, deployments, projects, role assignments")]
HERE = Path(__file__).parent

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def slow_ingate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngate]:
    data_dir = tmp_path_factory.mktemp("managed") / "data"
    with start_ingate(data_dir, environment={"INGATE_OPERATION_SECONDS": "1"}) as running:
        yield running


@pytest.fixture(scope="module")
def seen(slow_ingate: RunningIngate, azure_sdk_python: Path) -> Seen:
    ingate = slow_ingate
    subscription = f"/subscriptions/{ingate.running['subscription_id']}"
    applications = {name: put_application(ingate, f"sdk-{name}") for name in ("owner", "caller", "reader")}
    assign_role(ingate, applications["owner"].object_id, "Owner", subscription)
    assign_role(ingate, applications["reader"].object_id, "Reader", subscription)
    settings = {
        "base_url": ingate.base_url,
        **{
            name: {"client_id": entry.client_id, "object_id": entry.object_id, "secret": entry.secret}
            for name, entry in applications.items()
        },
    }
    return run_azure_sdk_script(azure_sdk_python, HERE / "manage_azure.py", ingate, settings)


def assert_succeeded(seen: Seen, *steps: str) -> None:
    failed = {step: seen[step] for step in steps if isinstance(seen[step], dict) and "error" in seen[step]}
    assert not failed


def assert_refused(seen: Seen, step: str, status: int, code: str) -> str:
    result: Any = seen[step]
    assert isinstance(result, dict), f"{step} succeeded: {result}"
    error: Any = seen[step].get("error")
    assert error is not None, f"{step} succeeded: {result}"
    assert (error["status"], error["code"]) == (status, code), error
    return error["message"]


def test_group_account_and_deployment_are_created(seen: Seen) -> None:
    assert_succeeded(seen, "group", "account", "deployment")
    assert seen["group"]["properties"]["provisioningState"] == "Succeeded"
    assert (seen["group exists"], seen["group of no name exists"]) == (True, False)
    account, deployment = seen["account"], seen["deployment"]
    assert (account["name"], account["kind"], account["tags"]) == (
        "sdk-claude",
        "AIServices",
        {"purpose": "contract"},
    )
    assert account["properties"]["provisioningState"] == "Succeeded"
    assert account["properties"]["customSubDomainName"] == "sdk-claude"
    assert account["identity"]["principalId"]
    assert account["systemData"]["createdBy"]
    assert deployment["name"] == "my-claude"
    assert deployment["sku"] == {"name": "GlobalStandard", "capacity": 10}
    assert deployment["properties"]["provisioningState"] == "Succeeded"
    assert deployment["properties"]["model"]["name"] == "claude-sonnet-4-5"


def test_creating_took_as_long_as_it_was_told_to(seen: Seen) -> None:
    assert 1 <= seen["seconds"]["account"] < 4
    assert 1 <= seen["seconds"]["deployment"] < 4


def test_a_name_is_free_until_it_is_taken(seen: Seen) -> None:
    assert seen["name is free"]["isSubdomainAvailable"] is True
    assert seen["name is free no more"]["isSubdomainAvailable"] is False
    assert seen["name is free no more"]["reason"]


def test_the_very_next_call_with_a_key_works(seen: Seen) -> None:
    for step in ("call with key 1", "call with key 2", "call with new key 1", "call with key 2 again"):
        assert_succeeded(seen, step)
        assert "simulated" in seen[step]
    assert len({seen["keys"]["key1"], seen["keys"]["key2"], seen["new key 1"]["key1"]}) == 3
    assert seen["new key 1"]["key2"] == seen["keys"]["key2"]


def test_the_old_key_fails_at_once(seen: Seen) -> None:
    assert seen["call with old key 1"]["error"]["type"] == "AuthenticationError"


def test_a_deployment_is_called_by_its_own_name_alone(seen: Seen) -> None:
    assert seen["call of no deployment"]["error"]["type"] == "NotFoundError"


def test_the_very_next_call_with_a_token_works_when_a_role_was_assigned(seen: Seen) -> None:
    assert seen["call without a role"]["error"]["type"] == "PermissionDeniedError"
    assert_succeeded(seen, "role", "role assigned", "call with a role")
    assert seen["role"]["name"] == ROLES["Cognitive Services User"]
    assert len(seen["roles of the caller"]) == 1


def test_a_removed_role_is_gone_within_a_second(seen: Seen) -> None:
    assert_succeeded(seen, "role removed", "seconds until it is gone")
    assert seen["seconds until it is gone"] < 1
    assert seen["call with a removed role"]["error"]["type"] == "PermissionDeniedError"


def test_what_was_made_can_be_seen(seen: Seen) -> None:
    assert seen["get"]["name"] == "sdk-claude"
    assert seen["list in group"] == ["sdk-claude"]
    assert seen["list"] == ["example-resource", "sdk-claude"]
    assert seen["list deployments"] == ["my-claude"]
    assert seen["resources"] == ["sdk-claude"]
    assert seen["groups"] == ["example-group", "sdk-group"]
    assert seen["groups, one a page"] == seen["groups"]
    assert seen["providers"] == "Microsoft.CognitiveServices"
    assert "claude-sonnet-4-5" in seen["account models"]
    counts = {step: seen[step] for step in ("models", "usages", "account usages", "skus", "model capacities")}
    assert all(isinstance(count, int) and count > 0 for count in counts.values()), counts


def test_a_deployment_takes_another_capacity_and_tags(seen: Seen) -> None:
    assert_succeeded(seen, "deployment updated")
    assert seen["deployment updated"]["sku"]["capacity"] == 25
    assert seen["deployment updated"]["tags"] == {"stage": "test"}


def test_a_project_is_created(seen: Seen) -> None:
    assert_succeeded(seen, "project")
    assert seen["project"]["properties"]["provisioningState"] == "Succeeded"
    assert len(seen["projects"]) == 1


def test_what_is_not_there_is_not_found(seen: Seen) -> None:
    assert_refused(seen, "get of no account", 404, "ResourceNotFound")


def test_a_change_of_an_older_version_is_refused(seen: Seen) -> None:
    stale = seen["update with the stale etag"]["error"]
    assert stale["status"] == 412
    assert_succeeded(seen, "update with the right etag")


def test_a_reader_sees_and_changes_nothing(seen: Seen) -> None:
    assert seen["reader gets"] == "sdk-claude"
    for step, action in (("reader lists keys", "listKeys/action"), ("reader deletes", "delete")):
        message = assert_refused(seen, step, 403, "AuthorizationFailed")
        assert f"Microsoft.CognitiveServices/accounts/{action}" in message
        assert "/resourceGroups/sdk-group/" in message


def test_a_deleted_deployment_is_gone(seen: Seen) -> None:
    assert seen["deployment deleted"] == ["my-claude"]


def test_a_deleted_account_can_be_recovered_with_all_it_had(seen: Seen) -> None:
    assert_succeeded(seen, "account deleted", "deleted", "recovered", "call of a recovered account")
    assert seen["call of a deleted account"]["error"]["type"] in {"NotFoundError", "AuthenticationError"}
    assert seen["all deleted"] == ["sdk-claude"]
    assert seen["created again"]["error"]["status"] == 409
    assert "simulated" in seen["call of a recovered account"]


def test_a_purged_account_is_gone_for_good(seen: Seen) -> None:
    assert_succeeded(seen, "deleted again", "purged", "group deleted")
    assert seen["deleted after purge"]["error"]["status"] == 404
    assert seen["group still exists"] is False
