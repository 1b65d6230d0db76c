"""Who did what: what is recorded, and that nothing happens without being recorded."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.support.control_plane import NOW, ManagementClient
from tests.support.management_access import CONTRIBUTOR, PRINCIPALS, READER, Tenant

from ingate.domain.audit import AuditEvent
from ingate.domain.state import StateSession

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


async def list_events(client: ManagementClient) -> list[AuditEvent]:
    """The oldest first."""
    async with client.plane.state.reading() as session:
        events = await session.audit.list_events(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
    return events[::-1]


async def test_a_change_is_recorded_with_who_where_and_what(client: ManagementClient, tenant: Tenant) -> None:
    caller = await tenant.add_with_role(CONTRIBUTOR, client.group_path)
    headers = {"x-ms-correlation-request-id": "my-id-1"}
    await tenant.send(caller, "PATCH", client.account_path, {"tags": {"a": "b"}}, headers=headers)

    event = (await list_events(client))[-1]

    assert event.action == "Microsoft.CognitiveServices/accounts/write"
    assert event.target_id == client.account_path
    assert (event.actor_id, event.caller_address) == (caller, "127.0.0.1")
    assert event.correlation_id == "my-id-1"
    assert (event.result, event.status, event.time) == ("succeeded", 0, NOW)


async def test_the_trail_tells_the_whole_story_and_no_reads(client: ManagementClient, tenant: Tenant) -> None:
    reader = await tenant.add("reader")
    path = await tenant.assign(reader, READER, client.group_path)
    await client.send("GET", client.account_path)
    await tenant.send(reader, "POST", f"{client.account_path}/listKeys")
    await client.send("POST", f"{client.account_path}/listKeys")
    await client.send("POST", f"{client.account_path}/regenerateKey", {"keyName": "Key3"})
    await client.send("POST", f"{client.account_path}/regenerateKey", {"keyName": "Key1"})
    await client.send("DELETE", f"{client.accounts_path}/none")
    await client.send("POST", f"{client.account_path}/listKeys", token="wrong")
    await client.send("DELETE", path)

    story = [(event.action, event.result, event.status, event.detail) for event in await list_events(client)]

    accounts, roles = "Microsoft.CognitiveServices/accounts", "Microsoft.Authorization/roleAssignments"
    assert story == [
        ("Ingate.Identity/principals/write", "succeeded", 0, f"application {reader}"),
        (f"{roles}/write", "succeeded", 0, f"role {READER} for {reader}"),
        (f"{accounts}/listKeys/action", "refused", 403, "AuthorizationFailed"),
        (f"{accounts}/listKeys/action", "succeeded", 200, ""),
        (f"{accounts}/regenerateKey/action", "refused", 400, "InvalidKeyName"),
        (f"{accounts}/regenerateKey/action", "succeeded", 0, ""),
        (f"{accounts}/delete", "succeeded", 204, ""),
        (f"{accounts}/listKeys/action", "refused", 401, "InvalidAuthenticationToken"),
        (f"{roles}/delete", "succeeded", 0, f"role {READER} for {reader}"),
    ]


async def test_keys_are_not_shown_when_it_cannot_be_recorded(client: ManagementClient) -> None:
    class Broken:
        def __init__(self) -> None:
            self.reading = client.plane.state.reading

        @asynccontextmanager
        async def writing(self) -> AsyncGenerator[StateSession]:
            raise OSError("disk full")
            yield  # pragma: no cover

    broken = client.with_settings(state=Broken())
    response = await broken.send("POST", f"{client.account_path}/listKeys")
    await broken.close()
    assert response.status_code == 500
    assert "CANARY" not in response.text


async def test_a_change_that_cannot_be_recorded_is_not_made(
    client: ManagementClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (await client.send("GET", client.account_path)).json()

    async def fail(self: object, event: AuditEvent) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("ingate.store.audit.SqlAuditStore.append_event", fail)
    response = await client.send("PATCH", client.account_path, {"tags": {"a": "b"}})
    monkeypatch.undo()
    assert response.status_code == 500
    assert (await client.send("GET", client.account_path)).json() == before
    assert await list_events(client) == []


async def test_strangers_do_not_fill_the_disk(client: ManagementClient) -> None:
    moment = [NOW]
    timed = client.with_settings(clock=lambda: moment[0])
    for _ in range(70):
        await timed.send("DELETE", client.account_path, token="wrong")
    first = await list_events(client)
    moment[0] += timedelta(minutes=1)
    await timed.send("DELETE", client.account_path, token="wrong")
    await timed.close()
    last = (await list_events(client))[-1]
    assert len(first) == 60
    assert last.detail == "InvalidAuthenticationToken (and 10 more that are not recorded)"


async def test_a_handlers_second_thoughts_are_no_change(client: ManagementClient) -> None:
    await client.send("PUT", f"{PRINCIPALS}/x", {"properties": {"kind": "robot"}})
    [event] = await list_events(client)
    assert (event.result, event.status, event.detail) == ("refused", 400, "InvalidPrincipal")
