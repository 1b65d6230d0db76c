from __future__ import annotations

import json

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_ingate import SUBSCRIPTION, FakeIngate, account_path

LOCATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/eastus2"
DELETED = f"{LOCATION}/resourceGroups/example-group/deletedAccounts/gone"


@pytest.fixture(autouse=True)
def deleted(ingate: FakeIngate) -> None:
    dates = {"deletionDate": "2026-11-22T10:00:00Z", "scheduledPurgeDate": "2026-11-24T10:00:00Z"}
    ingate.arm[DELETED] = {"id": DELETED, "name": "gone", "location": "eastus2", "properties": dates}


def test_deleted_resources_are_listed_with_their_end(run: Run) -> None:
    listed = run("resource", "list-deleted", "-o", "tsv").stdout
    assert listed == "gone\texample-group\teastus2\t2026-11-22T10:00:00Z\t2026-11-24T10:00:00Z\n"


def test_a_deleted_resource_is_recovered_where_it_was(run: Run, ingate: FakeIngate) -> None:
    assert run("resource", "recover", "GONE").exit_code == 0
    assert ingate.requests[-1].url.path == account_path("gone")
    assert json.loads(ingate.requests[-1].content) == {"location": "eastus2", "properties": {"restore": True}}


def test_a_deleted_resource_is_purged(run: Run, ingate: FakeIngate) -> None:
    assert run("resource", "purge", "gone", stdin="n\n", terminal=True).exit_code == 1
    assert run("resource", "purge", "gone").stderr == "Purged resource gone.\n"
    assert DELETED not in ingate.arm


def test_what_was_not_deleted_cannot_be_recovered(run: Run) -> None:
    result = run("resource", "recover", "example-resource")
    assert (result.exit_code, result.stderr) == (
        1,
        "ingate: there is no deleted resource 'example-resource'. There is: gone\n",
    )
