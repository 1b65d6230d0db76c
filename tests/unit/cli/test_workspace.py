from __future__ import annotations

import httpx2
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, group_path

LISTING = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.OperationalInsights/workspaces"
PATH = f"{group_path()}/providers/Microsoft.OperationalInsights/workspaces/logs-one"


@pytest.fixture(autouse=True)
def workspace(ingate: FakeIngate) -> None:
    item = {"id": PATH, "name": "logs-one", "properties": {"customerId": "c", "retentionInDays": 30}}
    ingate.arm[PATH] = item
    ingate.answers[("GET", LISTING)] = httpx2.Response(200, json={"value": [item]})


def test_workspaces_are_listed_with_their_ids_and_days(run: Run) -> None:
    assert run("workspace", "list", "-o", "tsv").stdout == "logs-one\texample-group\tc\t30\n"


def test_a_workspace_is_created_with_its_days(run: Run, ingate: FakeIngate) -> None:
    result = run("workspace", "create", "logs-two", "--days", "90")
    assert "Created workspace logs-two." in result.stderr
    made = ingate.arm[PATH.replace("one", "two")]
    assert (made["location"], made["properties"]["retentionInDays"]) == ("eastus2", 90)


def test_its_days_are_changed(run: Run, ingate: FakeIngate) -> None:
    assert run("workspace", "update", "LOGS-ONE", "--days", "7").exit_code == 0
    assert ingate.arm[PATH]["properties"] == {"customerId": "c", "retentionInDays": 7}


def test_a_workspace_is_deleted_and_a_missing_one_is_named(run: Run, ingate: FakeIngate) -> None:
    assert run("workspace", "delete", "logs-one").exit_code == 0
    assert PATH not in ingate.arm
    result = run("workspace", "delete", "nobody")
    assert (result.exit_code, "'nobody'" in result.stderr) == (1, True)


@pytest.mark.parametrize("days", ["3", "731", "many"])
def test_days_have_bounds(run: Run, days: str) -> None:
    assert run("workspace", "update", "logs-one", "--days", days).exit_code == 2
