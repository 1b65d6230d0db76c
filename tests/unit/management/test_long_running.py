from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.support.control_plane import NOW, ManagementClient

from ingate.management.long_running import Operation, seal_operation, unseal_operation

pytestmark = pytest.mark.anyio

KEY = bytes(range(32))
ACCOUNT: dict[str, Any] = {"location": "eastus2", "properties": {"allowProjectManagement": True}}
DEPLOYMENT: dict[str, Any] = {"properties": {"model": {"format": "Anthropic", "name": "claude-haiku-4-5"}}}


class Slow:
    """A control plane on which changes take 30 seconds, and a clock that goes on when told."""

    def __init__(self, client: ManagementClient) -> None:
        self.now = NOW + timedelta(hours=1)
        self.client = client.with_settings(clock=self.clock, operation_seconds=30.0, operation_key=KEY)
        self.account_path = client.account_path

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def follow(self, link: str) -> httpx2.Response:
        parts = urlsplit(link)
        return await self.client.send("GET", f"{parts.path}?{parts.query}")


@pytest.fixture
def slow(client: ManagementClient) -> Slow:
    return Slow(client)


async def test_a_creation_is_polled_by_its_status_until_it_succeeded(slow: Slow) -> None:
    path = f"{slow.account_path}/deployments/prod-a"
    response = await slow.client.send("PUT", path, DEPLOYMENT)

    assert response.status_code == 201
    assert response.json()["properties"]["provisioningState"] == "Creating"
    assert response.headers["retry-after"] == "10"
    link = response.headers["azure-asyncoperation"]
    assert "/providers/Microsoft.CognitiveServices/locations/eastus2/operationStatuses/" in link

    slow.wait(24)
    status = await slow.follow(link)
    assert (status.status_code, status.headers["retry-after"]) == (200, "6")
    assert (status.json()["status"], status.json()["percentComplete"]) == ("InProgress", 80.0)
    assert status.json()["startTime"] == "2026-11-22T13:00:00.250000Z"
    assert "endTime" not in status.json()

    slow.wait(6)
    status = await slow.follow(link)
    assert status.headers["retry-after"] == "1"
    assert (status.json()["status"], status.json()["percentComplete"]) == ("Succeeded", 100.0)
    assert status.json()["endTime"] == "2026-11-22T13:00:30.250000Z"
    assert (await slow.client.send("GET", path)).json()["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize(
    ("suffix", "body"),
    [("", {"tags": {"a": "b"}}), ("/deployments/claude-opus-4-5", {"tags": {"a": "b"}})],
)
async def test_the_result_of_a_change_is_what_was_changed(slow: Slow, suffix: str, body: Any) -> None:
    path = slow.account_path + suffix
    response = await slow.client.send("PATCH", path, body)
    assert response.status_code == 202
    assert response.json()["properties"]["provisioningState"] == "Accepted"
    link = response.headers["location"]

    unfinished = await slow.follow(link)
    assert unfinished.status_code == 202
    assert unfinished.headers["location"] == link
    assert unfinished.headers["retry-after"] == "10"

    slow.wait(30)
    result = await slow.follow(link)
    assert (result.status_code, result.json()) == (200, (await slow.client.send("GET", path)).json())


async def test_a_deletion_ends_with_nothing(slow: Slow) -> None:
    response = await slow.client.send("DELETE", slow.account_path)
    assert (response.status_code, response.content) == (202, b"")
    shown = await slow.client.send("GET", slow.account_path)
    assert shown.json()["properties"]["provisioningState"] == "Deleting"

    slow.wait(31)
    assert (await slow.follow(response.headers["location"])).status_code == 204
    assert (await slow.client.send("GET", slow.account_path)).status_code == 404


async def test_a_resource_group_is_polled_by_location_alone(slow: Slow) -> None:
    group = slow.client.group_path
    response = await slow.client.send("DELETE", group)
    assert response.status_code == 202
    assert "azure-asyncoperation" not in response.headers
    assert (await slow.follow(response.headers["location"])).status_code == 202
    slow.wait(30)
    assert (await slow.follow(response.headers["location"])).status_code == 204


async def test_a_conflicting_change_meanwhile_is_refused_and_later_made(slow: Slow) -> None:
    first = f"{slow.account_path}/deployments/first-1"
    second = f"{slow.account_path}/deployments/second-1"
    await slow.client.send("PUT", first, DEPLOYMENT)

    codes: list[str] = []
    changes: list[tuple[str, str, Any]] = [("PUT", second, DEPLOYMENT), ("DELETE", first, None), ("PATCH", first, {})]
    for method, path, body in changes:
        refused = await slow.client.send(method, path, body)
        assert refused.status_code == 409
        codes.append(refused.json()["error"]["code"])
    assert codes == ["RequestConflict"] * 3

    slow.wait(30)
    assert (await slow.client.send("PUT", second, DEPLOYMENT)).status_code == 201


async def test_nothing_can_be_made_in_an_account_that_is_being_made(slow: Slow) -> None:
    path = f"{slow.client.accounts_path}/another"
    await slow.client.send("PUT", path, ACCOUNT)
    children: list[tuple[str, Any]] = [("deployments/d1", DEPLOYMENT), ("projects/p1", {})]
    for child, body in children:
        refused = await slow.client.send("PUT", f"{path}/{child}", body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "AccountProvisioningStateInvalid")
    slow.wait(30)
    assert (await slow.client.send("PUT", f"{path}/projects/p1", {})).status_code == 201


async def test_polling_goes_on_after_a_restart(slow: Slow, client: ManagementClient) -> None:
    response = await slow.client.send("PUT", f"{slow.account_path}/deployments/prod-a", DEPLOYMENT)
    slow.wait(30)
    restarted = Slow(client)
    restarted.now = slow.now
    assert (await restarted.follow(response.headers["azure-asyncoperation"])).json()["status"] == "Succeeded"


async def test_an_id_that_is_not_ours_is_not_believed(slow: Slow) -> None:
    operation = Operation("1", "write", {"subscription": "s", "account": "a"}, 0.0, 1.0)
    sealed = seal_operation(slow.client.plane, operation)
    assert unseal_operation(slow.client.plane, sealed) == operation
    broken = ("B" if sealed[0] == "A" else "A") + sealed[1:]
    for damaged in (broken, sealed[:-2], sealed + "AAAA", "é", "A", ""):
        assert unseal_operation(slow.client.plane, damaged) is None


async def test_an_operation_of_another_subscription_is_not_found(slow: Slow) -> None:
    operation = Operation("1", "write", {"subscription": "elsewhere", "account": "a"}, 0.0, 1.0)
    sealed = seal_operation(slow.client.plane, operation)
    path = f"{slow.client.subscription_path}/providers/Microsoft.CognitiveServices/locations/eastus2/operationResults"
    assert (await slow.client.send("GET", f"{path}/{sealed}")).status_code == 404


async def test_slow_operations_need_a_key(client: ManagementClient) -> None:
    with pytest.raises(ValueError, match="operation_key"):
        client.with_settings(operation_seconds=1.0)
