"""Log Analytics workspaces."""

from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient

pytestmark = pytest.mark.anyio

PROVIDER = "/providers/Microsoft.OperationalInsights/workspaces"


@pytest.fixture
def group_path(client: ManagementClient) -> str:
    return client.account_path.partition("/providers/")[0]


async def test_every_ingate_begins_with_a_workspace(client: ManagementClient, group_path: str) -> None:
    listed = (await client.send("GET", group_path + PROVIDER)).json()["value"]

    (workspace,) = listed
    assert workspace["name"] == "example-workspace"
    assert workspace["properties"]["retentionInDays"] == 30
    assert len(workspace["properties"]["customerId"]) == 36


async def test_a_workspace_keeps_what_was_written_and_its_guid(client: ManagementClient, group_path: str) -> None:
    path = f"{group_path}{PROVIDER}/team-logs"
    body = {"location": "East US 2", "tags": {"team": "x"}, "properties": {"retentionInDays": 90, "future": 1}}

    created = await client.send("PUT", path, body)
    changed = await client.send("PATCH", path, {"properties": {"retentionInDays": 31}})

    assert created.status_code == 201
    assert created.json()["location"] == "eastus2"
    assert created.json()["properties"]["future"] == 1
    assert changed.json()["properties"]["retentionInDays"] == 31
    assert changed.json()["properties"]["customerId"] == created.json()["properties"]["customerId"]
    assert (await client.send("GET", path.upper().replace("TEAM-LOGS", "Team-Logs"))).json() == changed.json()


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("abc", {"location": "eastus2"}, "InvalidResourceName"),
        ("team-logs", {}, "LocationRequired"),
        ("team-logs", {"location": "eastus2", "properties": {"retentionInDays": 3}}, "InvalidResourceProperties"),
    ],
)
async def test_what_cannot_be_a_workspace_is_refused(
    client: ManagementClient, group_path: str, name: str, body: dict[str, object], code: str
) -> None:
    response = await client.send("PUT", f"{group_path}{PROVIDER}/{name}", body)

    assert response.status_code == 400
    assert response.json()["error"]["code"] == code


async def test_deleting_twice_is_no_error(client: ManagementClient, group_path: str) -> None:
    path = f"{group_path}{PROVIDER}/example-workspace"

    assert (await client.send("DELETE", path)).status_code == 200
    assert (await client.send("DELETE", path)).status_code == 204
    assert (await client.send("GET", path)).status_code == 404
