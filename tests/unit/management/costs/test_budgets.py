from __future__ import annotations

from typing import Any

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.management_access import Tenant

from ingate.domain.directory import parse_directory

pytestmark = pytest.mark.anyio

BUDGET = "providers/Microsoft.Consumption/budgets"
CONTRIBUTOR = "434105ed-43f6-45c7-a02f-909b2ba83430"
"""Cost Management's."""


def make_body(**changes: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "category": "Cost",
        "amount": 100.65,
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": "2026-11-01T00:00:00Z", "endDate": "2027-10-31T00:00:00Z"},
        "notifications": {
            "Actual_GreaterThan_80_Percent": {
                "enabled": True,
                "operator": "GreaterThan",
                "threshold": 80,
                "contactEmails": ["somebody@example.com"],
            }
        },
    }
    return {"properties": properties | changes}


def find_blocked(client: ManagementClient) -> list[str | None]:
    (resource,) = parse_directory(client.directory_file.read_bytes()).resources
    return [deployment.blocked_by_budget for deployment in resource.deployments]


async def put(client: ManagementClient, scope: str, **changes: Any) -> Any:
    return await client.send("PUT", f"{scope}/{BUDGET}/team", make_body(**changes))


async def test_a_budget_is_kept_and_shown_with_what_was_spent(client: ManagementClient) -> None:
    made = await put(client, client.group_path)
    assert made.status_code == 201
    shown = (await client.send("GET", f"{client.group_path}/{BUDGET}/TEAM")).json()
    assert shown == made.json()
    assert shown["id"] == f"{client.group_path}/{BUDGET}/team"
    assert shown["type"] == "Microsoft.Consumption/budgets"
    assert shown["properties"]["amount"] == 100.65
    assert shown["properties"]["currentSpend"] == {"amount": 22.5, "unit": "USD"}
    assert shown["properties"]["notifications"]["Actual_GreaterThan_80_Percent"]["contactEmails"]
    assert shown["properties"]["ingate"] == {"enforce": False, "closed": False}


async def test_both_providers_show_the_same_budget(client: ManagementClient) -> None:
    await put(client, client.subscription_path)
    path = f"{client.subscription_path}/providers/Microsoft.CostManagement/budgets"
    (shown,) = (await client.send("GET", path)).json()["value"]
    assert shown["type"] == "Microsoft.CostManagement/budgets"
    assert shown["properties"]["amount"] == 100.65


async def test_a_list_is_of_exactly_its_scope(client: ManagementClient) -> None:
    await put(client, client.account_path)
    assert (await client.send("GET", f"{client.group_path}/{BUDGET}")).json()["value"] == []
    assert len((await client.send("GET", f"{client.account_path}/{BUDGET}")).json()["value"]) == 1


async def test_what_get_answers_can_be_put_back_with_its_etag_and_no_other(client: ManagementClient) -> None:
    shown = (await put(client, client.group_path)).json()
    path = f"{client.group_path}/{BUDGET}/team"
    assert (await client.send("PUT", path, shown)).status_code == 200
    stale = await client.send("PUT", path, shown)
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "PreconditionFailed")


async def test_the_start_of_a_budget_stays(client: ManagementClient) -> None:
    await put(client, client.group_path)
    moved = await put(client, client.group_path, timePeriod={"startDate": "2026-10-01"})
    assert moved.status_code == 400
    assert moved.json()["error"]["target"] == "properties.timePeriod.startDate"


async def test_a_deleted_budget_is_gone(client: ManagementClient) -> None:
    await put(client, client.group_path)
    path = f"{client.group_path}/{BUDGET}/team"
    assert (await client.send("DELETE", path)).status_code == 200
    assert (await client.send("GET", path)).status_code == 404
    assert (await client.send("DELETE", path)).status_code == 404


async def test_what_is_wrong_is_named(client: ManagementClient) -> None:
    response = await put(client, client.group_path, amount=-1)
    assert response.status_code == 400
    assert response.json()["error"]["target"] == "properties.amount"
    bad_name = await client.send("PUT", f"{client.group_path}/{BUDGET}/_", make_body())
    assert (await client.send("PUT", f"{client.group_path}/{BUDGET}/x", make_body())).status_code == 201
    assert bad_name.json()["error"]["code"] == "InvalidResourceName"


async def test_an_enforced_budget_that_is_spent_closes_at_once_and_opens_when_it_gets_more(
    client: ManagementClient,
) -> None:
    assert set(find_blocked(client)) == {None}
    spent = await put(client, client.group_path, amount=22.5, ingate={"enforce": True})
    assert spent.json()["properties"]["ingate"] == {"enforce": True, "closed": True}
    assert set(find_blocked(client)) == {"team"}
    await put(client, client.group_path, amount=22.51, ingate={"enforce": True})
    assert set(find_blocked(client)) == {None}


async def test_deleting_a_closed_budget_opens(client: ManagementClient) -> None:
    await put(client, client.group_path, amount=1, ingate={"enforce": True})
    await client.send("DELETE", f"{client.group_path}/{BUDGET}/team")
    assert set(find_blocked(client)) == {None}


async def test_a_filter_limits_what_is_spent_and_what_is_closed(client: ManagementClient) -> None:
    chosen: dict[str, Any] = {"dimensions": {"name": "Deployment", "operator": "In", "values": ["claude-opus-4-5"]}}
    await put(client, client.group_path, amount=1, ingate={"enforce": True}, filter=chosen)
    assert set(find_blocked(client)) == {None}
    chosen["dimensions"]["values"].append("prod-a")
    await put(client, client.group_path, amount=1, ingate={"enforce": True}, filter=chosen)
    assert sorted(find_blocked(client), key=str) == [None, None, None, "team"]


async def test_a_webhook_is_for_owners_of_the_tenant(client: ManagementClient) -> None:
    tenant = await Tenant.open(client)
    token = tenant.issue(await tenant.add_with_role(CONTRIBUTOR, client.subscription_path))
    path, hooked = f"{client.group_path}/{BUDGET}/team", {"ingate": {"webhook": "https://hooks.example.com/x"}}
    assert (await client.send("PUT", path, make_body(), token=token)).status_code == 201
    refused = await client.send("PUT", path, make_body(**hooked), token=token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert (await client.send("PUT", path, make_body(**hooked))).status_code == 200
    kept = await client.send("PUT", path, make_body(**hooked, amount=7), token=token)
    assert kept.status_code == 200
