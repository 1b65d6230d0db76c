from __future__ import annotations

from typing import Any

import pytest
from tests.support.control_plane import ManagementClient

from ingate.domain.directory import parse_directory

pytestmark = pytest.mark.anyio

UPSTREAM: dict[str, Any] = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9999"}}


async def test_patch_replaces_tags_and_keeps_the_rest(client: ManagementClient) -> None:
    group = client.group_path + "-2"
    await client.send("PUT", group, {"location": "eastus2", "tags": {"a": "1"}, "managedBy": "/m"})
    response = await client.send("PATCH", group, {"tags": {"b": "2"}})
    assert response.status_code == 200
    shown = response.json()
    assert (shown["tags"], shown["managedBy"], shown["location"]) == ({"b": "2"}, "/m", "eastus2")
    moved = await client.send("PATCH", group, {"location": "westus"})
    assert moved.json()["error"]["code"] == "InvalidResourceLocation"


async def test_groups_are_found_by_tag(client: ManagementClient) -> None:
    await client.send("PUT", client.group_path + "-2", {"location": "eastus2", "tags": {"team": "x"}})
    path = f"{client.subscription_path}/resourcegroups?$filter=tagName eq 'Team' and tagValue eq 'x'"
    listed = (await client.send("GET", path)).json()["value"]
    assert [entry["name"] for entry in listed] == ["example-group-2"]


async def test_deleting_a_group_deletes_what_is_in_it_and_can_be_undone(client: ManagementClient) -> None:
    before = parse_directory(client.directory_file.read_bytes()).resources
    assert (await client.send("DELETE", client.group_path)).status_code == 200
    assert parse_directory(client.directory_file.read_bytes()).resources == ()
    assert (await client.send("HEAD", client.group_path)).status_code == 404
    assert (await client.send("DELETE", client.group_path)).status_code == 404
    assert (await client.send("GET", f"{client.subscription_path}/resourceGroups")).json() == {"value": []}

    await client.send("PUT", client.group_path, {"location": "westus"})
    assert (await client.send("GET", client.group_path)).json()["location"] == "westus"
    restored = await client.send("PUT", client.account_path, {"properties": {"restore": True}})
    assert restored.status_code == 200
    assert parse_directory(client.directory_file.read_bytes()).resources == before


async def test_a_group_without_accounts_leaves_nothing_behind(client: ManagementClient) -> None:
    group = client.group_path + "-2"
    await client.send("PUT", group, {"location": "eastus2"})
    await client.send("PUT", f"{group}/providers/Ingate.Gateway/upstreams/local", UPSTREAM)
    assert (await client.send("DELETE", group)).status_code == 200
    again = await client.send("PUT", f"{client.upstreams_path}/local", UPSTREAM)
    assert again.status_code == 201


async def test_a_group_stays_while_deployments_elsewhere_use_its_upstream(client: ManagementClient) -> None:
    group = client.group_path + "-2"
    await client.send("PUT", group, {"location": "eastus2"})
    await client.send("PUT", f"{group}/providers/Ingate.Gateway/upstreams/local", UPSTREAM)
    properties = {"model": {"name": "claude-opus-4-5"}, "ingate": {"upstream": "local"}}
    await client.send("PUT", f"{client.account_path}/deployments/d1", {"properties": properties})

    refused = await client.send("DELETE", group)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "Conflict")
    assert (await client.send("HEAD", group)).status_code == 204


async def test_a_deployment_does_not_come_back_without_the_upstream_of_its_group(client: ManagementClient) -> None:
    await client.send("PUT", f"{client.upstreams_path}/local", UPSTREAM)
    properties = {"model": {"name": "claude-opus-4-5"}, "ingate": {"upstream": "local"}}
    await client.send("PUT", f"{client.account_path}/deployments/d1", {"properties": properties})
    await client.send("DELETE", client.group_path)
    await client.send("PUT", client.group_path, {"location": "eastus2"})
    await client.send("PUT", client.account_path, {"properties": {"restore": True}})

    listed = (await client.send("GET", f"{client.account_path}/deployments")).json()["value"]
    assert "d1" not in [entry["name"] for entry in listed]
    assert len(listed) == 4
