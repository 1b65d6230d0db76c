"""Diagnostic settings of an account."""

from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient

pytestmark = pytest.mark.anyio

STORAGE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/teamlogs"


@pytest.fixture
def settings_path(client: ManagementClient) -> str:
    return f"{client.account_path}/providers/microsoft.insights/diagnosticSettings"


async def test_a_setting_is_shown_as_it_was_written(client: ManagementClient, settings_path: str) -> None:
    group = client.account_path.partition("/providers/")[0]
    workspace = f"{group}/providers/Microsoft.OperationalInsights/workspaces/example-workspace"
    properties = {
        "workspaceId": workspace,
        "storageAccountId": STORAGE,
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}],
    }

    written = await client.send("PUT", f"{settings_path}/to-logs", {"properties": properties})

    assert written.status_code == 200
    assert written.json()["properties"] == properties
    listed = (await client.send("GET", settings_path)).json()["value"]
    assert [entry["name"] for entry in listed] == ["to-logs"]
    assert (await client.send("DELETE", f"{settings_path}/to-logs")).status_code == 200
    assert (await client.send("DELETE", f"{settings_path}/to-logs")).status_code == 204


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({}, "at least one destination"),
        ({"eventHubAuthorizationRuleId": "/x"}, "eventHubAuthorizationRuleId"),
        ({"storageAccountId": "teamlogs"}, "storageAccountId"),
        ({"workspaceId": "/subscriptions/s/nowhere"}, "no such workspace"),
        ({"storageAccountId": STORAGE, "logs": [{"category": "Nothing", "enabled": True}]}, "RequestResponse"),
        ({"ingate": {"webhook": {"url": "ftp://x"}}}, "ingate.webhook.url"),
        ({"ingate": {"webhook": {"url": "https://x", "credential": "sk-1"}}}, "ingate.webhook.credential"),
    ],
)
async def test_what_cannot_be_routed_is_refused_by_name(
    client: ManagementClient, settings_path: str, properties: dict[str, object], named: str
) -> None:
    response = await client.send("PUT", f"{settings_path}/x", {"properties": properties})

    assert response.status_code == 400
    assert named in response.json()["error"]["message"]
    assert "sk-1" not in response.text


async def test_a_resource_has_at_most_five(client: ManagementClient, settings_path: str) -> None:
    body = {"properties": {"storageAccountId": STORAGE}}
    statuses = [(await client.send("PUT", f"{settings_path}/s{n}", body)).status_code for n in range(6)]

    assert statuses == [200] * 5 + [400]


async def test_categories_are_azures(client: ManagementClient) -> None:
    path = f"{client.account_path}/providers/Microsoft.Insights/diagnosticSettingsCategories"
    listed = (await client.send("GET", path)).json()["value"]

    assert {"RequestResponse", "Audit", "AllMetrics"} <= {entry["name"] for entry in listed}
