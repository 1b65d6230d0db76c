"""The look-ups in Microsoft Graph that azure-cli makes."""

from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.management_access import GRAPH, Tenant

pytestmark = pytest.mark.anyio

CLIENT_ID = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


@pytest.fixture
async def app(tenant: Tenant) -> str:
    return await tenant.add("Build agent", clientId=CLIENT_ID)


@pytest.mark.parametrize(
    "text",
    [
        f"servicePrincipalNames/any(c:c eq '{CLIENT_ID}')",
        f"servicePrincipalNames/any(x:x eq 'api://{CLIENT_ID}')",
        f"appId eq '{CLIENT_ID.upper()}'",
        "displayName eq 'build agent'",
        "startswith(displayName,'Build')",
        "startswith(displayName, 'Build') and servicePrincipalNames/any(c:c eq 'Build agent')",
    ],
)
async def test_a_service_principal_is_found_by_its_names(
    client: ManagementClient, tenant: Tenant, app: str, text: str
) -> None:
    await tenant.add("another")
    response = await tenant.ask_graph(app, "GET", f"/servicePrincipals?$filter={text}")
    assert response.status_code == 200, response.text
    assert response.json()["@odata.context"] == "http://management.test/v1.0/$metadata#servicePrincipals"
    [found] = response.json()["value"]
    assert (found["id"], found["appId"], found["displayName"]) == (app, CLIENT_ID, "Build agent")
    assert found["servicePrincipalType"] == "Application"


async def test_an_application_is_found_by_its_client_id(tenant: Tenant, app: str) -> None:
    response = await tenant.ask_graph(app, "GET", f"/applications?$filter=appId eq '{CLIENT_ID}'")
    assert [entry["appId"] for entry in response.json()["value"]] == [CLIENT_ID]
    assert (await tenant.ask_graph(app, "GET", f"/applications/{app}")).json()["displayName"] == "Build agent"


async def test_a_user_is_found_by_name_and_finds_itself(tenant: Tenant, app: str) -> None:
    ada = await tenant.add("Ada", "user", userPrincipalName="ada@example.com")
    for path in ("/users/ada@example.com", f"/users/{ada}"):
        assert (await tenant.ask_graph(app, "GET", path)).json()["id"] == ada
    for text in (
        "userPrincipalName eq 'ADA@example.com'",
        "mail eq 'ada@example.com'",
        "startswith(displayName,'a')",
    ):
        listed = (await tenant.ask_graph(app, "GET", f"/users?$filter={text}")).json()["value"]
        assert [user["id"] for user in listed] == [ada]
    assert (await tenant.ask_graph(ada, "GET", "/me")).json()["userPrincipalName"] == "ada@example.com"
    assert (await tenant.ask_graph(app, "GET", "/me")).status_code == 400


async def test_groups_and_all_kinds_are_found_by_object_id(tenant: Tenant, app: str) -> None:
    team = await tenant.add("team", "group")
    listed = (await tenant.ask_graph(app, "GET", "/groups?$filter=displayName eq 'team'")).json()["value"]
    assert [group["id"] for group in listed] == [team]

    wish = {"ids": [team, app.upper(), "99999999-9999-4999-8999-999999999999"]}
    both = (await tenant.ask_graph(app, "POST", "/directoryObjects/getByIds", wish)).json()["value"]
    assert [entry["@odata.type"] for entry in both] == [
        "#microsoft.graph.group",
        "#microsoft.graph.servicePrincipal",
    ]
    groups = await tenant.ask_graph(app, "POST", "/directoryObjects/getByIds", {**wish, "types": ["group"]})
    assert [entry["id"] for entry in groups.json()["value"]] == [team]


async def test_errors_are_graphs(client: ManagementClient, tenant: Tenant, app: str) -> None:
    missing = await tenant.ask_graph(app, "GET", "/users/nobody@example.com")
    nowhere = await tenant.ask_graph(app, "GET", "/planner")
    odd = await tenant.ask_graph(app, "GET", "/users?$filter=city eq 'Paris' or 1 eq 1")
    anonymous = await client.send("GET", "/v1.0/me", token=None, api_version=None)
    for_management = await client.send("GET", "/v1.0/me", token=tenant.issue(app), api_version=None)
    for response, status, code in (
        (missing, 404, "Request_ResourceNotFound"),
        (nowhere, 404, "NotFound"),
        (odd, 400, "Request_UnsupportedQuery"),
        (anonymous, 401, "InvalidAuthenticationToken"),
        (for_management, 401, "InvalidAuthenticationToken"),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        assert response.json()["error"]["innerError"]["request-id"] == response.headers["x-ms-request-id"]


async def test_a_token_for_a_registered_clouds_own_address_is_for_graph_too(
    client: ManagementClient, tenant: Tenant, app: str
) -> None:
    """azure-cli asks for one where /metadata/endpoints told it our address; only loopback is believed."""
    del client
    for host, status in (("localhost:8443", 401), ("evil.example", 401)):
        token = tenant.issue(app, aud=f"https://{host}/")
        response = await tenant.client.send(
            "GET", "/v1.0/groups", token=token, api_version=None, headers={"host": host}
        )
        assert response.status_code == status  # over http nothing but Graph's own name counts
    assert (await tenant.ask_graph(app, "GET", "/groups")).status_code == 200
    assert (await tenant.client.send("GET", "/subscriptions", token=tenant.issue(app, aud=GRAPH))).status_code == 401
