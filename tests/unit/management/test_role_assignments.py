"""Role assignments: made, found and taken away; what is refused is in tests/golden/management."""

from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.management_access import COGNITIVE_SERVICES_USER, PRINCIPALS, READER, Tenant

from ingate.domain.directory import parse_directory

pytestmark = pytest.mark.anyio

FIRST = "00000000-0000-4000-8000-00000000000a"
SECOND = "00000000-0000-4000-8000-00000000000b"


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


def get_path(scope: str, name: str = "") -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments{'/' if name else ''}{name}"


async def test_an_assignment_is_shown_as_azure_shows_it(client: ManagementClient, tenant: Tenant) -> None:
    app = await tenant.add("app")
    role = f"{client.subscription_path}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    body = {"properties": {"roleDefinitionId": role, "principalId": app.upper(), "principalType": "ServicePrincipal"}}
    path = get_path(client.account_path, FIRST)

    made = await client.send("PUT", path.replace("resourceGroups", "resourcegroups").upper(), body)

    assert made.status_code == 201
    document = made.json()
    assert document["id"] == path
    assert (document["name"], document["type"]) == (FIRST, "Microsoft.Authorization/roleAssignments")
    properties = document["properties"]
    assert properties["roleDefinitionId"] == role
    assert properties["principalId"] == app
    assert properties["scope"] == client.account_path
    assert properties["createdOn"] == properties["updatedOn"] == "2026-11-22T12:00:00.250000Z"
    assert properties["createdBy"] == "local-administrator"
    for found in (path, get_path("", FIRST)):
        assert (await client.send("GET", found)).json() == document
    assert (await client.send("GET", get_path(client.group_path, FIRST))).status_code == 404


async def test_whoever_made_it_is_named_by_object_id_and_may_describe_it_later(
    client: ManagementClient, tenant: Tenant
) -> None:
    owner = await tenant.add_with_role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", client.group_path)
    properties = {"roleDefinitionId": READER, "principalId": owner}
    path = get_path(client.account_path, FIRST)
    made = await tenant.send(owner, "PUT", path, {"properties": properties})
    again = await client.send("PUT", path, {"properties": {**properties, "description": "for reports"}})
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json()["properties"]["createdBy"] == owner
    assert again.json()["properties"]["updatedBy"] == "local-administrator"
    assert again.json()["properties"]["description"] == "for reports"


async def test_a_filter_chooses_by_scope_principal_and_groups(client: ManagementClient, tenant: Tenant) -> None:
    app, group = await tenant.add("app"), await tenant.add("team", "group")
    await client.send("POST", f"{PRINCIPALS}/team/addMember", {"memberId": "app"})
    above = await tenant.assign(group, READER, client.subscription_path)
    here = await tenant.assign(app, READER, client.group_path)
    below = await tenant.assign(app, COGNITIVE_SERVICES_USER, client.account_path)

    async def list_ids(scope: str, text: str = "") -> set[str]:
        path = get_path(scope) + (f"?$filter={text}" if text else "")
        response = await client.send("GET", path)
        assert response.status_code == 200, response.text
        return {entry["id"] for entry in response.json()["value"]}

    assert await list_ids(client.group_path) == {above, here, below}
    assert await list_ids(client.group_path, "atScope()") == {above, here}
    assert await list_ids(client.account_path, "atScope()") == {above, here, below}
    assert await list_ids(client.group_path, f"principalId eq '{app}'") == {here, below}
    assert await list_ids(client.group_path, f"atScope() and principalId eq '{app.upper()}'") == {here}
    assert await list_ids(client.group_path, f"assignedTo('{app}')") == {above, here, below}
    assert await list_ids(client.group_path, f"atScope() and assignedTo('{app}')") == {above, here}
    assert await list_ids("", f"assignedTo('{group}')") == {above}
    assert await list_ids(client.subscription_path, "principalId eq 'nobody'") == set()


async def test_gateways_learn_of_an_assignment_before_it_is_answered(
    client: ManagementClient, tenant: Tenant
) -> None:
    def list_callers() -> set[str]:
        return set(parse_directory(client.directory_file.read_bytes()).resources[0].callers)

    app = await tenant.add("app")
    assert app not in list_callers()
    path = await tenant.assign(app, COGNITIVE_SERVICES_USER, client.group_path)
    assert app in list_callers()
    await client.send("DELETE", path)
    assert app not in list_callers()


async def test_a_deleted_assignment_is_shown_once_more(client: ManagementClient, tenant: Tenant) -> None:
    app = await tenant.add("app")
    path = await tenant.assign(app, READER, client.group_path)
    deleted = await client.send("DELETE", path)
    again = await client.send("DELETE", path)
    assert (deleted.status_code, deleted.json()["id"]) == (200, path)
    assert (again.status_code, again.content) == (204, b"")


@pytest.mark.parametrize(
    "scope",
    [
        "/providers/Microsoft.Management/managementGroups/{tenant}",
        "{subscription}",
        "{account}/deployments/claude-opus-4-5",
        "{upstreams}/local",
        "{group}/providers/Microsoft.OperationalInsights/workspaces/example-workspace",
    ],
)
async def test_every_kind_of_scope_can_have_assignments(client: ManagementClient, tenant: Tenant, scope: str) -> None:
    upstream = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9999"}}
    await client.send("PUT", f"{client.upstreams_path}/local", upstream)
    written = scope.format(
        tenant=client.defaults.tenant_id,
        subscription=client.subscription_path,
        account=client.account_path,
        upstreams=client.upstreams_path,
        group=client.group_path,
    )
    app = await tenant.add("app")
    assert await tenant.assign(app, READER, written)
    response = await client.send("GET", get_path(written) + "?$filter=atScope()")
    assert [entry["properties"]["scope"] for entry in response.json()["value"]] == [written]


async def test_an_upstream_of_another_group_is_no_scope_of_this_one(client: ManagementClient, tenant: Tenant) -> None:
    """Names of upstreams are unique in the whole Ingate, and so could be found from anywhere."""
    await client.send("PUT", f"{client.group_path}-2", {"location": "eastus2"})
    upstream = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9999"}}
    await client.send("PUT", f"{client.upstreams_path}/local", upstream)
    elsewhere = f"{client.group_path}-2/providers/Ingate.Gateway/upstreams/local"
    app = await tenant.add("app")
    body = {"properties": {"roleDefinitionId": READER, "principalId": app}}
    assert (await client.send("PUT", get_path(elsewhere, FIRST), body)).status_code == 404


async def test_the_next_upstream_of_a_name_does_not_inherit_assignments(
    client: ManagementClient, tenant: Tenant
) -> None:
    upstream = f"{client.upstreams_path}/local"
    body = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9"}}
    await client.send("PUT", upstream, body)
    await tenant.add_with_role(READER, upstream)
    await client.send("DELETE", upstream)
    await client.send("PUT", upstream, body)
    listed = await client.send("GET", get_path(upstream))
    assert listed.json()["value"] == []


async def test_nor_does_one_that_went_with_its_group(client: ManagementClient, tenant: Tenant) -> None:
    group = client.group_path + "-2"
    upstream = f"{group}/providers/Ingate.Gateway/upstreams/local"
    body = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9"}}
    await client.send("PUT", group, {"location": "eastus2"})
    await client.send("PUT", upstream, body)
    await tenant.add_with_role(READER, upstream)
    await client.send("DELETE", group)
    await client.send("PUT", group, {"location": "eastus2"})
    await client.send("PUT", upstream, body)
    listed = await client.send("GET", get_path(upstream))
    assert listed.json()["value"] == []
