"""What callers may do, by their roles and where they have them."""

from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.management_access import (
    COGNITIVE_SERVICES_USER,
    CONTRIBUTOR,
    OWNER,
    PRINCIPALS,
    READER,
    USER_ACCESS_ADMINISTRATOR,
    Tenant,
)

pytestmark = pytest.mark.anyio

ROLES = {
    "Owner": OWNER,
    "Contributor": CONTRIBUTOR,
    "Reader": READER,
    "User Access Administrator": USER_ACCESS_ADMINISTRATOR,
    "Cognitive Services User": COGNITIVE_SERVICES_USER,
}
NEW_GUID = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("Owner", {"read", "write", "keys", "assign"}),
        ("Contributor", {"read", "write", "keys"}),
        ("Reader", {"read"}),
        ("User Access Administrator", {"read", "assign"}),
        ("Cognitive Services User", {"read", "keys"}),
        (None, set[str]()),
    ],
)
async def test_a_role_allows_what_it_allows_on_azure(
    client: ManagementClient, tenant: Tenant, role: str | None, allowed: set[str]
) -> None:
    caller = await tenant.add("caller")
    if role is not None:
        await tenant.assign(caller, ROLES[role], client.account_path)
    assignment = f"{client.account_path}/providers/Microsoft.Authorization/roleAssignments/{NEW_GUID}"
    answers = {
        "read": await tenant.send(caller, "GET", client.account_path),
        "write": await tenant.send(caller, "PATCH", client.account_path, {"tags": {"a": "b"}}),
        "keys": await tenant.send(caller, "POST", f"{client.account_path}/listKeys"),
        "assign": await tenant.send(
            caller, "PUT", assignment, {"properties": {"roleDefinitionId": READER, "principalId": caller}}
        ),
    }
    assert {name for name, answer in answers.items() if answer.is_success} == allowed
    assert {answer.status_code for answer in answers.values() if not answer.is_success} <= {403}


@pytest.mark.parametrize("level", ["root", "management group", "subscription", "group", "account"])
async def test_a_role_counts_at_its_scope_and_below(client: ManagementClient, tenant: Tenant, level: str) -> None:
    management_group = f"/providers/Microsoft.Management/managementGroups/{client.defaults.tenant_id}"
    scopes = {
        "root": "/",
        "management group": management_group,
        "subscription": client.subscription_path,
        "group": client.group_path,
        "account": client.account_path,
    }
    reader = await tenant.add_with_role(READER, scopes[level])
    paths = {
        "root": f"{PRINCIPALS}",
        "subscription": f"{client.subscription_path}/providers/Microsoft.CognitiveServices/skus",
        "group": client.group_path,
        "account": client.account_path,
    }
    statuses = {name: (await tenant.send(reader, "GET", path)).status_code for name, path in paths.items()}
    reached = {"root": 4, "management group": 4, "subscription": 3, "group": 2, "account": 1}[level]
    assert list(statuses.values()) == [403] * (4 - reached) + [200] * reached


@pytest.mark.parametrize("level", ["subscription", "group", "account", "none"])
async def test_lists_of_accounts_show_what_their_reader_may_read(
    client: ManagementClient, tenant: Tenant, level: str
) -> None:
    scopes = {"subscription": client.subscription_path, "group": client.group_path, "account": client.account_path}
    other = f"{client.group_path}/providers/Microsoft.CognitiveServices/accounts/another"
    assert (await client.send("PUT", other, {"location": "eastus2", "kind": "AIServices"})).is_success
    reader = await tenant.add("reader")
    if level in scopes:
        await tenant.assign(reader, READER, scopes[level])
    for parent in (client.subscription_path, client.group_path):
        answer = await tenant.send(reader, "GET", f"{parent}/providers/Microsoft.CognitiveServices/accounts")
        if level == "none":
            assert answer.status_code == 403
        else:
            names = [account["name"] for account in answer.json()["value"]]
            assert names == (["example-resource"] if level == "account" else ["another", "example-resource"])


async def test_a_refusal_says_what_was_missing_where_in_azures_words(
    client: ManagementClient, tenant: Tenant
) -> None:
    nobody = await tenant.add("nobody", clientId="dddddddd-dddd-4ddd-8ddd-dddddddddddd")
    response = await tenant.send(nobody, "POST", f"{client.account_path}/listkeys")

    assert response.status_code == 403
    assert response.json()["error"] == {
        "code": "AuthorizationFailed",
        "message": f"The client 'dddddddd-dddd-4ddd-8ddd-dddddddddddd' with object id '{nobody}' does not have "
        "authorization to perform action 'Microsoft.CognitiveServices/accounts/listKeys/action' over scope "
        f"'{client.account_path}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
    }


async def test_what_exists_is_not_told_to_whoever_may_not_read_it(client: ManagementClient, tenant: Tenant) -> None:
    nobody = await tenant.add("nobody")
    for there, missing in (
        (client.account_path, f"{client.accounts_path}/none"),
        (client.group_path, f"{client.group_path}-2"),
        (client.subscription_path, "/subscriptions/99999999-9999-4999-8999-999999999999"),
        (f"{client.account_path}/deployments/claude-opus-4-5", f"{client.account_path}/deployments/none"),
        (f"{PRINCIPALS}/nobody", f"{PRINCIPALS}/none"),
    ):
        for method in ("GET", "PUT", "DELETE"):
            answers = [await tenant.send(nobody, method, path) for path in (there, missing)]
            assert {answer.status_code for answer in answers} == {403}
            texts = [answer.text.replace(path, "") for answer, path in zip(answers, (there, missing), strict=True)]
            assert texts[0] == texts[1]


async def test_lists_have_what_the_caller_may_see(client: ManagementClient, tenant: Tenant) -> None:
    await client.send("PUT", f"{client.group_path}-2", {"location": "eastus2"})
    nobody = await tenant.add("nobody")
    of_account = await tenant.add_with_role(READER, client.account_path)

    assert (await tenant.send(nobody, "GET", "/subscriptions")).json() == {"value": []}
    assert (await tenant.send(nobody, "GET", f"{client.subscription_path}/resourceGroups")).status_code == 403
    subscriptions = (await tenant.send(of_account, "GET", "/subscriptions")).json()["value"]
    groups = (await tenant.send(of_account, "GET", f"{client.subscription_path}/resourceGroups")).json()["value"]
    assert [entry["id"] for entry in subscriptions] == [client.subscription_path]
    assert [entry["name"] for entry in groups] == ["example-group"]
    assert (await tenant.send(of_account, "GET", client.subscription_path)).status_code == 200
    assert (await tenant.send(nobody, "GET", "/tenants")).json()["value"][0]["tenantId"] == client.defaults.tenant_id


async def test_a_member_has_the_roles_of_its_groups_and_of_theirs(client: ManagementClient, tenant: Tenant) -> None:
    member = await tenant.add("ada", "user", userPrincipalName="ada@example.com")
    await tenant.add("inner", "group")
    outer = await tenant.add("outer", "group")
    await tenant.assign(outer, READER, client.group_path)
    await client.send("POST", f"{PRINCIPALS}/outer/addMember", {"memberId": "inner"})
    before = await tenant.send(member, "GET", client.account_path)
    await client.send("POST", f"{PRINCIPALS}/inner/addMember", {"memberId": member})
    after = await tenant.send(member, "GET", client.account_path)
    await client.send("POST", f"{PRINCIPALS}/inner/removeMember", {"memberId": member})
    removed = await tenant.send(member, "GET", client.account_path)
    assert [before.status_code, after.status_code, removed.status_code] == [403, 200, 403]


async def test_a_tokens_own_groups_count_for_nothing_in_our_tenant(client: ManagementClient, tenant: Tenant) -> None:
    owners = await tenant.add("owners", "group")
    await tenant.assign(owners, OWNER, "/")
    nobody = await tenant.add("nobody")
    token = tenant.issue(nobody, groups=[owners])
    assert (await client.send("GET", client.account_path, token=token)).status_code == 403


async def test_a_role_is_gone_with_its_assignment(client: ManagementClient, tenant: Tenant) -> None:
    reader = await tenant.add("reader")
    path = await tenant.assign(reader, READER, client.group_path)
    assert (await tenant.send(reader, "GET", client.account_path)).status_code == 200
    assert (await client.send("DELETE", path)).status_code == 200
    assert (await tenant.send(reader, "GET", client.account_path)).status_code == 403


@pytest.mark.parametrize("role", ["Contributor", "User Access Administrator"])
async def test_power_over_principals_and_upstreams_takes_the_whole_tenant(
    client: ManagementClient, tenant: Tenant, role: str
) -> None:
    """A contributor at the root could otherwise give an owner another secret, and read any file of this machine."""
    everywhere = await tenant.add_with_role(ROLES[role], "/", "everywhere")
    here = await tenant.add_with_role(OWNER, client.subscription_path, "here")
    upstream = {"properties": {"kind": "messages-api", "baseUrl": "https://evil.example", "credential": "file:/x"}}
    for caller in (everywhere, here):
        for method, path, body in (
            ("POST", f"{PRINCIPALS}/everywhere/addSecret", {}),
            ("PUT", f"{PRINCIPALS}/another", {"properties": {"kind": "application"}}),
            ("DELETE", f"{PRINCIPALS}/here", None),
            ("PUT", f"{client.upstreams_path}/evil", upstream),
        ):
            assert (await tenant.send(caller, method, path, body)).status_code == 403
    owner = await tenant.add_with_role(OWNER, "/", "owner")
    assert (await tenant.send(owner, "PUT", f"{client.upstreams_path}/evil", upstream)).status_code == 201


@pytest.mark.parametrize(
    "path",
    [
        "{group}/providers/Micro\u017foft.Authorization/roleAssignments/{guid}",
        "{group}/providers/Microsoft.Author\u0131zation/roleAssignments/{guid}",
        "{group}/providers/Microsoft.Authorization/roleA\u017fsignments/{guid}",
        "{subscription}/resourceGroups/providers/Microsoft.Authorization/roleAssignments/{guid}",
        "{group}/providers/Microsoft.Authorization/providers/Microsoft.Authorization/roleAssignments/{guid}",
        "{account}/deployments/providers/Microsoft.Authorization/roleAssignments/{guid}",
    ],
)
async def test_no_spelling_of_a_path_gets_around_what_a_role_leaves_out(
    client: ManagementClient, tenant: Tenant, path: str
) -> None:
    """Contributor is everything but assigning roles."""
    contributor = await tenant.add_with_role(CONTRIBUTOR, client.subscription_path)
    target = path.format(
        group=client.group_path,
        account=client.account_path,
        subscription=client.subscription_path,
        guid=NEW_GUID,
    )
    body = {"properties": {"roleDefinitionId": OWNER, "principalId": contributor}}
    response = await tenant.send(contributor, "PUT", target, body)
    assert response.status_code in {403, 404, 405}
    async with client.plane.state.reading() as session:
        assignments = await session.roles.list_assignments()
    assert [entry.role_id for entry in assignments] == [CONTRIBUTOR]


async def test_a_line_end_after_a_verb_is_another_path(client: ManagementClient, tenant: Tenant) -> None:
    owner = await tenant.add_with_role(OWNER, "/")
    assert (await tenant.send(owner, "POST", f"{client.account_path}/listKeys%0A")).status_code == 404


async def test_slashes_that_sdks_leave_in_paths_do_not_matter(client: ManagementClient, tenant: Tenant) -> None:
    reader = await tenant.add_with_role(READER, client.account_path)
    path = f"{client.account_path}//providers/Microsoft.Authorization/roleAssignments"
    assert (await tenant.send(reader, "GET", path)).status_code == 200


async def test_a_created_resource_tells_who_created_it(client: ManagementClient, tenant: Tenant) -> None:
    owner = await tenant.add("ada", "user", userPrincipalName="Ada@example.com")
    await tenant.assign(owner, OWNER, client.group_path)
    made = await tenant.send(owner, "PUT", f"{client.accounts_path}/hers", {"location": "eastus2"})
    data = made.json()["systemData"]
    assert (data["createdBy"], data["createdByType"]) == ("Ada@example.com", "User")
    patched = await client.send("PATCH", f"{client.accounts_path}/hers", {"tags": {}})
    assert patched.json()["systemData"]["lastModifiedBy"] == "local-administrator"
