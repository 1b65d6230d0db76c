from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.costs import CostRowsInMemory, make_row
from tests.support.management_access import READER, Tenant

pytestmark = pytest.mark.anyio

QUERY = "providers/Microsoft.CostManagement/query"
COST_MANAGEMENT_READER = "72fafb9e-0641-4937-9268-a91bfd8191a3"


def ask(**changes: Any) -> dict[str, Any]:
    dataset = {"granularity": "None", "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}}}
    return {"type": "ActualCost", "timeframe": "MonthToDate", "dataset": dataset | changes}


async def test_a_query_answers_in_cost_managements_shape(client: ManagementClient) -> None:
    body = ask(granularity="Daily", grouping=[{"type": "dimension", "name": "meter"}])
    response = await client.send("POST", f"{client.subscription_path}/{QUERY}", body)

    assert response.status_code == 200
    answer = response.json()
    assert answer["type"] == "Microsoft.CostManagement/query"
    assert answer["id"] == f"{client.subscription_path.lstrip('/')}/{QUERY}/{answer['name']}"
    assert answer["properties"]["nextLink"] is None
    assert answer["properties"]["columns"] == [
        {"name": "Cost", "type": "Number"},
        {"name": "UsageDate", "type": "Number"},
        {"name": "Meter", "type": "String"},
        {"name": "Currency", "type": "String"},
    ]
    assert answer["properties"]["rows"][:2] == [
        [5, 20261101, "Input tokens", "USD"],
        [2.5, 20261101, "Output tokens", "USD"],
    ]
    assert len(answer["properties"]["rows"]) == 6


async def test_amounts_keep_all_their_digits(client: ManagementClient, cost_rows: CostRowsInMemory) -> None:
    amount = Decimal("1234567890.000000000001")
    cost_rows.rows = [make_row(date(2026, 11, 1), resource_id=client.account_path, input_cost=amount)]
    response = await client.send("POST", f"{client.group_path}/{QUERY}", ask())
    ((cost, _),) = json.loads(response.content, parse_float=Decimal)["properties"]["rows"]
    assert cost == amount + Decimal("2.5")


async def test_a_scope_sees_what_lies_below_it(client: ManagementClient, cost_rows: CostRowsInMemory) -> None:
    other = f"{client.subscription_path}/resourceGroups/other/providers/Microsoft.CognitiveServices/accounts/x"
    cost_rows.rows = [*cost_rows.rows, make_row(date(2026, 11, 4), resource_id=other)]
    totals = [
        (await client.send("POST", f"{scope}/{QUERY}", ask())).json()["properties"]["rows"]
        for scope in (client.subscription_path, client.group_path, client.account_path)
    ]
    assert totals == [[[30, "USD"]], [[22.5, "USD"]], [[22.5, "USD"]]]


async def test_nothing_charged_is_204(client: ManagementClient) -> None:
    body = ask() | {"timeframe": "TheLastMonth"}
    response = await client.send("POST", f"{client.subscription_path}/{QUERY}", body)
    assert (response.status_code, response.content) == (204, b"")


async def test_a_time_of_its_own(client: ManagementClient) -> None:
    period = {"from": "2026-11-02T00:00:00.0000000+00:00", "to": "2026-11-02T23:59:59Z"}
    body = ask() | {"timeframe": "Custom", "timePeriod": period}
    response = await client.send("POST", f"{client.subscription_path}/{QUERY}", body)
    assert response.json()["properties"]["rows"] == [[7.5, "USD"]]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "type must be one of"),
        (ask() | {"timeframe": "Yesterday"}, "timeframe must be one of"),
        (ask() | {"timeframe": "Custom"}, "timePeriod must have"),
        (
            ask() | {"timeframe": "Custom", "timePeriod": {"from": "2026-11-02", "to": "2026-11-01"}},
            "must not be before",
        ),
        (
            ask() | {"timeframe": "Custom", "timePeriod": {"from": "2006-11-02", "to": "2026-11-01"}},
            "must not span more",
        ),
        (ask(granularity="Hourly"), "granularity must be one of"),
        (ask(aggregation={"a": {"name": "Cost", "function": "Median"}}), "function must be Sum"),
        (ask(aggregation={"a": {"name": "Weight", "function": "Sum"}}), "name must be one of"),
        (ask(grouping=[{"type": "Dimension", "name": name} for name in ("Model", "Meter", "Price")]), "more than 2"),
        (ask(grouping=[{"type": "Dimension", "name": "Weather"}]), "no dimension 'Weather'"),
        (ask(grouping=[{"type": "Colour", "name": "Model"}]), "Dimension or TagKey"),
        (ask(filter={"dimensions": {"name": "Model", "operator": "In", "values": []}}), "not an empty one"),
        (ask(sorting=[{"name": "Weather", "direction": "Descending"}]), "sorting needs"),
        (ask(configuration={"columns": ["Cost"]}), "configuration is not supported"),
    ],
)
async def test_what_is_no_query_is_said_to_be_none(
    client: ManagementClient, body: dict[str, Any], reason: str
) -> None:
    response = await client.send("POST", f"{client.subscription_path}/{QUERY}", body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == "BadRequest"
    assert error["message"].startswith("Invalid query definition: ")
    assert reason in error["message"]


async def test_a_scope_that_is_not_there(client: ManagementClient) -> None:
    response = await client.send("POST", f"{client.account_path}-no/{QUERY}", ask())
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "ResourceNotFound"


async def test_without_an_account_of_costs_nothing_is_invented(client: ManagementClient) -> None:
    without = client.with_settings(cost_rows=None)
    response = await without.send("POST", f"{client.subscription_path}/{QUERY}", ask())
    assert response.status_code == 503


async def test_dimensions_are_listed_with_their_values(client: ManagementClient) -> None:
    path = f"{client.account_path}/providers/Microsoft.CostManagement/dimensions"
    items = {item["name"]: item["properties"] for item in (await client.send("GET", path)).json()["value"]}
    assert items["Model"]["data"] == ["claude-opus-4-5"]
    assert items["Meter"]["data"] == ["Input tokens", "Output tokens"]
    assert items["Principal"]["groupingEnabled"] is True


@pytest.mark.parametrize("role", [COST_MANAGEMENT_READER, READER])
async def test_readers_may_ask_in_their_scope_and_nowhere_else(client: ManagementClient, role: str) -> None:
    tenant = await Tenant.open(client)
    object_id = await tenant.add("auditor")
    await tenant.assign(object_id, role, client.account_path)
    token = tenant.issue(object_id)
    assert (await client.send("POST", f"{client.account_path}/{QUERY}", ask(), token=token)).status_code == 200
    refused = await client.send("POST", f"{client.group_path}/{QUERY}", ask(), token=token)
    assert refused.status_code == 403
    assert "Microsoft.CostManagement/query/read" in refused.json()["error"]["message"]
    export = f"{client.account_path}/providers/Ingate.Gateway/focusExport"
    assert (await client.send("GET", export, token=token)).status_code == 200
    budget = f"{client.account_path}/providers/Microsoft.Consumption/budgets/mine"
    assert (await client.send("PUT", budget, {}, token=token)).status_code == 403
