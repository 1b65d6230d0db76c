"""The audit trail as Azure's activity log, and as our own list."""

from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.management_access import PRINCIPALS, READER, Tenant

pytestmark = pytest.mark.anyio

ACTIVITIES = "/providers/Microsoft.Insights/eventtypes/management/values"
EVENTS = "/providers/Ingate.Audit/events"
SINCE = "eventTimestamp ge '2026-11-22T00:00:00.0000000Z'"


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


async def list_actions(client: ManagementClient, path: str) -> list[str]:
    response = await client.send("GET", path)
    assert response.status_code == 200, response.text
    return [entry["operationName"]["value"] for entry in response.json()["value"]]


async def test_an_activity_has_azures_shape(client: ManagementClient, tenant: Tenant) -> None:
    nobody = await tenant.add("nobody")
    await tenant.send(nobody, "POST", f"{client.account_path}/listKeys")
    path = f"{client.subscription_path}{ACTIVITIES}?$filter={SINCE}"
    [event] = (await client.send("GET", path, api_version="2015-04-01")).json()["value"]

    action = "Microsoft.CognitiveServices/accounts/listKeys/action"
    assert event["operationName"] == {"value": action, "localizedValue": action}
    assert event["authorization"] == {"action": action, "scope": client.account_path}
    assert event["status"]["value"] == "Failed"
    assert event["subStatus"] == {"value": "Forbidden", "localizedValue": "Forbidden (HTTP Status Code: 403)"}
    assert event["resourceGroupName"] == "example-group"
    assert event["resourceProviderName"]["value"] == "Microsoft.CognitiveServices"
    assert event["resourceType"]["value"] == "Microsoft.CognitiveServices/accounts/listKeys"
    assert event["httpRequest"]["method"] == "POST"
    assert event["httpRequest"]["clientIpAddress"] == "127.0.0.1"
    assert event["level"] == "Error"
    assert event["eventTimestamp"] == "2026-11-22T12:00:00.250000Z"
    assert event["id"].endswith("/ticks/639309456002500000")
    assert event["properties"]["statusMessage"] == "AuthorizationFailed"
    assert list(event["claims"].values()) == [nobody]


async def test_a_filter_chooses_by_time_group_resource_caller_and_status(
    client: ManagementClient, tenant: Tenant
) -> None:
    nobody = await tenant.add("nobody")
    await client.send("PUT", f"{client.group_path}-2", {"location": "eastus2"})
    await client.send("PATCH", client.account_path, {"tags": {}})
    await tenant.send(nobody, "POST", f"{client.account_path}/listKeys")
    accounts, groups = "Microsoft.CognitiveServices/accounts", "Microsoft.Resources/subscriptions/resourceGroups"
    keys, patch, group = f"{accounts}/listKeys/action", f"{accounts}/write", f"{groups}/write"
    for text, expected in (
        ("", [keys, patch, group]),
        (SINCE, [keys, patch, group]),
        (f"{SINCE} and eventTimestamp le 2026-11-22T11:00:00Z", []),
        ("eventTimestamp ge 2026-11-22T12:00:01Z", []),
        (f"{SINCE} and resourceGroupName eq 'EXAMPLE-group'", [keys, patch]),
        (f"{SINCE} and resourceUri eq '{client.group_path}-2'", [group]),
        (f"{SINCE} and resourceProvider eq 'Microsoft.Resources'", [group]),
        (f"{SINCE} and caller eq '{nobody}'", [keys]),
        (f"{SINCE} and status eq 'Succeeded'", [patch, group]),
        (f"{SINCE} and eventChannels eq 'Admin, Operation'", [keys, patch, group]),
    ):
        found = await list_actions(client, f"{client.subscription_path}{ACTIVITIES}?$filter={text}")
        assert found == expected, text
    assert await list_actions(client, ACTIVITIES) == ["Ingate.Identity/principals/write"]


@pytest.mark.parametrize(
    "text",
    [
        "eventTimestamp ge 'yesterday'",
        "eventTimestamp ge '2020-01-01T00:00:00Z'",
        "level eq 'x' or 1 eq 1",
        "foo ge 1",
    ],
)
async def test_a_filter_that_is_not_understood_is_refused(client: ManagementClient, text: str) -> None:
    response = await client.send("GET", f"{client.subscription_path}{ACTIVITIES}?$filter={text}")
    assert response.status_code == 400


async def test_only_the_properties_that_are_selected_are_shown(client: ManagementClient) -> None:
    await client.send("PATCH", client.account_path, {"tags": {}})
    path = f"{client.subscription_path}{ACTIVITIES}?$select=caller, correlationId"
    [event] = (await client.send("GET", path)).json()["value"]
    assert set(event) == {"caller", "correlationId"}


async def test_the_whole_trail_comes_in_pages_without_a_gap(client: ManagementClient) -> None:
    """All events have one and the same time here, which a page must be able to end in."""
    for number in range(7):
        await client.send("PUT", f"{PRINCIPALS}/p{number}", {"properties": {"kind": "group"}})
    found: list[str] = []
    path = f"{EVENTS}?$top=3"
    for _ in range(3):
        page = (await client.send("GET", path)).json()
        found += [entry["target"].rpartition("/")[2] for entry in page["value"]]
        path = page.get("nextLink", "").partition("http://management.test")[2]
    assert found == [f"p{number}" for number in reversed(range(7))]
    assert path == ""


async def test_the_trail_is_chosen_by_time_and_target(client: ManagementClient) -> None:
    await client.send("PUT", f"{PRINCIPALS}/p1", {"properties": {"kind": "group"}})
    await client.send("PATCH", client.account_path, {"tags": {}})
    for query, expected in (
        (f"target={PRINCIPALS}", 1),
        (f"target={client.group_path.upper()}", 1),
        ("since=2026-11-22T12:00:00Z", 2),
        ("since=2026-11-23T12:00:00Z", 0),
        ("until=2026-11-22T12:00:00Z", 0),
    ):
        assert len((await client.send("GET", f"{EVENTS}?{query}")).json()["value"]) == expected, query
    assert (await client.send("GET", f"{EVENTS}?since=x")).status_code == 400


async def test_the_trail_takes_a_role_that_reads_the_tenant(client: ManagementClient, tenant: Tenant) -> None:
    local = await tenant.add_with_role(READER, client.subscription_path, "local")
    everywhere = await tenant.add_with_role(READER, "/", "everywhere")
    assert (await tenant.send(local, "GET", EVENTS)).status_code == 403
    assert (await tenant.send(everywhere, "GET", EVENTS)).status_code == 200
    assert (await tenant.send(local, "GET", f"{client.subscription_path}{ACTIVITIES}")).status_code == 200
