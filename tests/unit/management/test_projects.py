from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.control_plane import NOW, ManagementClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def projects_path(client: ManagementClient) -> str:
    await client.send("PATCH", client.account_path, {"properties": {"allowProjectManagement": True}})
    return f"{client.account_path}/projects"


async def test_a_project_is_shown_in_azures_shape(client: ManagementClient, projects_path: str) -> None:
    body = {
        "location": "East US 2",
        "identity": {"type": "SystemAssigned"},
        "tags": {"team": "x"},
        "properties": {"displayName": "Team X", "description": "d", "future": [1], "isDefault": False},
    }
    response = await client.send("PUT", f"{projects_path}/team-x", body)

    assert response.status_code == 201
    project = response.json()
    assert project["id"] == f"{projects_path}/team-x"
    assert project["type"] == "Microsoft.CognitiveServices/accounts/projects"
    assert (project["name"], project["location"], project["tags"]) == ("team-x", "eastus2", {"team": "x"})
    assert project["properties"] == {
        "displayName": "Team X",
        "description": "d",
        "future": [1],
        "provisioningState": "Succeeded",
        "endpoints": {"AI Foundry API": "http://example-resource.localhost:8080/api/projects/team-x"},
        "isDefault": True,
    }
    assert (await client.send("GET", f"{projects_path}/TEAM-X")).json() == project
    assert (await client.send("HEAD", f"{projects_path}/team-x")).status_code == 204


async def test_the_oldest_project_is_the_accounts_default(client: ManagementClient, projects_path: str) -> None:
    await client.send("PUT", f"{projects_path}/zz", {})
    later = client.with_settings(clock=lambda: NOW + timedelta(minutes=1))
    second = await later.send("PUT", f"{projects_path}/aa", {})
    assert second.json()["properties"]["isDefault"] is False

    account = (await client.send("GET", client.account_path)).json()["properties"]
    assert (account["defaultProject"], account["associatedProjects"]) == ("zz", ["aa", "zz"])

    await client.send("DELETE", f"{projects_path}/zz")
    account = (await client.send("GET", client.account_path)).json()["properties"]
    assert account["defaultProject"] == "aa"


async def test_patch_keeps_what_it_leaves_out(client: ManagementClient, projects_path: str) -> None:
    await client.send("PUT", f"{projects_path}/p1", {"properties": {"displayName": "One", "description": "d"}})
    response = await client.send("PATCH", f"{projects_path}/p1", {"properties": {"description": "e"}})
    assert response.status_code == 200
    shown = response.json()["properties"]
    assert (shown["displayName"], shown["description"]) == ("One", "e")


async def test_etags_guard_changes(client: ManagementClient, projects_path: str) -> None:
    etag = (await client.send("PUT", f"{projects_path}/p1", {})).json()["etag"]
    fresh = await client.send("PUT", f"{projects_path}/p1", {}, headers={"if-match": etag})
    stale = await client.send("DELETE", f"{projects_path}/p1", headers={"if-match": etag})
    assert (fresh.status_code, stale.status_code) == (200, 412)


async def test_deleting_is_200_then_204(client: ManagementClient, projects_path: str) -> None:
    await client.send("PUT", f"{projects_path}/p1", {})
    statuses = [(await client.send("DELETE", f"{projects_path}/p1")).status_code for _ in range(2)]
    assert statuses == [200, 204]
    assert (await client.send("GET", projects_path)).json() == {"value": []}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("{projects}/-p", 400, "InvalidResourceName"),
        ("{projects}/p", 400, "InvalidResourceName"),
        ("{accounts}/nothing/projects/p1", 404, "ParentResourceNotFound"),
    ],
)
async def test_a_project_needs_a_name_and_an_account(
    client: ManagementClient, projects_path: str, path: str, status: int, code: str
) -> None:
    full = path.format(projects=projects_path, accounts=client.accounts_path)
    response = await client.send("PUT", full, {})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_a_project_stays_where_it_is(client: ManagementClient, projects_path: str) -> None:
    await client.send("PUT", f"{projects_path}/p1", {})
    response = await client.send("PUT", f"{projects_path}/p1", {"location": "westus"})
    assert (response.status_code, response.json()["error"]["code"]) == (409, "InvalidResourceLocation")
