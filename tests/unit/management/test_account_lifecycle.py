from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.control_plane import NOW, ManagementClient

from ingate.domain.directory import parse_directory
from ingate.management.account_lifecycle import purge_expired_accounts

pytestmark = pytest.mark.anyio

PUT: dict[str, Any] = {"location": "eastus2", "kind": "AIServices"}
RESTORE: dict[str, Any] = {"location": "eastus2", "properties": {"restore": True}}


class Clock:
    """It goes on when told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def deleted_path(client: ManagementClient) -> str:
    provider = f"{client.subscription_path}/providers/Microsoft.CognitiveServices"
    group = f"{provider}/locations/eastus2/resourceGroups/{client.defaults.resource_group}"
    return f"{group}/deletedAccounts/{client.defaults.resource}"


async def list_deleted(client: ManagementClient) -> list[Any]:
    path = f"{client.subscription_path}/providers/Microsoft.CognitiveServices/deletedAccounts"
    return (await client.send("GET", path)).json()["value"]


async def test_a_deleted_account_is_listed_with_the_day_of_its_purge(client: ManagementClient) -> None:
    assert await list_deleted(client) == []
    await client.send("DELETE", client.account_path)

    (deleted,) = await list_deleted(client)
    assert deleted["id"] == deleted_path(client)
    assert deleted["name"] == client.defaults.resource
    assert deleted["properties"]["deletionDate"] == "2026-11-22T12:00:00.250000Z"
    assert deleted["properties"]["scheduledPurgeDate"] == "2026-11-24T12:00:00.250000Z"
    assert (await client.send("GET", deleted_path(client))).json() == deleted
    elsewhere = deleted_path(client).replace("eastus2", "westus")
    assert (await client.send("GET", elsewhere)).status_code == 404


async def test_restoring_brings_keys_and_deployments_back(client: ManagementClient) -> None:
    keys = (await client.send("POST", f"{client.account_path}/listKeys")).json()
    before = parse_directory(client.directory_file.read_bytes()).resources
    await client.send("DELETE", client.account_path)

    response = await client.send("PUT", client.account_path, RESTORE)

    assert response.status_code == 200
    assert "restore" not in response.json()["properties"]
    assert (await client.send("POST", f"{client.account_path}/listKeys")).json() == keys
    assert parse_directory(client.directory_file.read_bytes()).resources == before
    assert await list_deleted(client) == []


async def test_a_purged_account_leaves_its_name_free_for_a_new_one(client: ManagementClient) -> None:
    keys = (await client.send("POST", f"{client.account_path}/listKeys")).json()
    await client.send("DELETE", client.account_path)
    assert (await client.send("DELETE", deleted_path(client))).status_code == 200
    assert (await client.send("DELETE", deleted_path(client))).status_code == 204

    assert (await client.send("PUT", client.account_path, PUT)).status_code == 201
    assert (await client.send("GET", f"{client.account_path}/deployments")).json() == {"value": []}
    assert (await client.send("POST", f"{client.account_path}/listKeys")).json() != keys


async def test_after_48_hours_nothing_can_be_restored_even_if_nothing_was_purged_yet(
    client: ManagementClient,
) -> None:
    clock = Clock()
    later = client.with_settings(clock=clock)
    await later.send("DELETE", client.account_path)
    clock.now += timedelta(hours=48)

    assert await list_deleted(later) == []
    assert (await later.send("GET", deleted_path(client))).status_code == 404
    assert (await later.send("PUT", client.account_path, RESTORE)).status_code == 400
    assert (await later.send("PUT", client.account_path, PUT)).status_code == 201


async def test_the_subdomain_of_an_account_that_cannot_be_restored_is_free(client: ManagementClient) -> None:
    clock = Clock()
    later = client.with_settings(clock=clock)
    body = {**PUT, "properties": {"customSubDomainName": client.defaults.resource}}
    await later.send("DELETE", client.account_path)
    assert (await later.send("PUT", f"{client.accounts_path}/another", body)).status_code == 409

    clock.now += timedelta(hours=49)
    assert (await later.send("PUT", f"{client.accounts_path}/another", body)).status_code == 201


async def test_the_purge_takes_only_what_cannot_be_restored(client: ManagementClient) -> None:
    clock = Clock()
    later = client.with_settings(clock=clock)
    await later.send("PUT", f"{client.accounts_path}/another", PUT)
    await later.send("DELETE", client.account_path)
    clock.now += timedelta(hours=24)
    await later.send("DELETE", f"{client.accounts_path}/another")
    clock.now += timedelta(hours=24)

    assert await purge_expired_accounts(later.plane) == 1
    assert await purge_expired_accounts(later.plane) == 0
    assert [entry["name"] for entry in await list_deleted(later)] == ["another"]


async def test_a_system_assigned_identity_comes_and_goes_with_its_account(client: ManagementClient) -> None:
    path = f"{client.accounts_path}/another"
    first = (await client.send("PUT", path, {**PUT, "identity": {"type": "SystemAssigned"}})).json()["identity"]
    assert first["tenantId"] == client.defaults.tenant_id
    kept = (await client.send("PATCH", path, {"tags": {"a": "b"}})).json()["identity"]
    assert kept == first

    await client.send("DELETE", path)
    restored = (await client.send("PUT", path, RESTORE)).json()["identity"]
    assert restored["principalId"] != first["principalId"]

    gone = (await client.send("PATCH", path, {"identity": {"type": "None"}})).json()["identity"]
    assert gone == {"type": "None"}
    async with client.plane.state.reading() as session:
        assert await session.principals.get_principal(restored["principalId"]) is None


async def assign_reader(client: ManagementClient, scope: str) -> str:
    """To a new identity, that of the account `caller`."""
    body = {**PUT, "identity": {"type": "SystemAssigned"}}
    identity = (await client.send("PUT", f"{client.accounts_path}/caller", body)).json()["identity"]
    assignment = f"{scope}/providers/Microsoft.Authorization/roleAssignments/22222222-2222-4222-8222-222222222222"
    role = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    properties = {
        "roleDefinitionId": role,
        "principalId": identity["principalId"],
        "principalType": "ServicePrincipal",
    }
    response = await client.send("PUT", assignment, {"properties": properties})
    assert response.status_code == 201, response.text
    return assignment


async def test_who_takes_the_name_of_a_purged_account_does_not_take_its_callers(client: ManagementClient) -> None:
    assignment = await assign_reader(client, client.account_path)
    await client.send("DELETE", client.account_path)
    await client.send("PUT", client.account_path, RESTORE)
    assert (await client.send("GET", assignment)).status_code == 200

    await client.send("DELETE", client.account_path)
    await client.send("DELETE", deleted_path(client))
    await client.send("PUT", client.account_path, PUT)
    assert (await client.send("GET", assignment)).status_code == 404


async def test_nor_does_who_takes_the_name_of_a_deleted_group_or_deployment(client: ManagementClient) -> None:
    deployment = f"{client.account_path}/deployments/claude-opus-4-5"
    for scope in (deployment, client.group_path + "-2"):
        if scope != deployment:
            await client.send("PUT", scope, {"location": "eastus2"})
        assignment = await assign_reader(client, scope)
        assert (await client.send("DELETE", scope)).status_code == 200
        async with client.plane.state.reading() as session:
            assert await session.roles.get_assignment(assignment.rpartition("/")[2]) is None


BUDGET = "providers/Microsoft.Consumption/budgets/team"


async def put_budget(client: ManagementClient, scope: str) -> None:
    properties: dict[str, Any] = {
        "category": "Cost",
        "amount": 1,
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": "2026-11-01T00:00:00Z", "endDate": "2027-10-31T00:00:00Z"},
    }
    response = await client.send("PUT", f"{scope}/{BUDGET}", {"properties": properties})
    assert response.status_code == 201, response.text


async def test_budgets_and_diagnostic_settings_are_restored_and_purged_with_their_account(
    client: ManagementClient,
) -> None:
    setting = f"{client.account_path}/providers/microsoft.insights/diagnosticSettings/to-files"
    storage = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/teamlogs"
    await client.send("PUT", setting, {"properties": {"storageAccountId": storage}})
    await put_budget(client, client.account_path)
    paths = (setting, f"{client.account_path}/{BUDGET}")

    await client.send("DELETE", client.account_path)
    await client.send("PUT", client.account_path, RESTORE)
    assert [(await client.send("GET", path)).status_code for path in paths] == [200, 200]

    await client.send("DELETE", client.account_path)
    await client.send("DELETE", deleted_path(client))
    await client.send("PUT", client.account_path, PUT)
    assert [(await client.send("GET", path)).status_code for path in paths] == [404, 404]


async def test_a_budget_goes_with_its_group_and_those_of_its_accounts_wait_with_them(
    client: ManagementClient,
) -> None:
    for scope in (client.group_path, client.account_path):
        await put_budget(client, scope)

    await client.send("DELETE", client.group_path)

    async with client.plane.state.reading() as session:
        assert [budget.scope for budget in await session.budgets.list_budgets()] == [client.account_path]
