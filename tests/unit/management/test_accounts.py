from __future__ import annotations

from typing import Any

import pytest
from tests.support.control_plane import ManagementClient

from ingate.domain.directory import Directory, DirectoryResource, parse_directory
from ingate.domain.network import NetworkRules

pytestmark = pytest.mark.anyio

NEW: dict[str, Any] = {"location": "Sweden Central", "kind": "AIServices", "sku": {"name": "S0"}}


def read_directory(client: ManagementClient) -> Directory:
    """What a gateway would see at this moment."""
    return parse_directory(client.directory_file.read_bytes())


def find_resource(client: ManagementClient, name: str) -> DirectoryResource | None:
    return next((entry for entry in read_directory(client).resources if entry.name == name), None)


async def test_a_new_resource_is_201_shown_in_azures_shape_and_visible_to_gateways_at_once(
    client: ManagementClient,
) -> None:
    response = await client.send("PUT", f"{client.accounts_path}/Another-1", NEW)

    assert response.status_code == 201
    account = response.json()
    assert account["id"] == f"{client.accounts_path}/Another-1"
    assert (account["name"], account["type"]) == ("Another-1", "Microsoft.CognitiveServices/accounts")
    assert (account["kind"], account["location"]) == ("AIServices", "swedencentral")
    assert account["etag"]
    assert account["systemData"]["createdBy"] == "local-administrator"
    assert account["systemData"]["createdAt"] == "2026-11-22T12:00:00.250000Z"
    properties = account["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["endpoint"] == "http://another-1.localhost:8080/"
    assert properties["customSubDomainName"] == "another-1"
    assert len(properties["internalId"]) == 32
    published = find_resource(client, "Another-1")
    assert published is not None
    assert published.subdomain == "another-1"
    assert published.deployments == ()


async def test_putting_it_again_is_200_and_keeps_its_identity(client: ManagementClient) -> None:
    first = (await client.send("PUT", f"{client.accounts_path}/another", NEW)).json()
    response = await client.send("PUT", f"{client.accounts_path}/ANOTHER", {**NEW, "tags": {"a": "b"}})

    assert response.status_code == 200
    second = response.json()
    assert second["id"] == first["id"]
    assert second["tags"] == {"a": "b"}
    assert second["properties"]["internalId"] == first["properties"]["internalId"]
    assert second["systemData"]["createdAt"] == first["systemData"]["createdAt"]
    assert second["etag"] != first["etag"]


async def test_unknown_properties_are_kept_and_read_only_ones_are_not_believed(client: ManagementClient) -> None:
    body = {
        **NEW,
        "identity": {"type": "SystemAssigned"},
        "id": "/forged",
        "properties": {
            "allowProjectManagement": True,
            "future": {"nested": [1, 2.5, None]},
            "endpoint": "http://forged/",
        },
    }
    await client.send("PUT", f"{client.accounts_path}/another", body)

    account = (await client.send("GET", f"{client.accounts_path}/another")).json()
    assert account["identity"]["type"] == "SystemAssigned"
    assert account["properties"]["allowProjectManagement"] is True
    assert account["properties"]["future"] == {"nested": [1, 2.5, None]}
    assert account["properties"]["endpoint"] == "http://another.localhost:8080/"
    assert account["id"] == f"{client.accounts_path}/another"


async def test_what_get_answers_can_be_put_back(client: ManagementClient) -> None:
    shown = (await client.send("GET", client.account_path)).json()
    response = await client.send("PUT", client.account_path, shown)
    assert response.status_code == 200
    again = response.json()
    for changing in ("etag", "systemData"):
        shown.pop(changing)
        again.pop(changing)
    assert again == shown


async def test_patch_merges_properties_and_replaces_tags(client: ManagementClient) -> None:
    path = f"{client.accounts_path}/another"
    await client.send("PUT", path, {**NEW, "tags": {"a": "1"}, "properties": {"kept": 1, "dropped": 2}})

    response = await client.send("PATCH", path, {"tags": {"b": "2"}, "properties": {"dropped": None}})

    assert response.status_code == 200
    account = response.json()
    assert account["tags"] == {"b": "2"}
    assert account["properties"]["kept"] == 1
    assert "dropped" not in account["properties"]
    assert account["location"] == "swedencentral"


async def test_a_custom_subdomain_names_the_host_and_can_be_chosen_once(client: ManagementClient) -> None:
    path = f"{client.accounts_path}/another"
    await client.send("PUT", path, NEW)
    chosen = {"properties": {"customSubDomainName": "Chosen-Name"}}

    first = await client.send("PATCH", path, chosen)
    second = await client.send("PATCH", path, {"properties": {"customSubDomainName": "other-name"}})

    assert first.json()["properties"]["endpoint"] == "http://chosen-name.localhost:8080/"
    assert second.status_code == 409
    published = find_resource(client, "another")
    assert published is not None
    assert published.subdomain == "chosen-name"


async def test_paths_are_compared_without_regard_to_case_and_may_end_with_a_slash(
    client: ManagementClient,
) -> None:
    path = client.account_path.replace("resourceGroups", "resourcegroups")
    for spelled in (path, client.account_path.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), path + "/"):
        assert (await client.send("GET", spelled)).json()["name"] == "example-resource"


async def test_lists_are_by_group_and_by_subscription(client: ManagementClient) -> None:
    other = client.group_path + "-2"
    provider = "providers/Microsoft.CognitiveServices/accounts"
    await client.send("PUT", other, {"location": "eastus2", "tags": {"team": "x"}})
    await client.send("PUT", f"{other}/{provider}/another", NEW)

    in_group = (await client.send("GET", f"{other}/{provider}")).json()
    subscription = f"/subscriptions/{client.defaults.subscription_id}"
    everywhere = (await client.send("GET", f"{subscription}/{provider}")).json()

    assert [entry["name"] for entry in in_group["value"]] == ["another"]
    assert {entry["name"] for entry in everywhere["value"]} == {"another", "example-resource"}
    assert "nextLink" not in everywhere


async def test_deleting_is_200_then_204_and_closes_the_data_plane(client: ManagementClient) -> None:
    assert (await client.send("DELETE", client.account_path)).status_code == 200
    assert find_resource(client, "example-resource") is None
    assert (await client.send("DELETE", client.account_path)).status_code == 204
    assert (await client.send("POST", f"{client.account_path}/listKeys")).status_code == 404


async def test_head_says_whether_there_is_an_account(client: ManagementClient) -> None:
    assert (await client.send("HEAD", client.account_path)).status_code == 204
    assert (await client.send("HEAD", f"{client.accounts_path}/nothing")).status_code == 404


async def test_protections_are_kept_and_reach_gateways(client: ManagementClient) -> None:
    acls = {
        "defaultAction": "Deny",
        "bypass": "AzureServices",
        "ipRules": [{"value": "203.0.113.7"}, {"value": "2001:db8::/32"}],
        "virtualNetworkRules": [{"id": "/subscriptions/s/virtualNetworks/v/subnets/n", "state": "x"}],
    }
    properties = {"disableLocalAuth": True, "publicNetworkAccess": "Disabled", "networkAcls": acls}
    response = await client.send("PATCH", client.account_path, {"properties": properties})

    assert response.status_code == 200
    shown = response.json()["properties"]
    assert {name: shown[name] for name in properties} == properties
    published = find_resource(client, "example-resource")
    assert published is not None
    assert not published.allows_keys
    assert published.network == NetworkRules(
        is_public=False, default_action="Deny", allowed=("203.0.113.7", "2001:db8::/32")
    )


async def test_a_custom_subdomain_cannot_be_taken_away(client: ManagementClient) -> None:
    for method in ("PATCH", "PUT"):
        body = {"location": "eastus2", "properties": {"customSubDomainName": None}}
        response = await client.send(method, client.account_path, body)
        assert response.json()["properties"]["customSubDomainName"] == "example-resource"


async def test_what_only_ingate_says_of_an_identity_is_not_believed(client: ManagementClient) -> None:
    identity: dict[str, Any] = {
        "type": "systemassigned,userassigned",
        "principalId": "forged",
        "userAssignedIdentities": {"/i": {}},
    }
    await client.send("PUT", f"{client.accounts_path}/another", {**NEW, "identity": identity})

    shown = (await client.send("GET", f"{client.accounts_path}/another")).json()["identity"]
    assert shown["type"] == "SystemAssigned, UserAssigned"
    assert shown["userAssignedIdentities"] == {"/i": {}}
    assert shown.get("principalId") != "forged"


async def test_if_none_match_creates_only_what_is_not_there(client: ManagementClient) -> None:
    headers = {"if-none-match": "*"}
    new = await client.send("PUT", f"{client.accounts_path}/another", NEW, headers=headers)
    again = await client.send("PUT", f"{client.accounts_path}/another", NEW, headers=headers)
    assert (new.status_code, again.status_code) == (201, 412)


async def test_if_match_changes_only_what_was_seen(client: ManagementClient) -> None:
    seen = (await client.send("GET", client.account_path)).json()["etag"]
    body = {"location": "eastus2"}
    first = await client.send("PUT", client.account_path, body, headers={"if-match": seen})
    second = await client.send("PUT", client.account_path, body, headers={"if-match": seen})
    assert (first.status_code, second.status_code) == (200, 412)


@pytest.mark.parametrize(
    "content",
    [
        b'{"location":"eastus2","properties":{"n":123456789012345678901234567890}}',
        b'{"location":"eastus2","properties":{"s":"\\ud800"}}',
        b'{"location":"eastus2","properties":{"n":1e400}}',
        b'{"location":"eastus2","location":null}',
        b'{"location":"eastus2","properties":null}',
        b'{"location":"eastus2","properties":{"networkAcls":[]}}',
        b'\xff\xfe{"location":"eastus2"}',
        b'{"location":"eastus2","tags":{"\\u0000":"\\u0000"}}',
    ],
)
async def test_odd_json_is_kept_or_refused_but_never_a_failure(client: ManagementClient, content: bytes) -> None:
    response = await client.send("PUT", f"{client.accounts_path}/another", content=content)
    assert response.status_code in (201, 400), response.text
