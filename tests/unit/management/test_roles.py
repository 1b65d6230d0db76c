"""Role definitions: the built-in ones as Azure has them, and custom ones."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.management_access import OWNER, READER, Tenant

pytestmark = pytest.mark.anyio

ROLE = "00000000-0000-4000-8000-0000000000c1"


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


def get_path(scope: str, name: str = "") -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleDefinitions{'/' if name else ''}{name}"


def make_role(scope: str, name: str = "Key keeper", **permissions: Any) -> dict[str, Any]:
    permissions = permissions or {"actions": ["Microsoft.CognitiveServices/accounts/*/action"]}
    return {"properties": {"roleName": name, "permissions": [permissions], "assignableScopes": [scope]}}


@pytest.mark.parametrize(
    ("name", "role_id"),
    [
        ("Cognitive Services User", "a97b65f3-24c7-4388-baec-2e87135dc908"),
        ("cognitive services openai user", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
        ("Azure AI User", "53ca6127-db72-4b80-b1b0-d745d6d5456d"),
        ("Foundry User", "53ca6127-db72-4b80-b1b0-d745d6d5456d"),
    ],
)
async def test_a_role_is_found_by_its_name_or_its_former_one(
    client: ManagementClient, name: str, role_id: str
) -> None:
    path = get_path(client.account_path) + f"?$filter=roleName eq '{name}'"
    [role] = (await client.send("GET", path)).json()["value"]
    assert role["name"] == role_id
    assert role["id"] == get_path(client.subscription_path, role_id)
    assert role["properties"]["type"] == "BuiltInRole"
    assert (await client.send("GET", get_path("", role_id))).json()["id"] == get_path("", role_id)


async def test_a_custom_role_is_made_changed_assigned_and_deleted(client: ManagementClient, tenant: Tenant) -> None:
    path = get_path(client.subscription_path, ROLE)
    made = await client.send("PUT", path, make_role(client.group_path.upper().replace("/SUB", "/sub")))
    assert made.status_code == 201
    assert made.json()["properties"]["type"] == "CustomRole"
    assert made.json()["properties"]["assignableScopes"] == [client.group_path]

    keeper = await tenant.add("keeper")
    assignment = await tenant.assign(keeper, ROLE, client.account_path)
    assert (await tenant.send(keeper, "POST", f"{client.account_path}/listKeys")).status_code == 200
    assert (await tenant.send(keeper, "GET", client.account_path)).status_code == 403

    narrowed = make_role(client.group_path, actions=["*"], notActions=["*/listKeys/action"])
    assert (await client.send("PUT", path, narrowed)).status_code == 201
    assert (await tenant.send(keeper, "POST", f"{client.account_path}/listKeys")).status_code == 403
    assert (await tenant.send(keeper, "GET", client.account_path)).status_code == 200

    assert (await client.send("DELETE", path)).json()["error"]["code"] == "RoleDefinitionHasAssignments"
    await client.send("DELETE", assignment)
    assert (await client.send("DELETE", path)).json()["name"] == ROLE
    assert (await client.send("DELETE", path)).status_code == 204


async def test_a_custom_role_shows_where_it_can_be_assigned(client: ManagementClient, tenant: Tenant) -> None:
    await client.send("PUT", get_path(client.group_path, ROLE), make_role(client.group_path))

    async def is_listed(scope: str, text: str = "type eq 'CustomRole'") -> bool:
        response = await client.send("GET", get_path(scope) + f"?$filter={text}")
        return [entry["name"] for entry in response.json()["value"]] == [ROLE]

    assert await is_listed(client.group_path)
    assert await is_listed(client.account_path)
    assert not await is_listed(client.subscription_path)
    assert await is_listed(client.subscription_path, "atScopeAndBelow() and type eq 'CustomRole'")
    app = await tenant.add("app")
    assignment = f"{client.subscription_path}/providers/Microsoft.Authorization/roleAssignments/{ROLE}"
    body = {"properties": {"roleDefinitionId": ROLE, "principalId": app}}
    response = await client.send("PUT", assignment, body)
    assert response.json()["error"]["code"] == "RoleDefinitionDoesNotExist"


async def test_a_role_takes_an_owner_wherever_it_can_be_assigned(client: ManagementClient, tenant: Tenant) -> None:
    """Of this group only: nobody widens a role beyond what they own, nor changes one that counts elsewhere."""
    owner = await tenant.add_with_role(OWNER, client.group_path)
    path = get_path(client.group_path, ROLE)
    wider = await tenant.send(owner, "PUT", path, make_role(client.subscription_path))
    own = await tenant.send(owner, "PUT", path, make_role(client.group_path))
    await client.send("PUT", path, make_role(client.subscription_path))
    others = await tenant.send(owner, "PUT", path, make_role(client.group_path, actions=["*"]))
    deleted = await tenant.send(owner, "DELETE", path)
    assert [answer.status_code for answer in (wider, own, others, deleted)] == [403, 201, 403, 403]
    assert client.subscription_path in wider.json()["error"]["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"roleName": ""},
        {"roleName": "x" * 129},
        {"roleName": "line\nend"},
        {"type": "BuiltInRole"},
        {"assignableScopes": []},
        {"assignableScopes": ["/"]},
        {"permissions": []},
        {"permissions": [{"notActions": ["*"]}]},
        {"permissions": [{"actions": ["read"]}]},
        {"permissions": [{"actions": ["Microsoft.A/*/*/*/*/*/read"]}]},
        {"permissions": [{"actions": ["Microsoft.A/**/read"]}]},
        {"permissions": [{"actions": ["Microsoft.A/b c/read"]}]},
        {"permissions": [{"actions": ["Microsoft.A/" + "b" * 256]}]},
        {"permissions": [{"dataActions": ["*/read"] * 1001}]},
        {"description": "x" * 1025},
    ],
)
async def test_a_role_that_says_too_little_or_too_much_is_refused(
    client: ManagementClient, change: dict[str, Any]
) -> None:
    role = make_role(client.group_path)
    role["properties"] |= change
    response = await client.send("PUT", get_path(client.group_path, ROLE), role)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "InvalidRoleDefinition"


async def test_a_reader_may_look_at_roles_and_not_make_them(client: ManagementClient, tenant: Tenant) -> None:
    reader = await tenant.add_with_role(READER, client.group_path)
    assert (await tenant.send(reader, "GET", get_path(client.group_path))).status_code == 200
    response = await tenant.send(reader, "PUT", get_path(client.group_path, ROLE), make_role(client.group_path))
    assert response.status_code == 403
