"""Principals, their credentials and their groups: our own part of the management API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.control_plane import NOW, ManagementClient
from tests.support.management_access import PRINCIPALS, READER, Tenant, make_client_certificate

from ingate.domain.principal import ClientSecret, FederatedCredential
from ingate.management.system_identities import drop_system_identity, ensure_system_identity
from ingate.store.secret_hashing import verify_secret

pytestmark = pytest.mark.anyio

CHOSEN = "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee"
FEDERATED = {"name": "ci", "issuer": "https://token.actions.githubusercontent.com", "subject": "repo:a/b:ref:main"}


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


async def put(client: ManagementClient, name: str, **properties: Any) -> Any:
    return await client.send("PUT", f"{PRINCIPALS}/{name}", {"properties": properties})


async def test_a_principal_is_made_and_found_by_name_and_by_object_id(client: ManagementClient) -> None:
    made = await put(client, "Build agent", kind="application", redirectUris=["http://localhost"])
    assert made.status_code == 201
    document = made.json()
    assert document["id"] == f"{PRINCIPALS}/Build agent"
    assert (document["name"], document["type"]) == ("Build agent", "Ingate.Identity/principals")
    properties = document["properties"]
    assert properties["tenantId"] == client.defaults.tenant_id
    assert properties["kind"] == "application"
    assert properties["enabled"] is True
    assert properties["objectId"] != properties["clientId"]
    for name in ("build AGENT", properties["objectId"], properties["objectId"].upper()):
        assert (await client.send("GET", f"{PRINCIPALS}/{name}")).json() == document
    listed = (await client.send("GET", PRINCIPALS)).json()["value"]
    assert document in listed


async def test_what_a_put_leaves_out_stays(client: ManagementClient) -> None:
    made = await put(client, "app", kind="application", objectId=CHOSEN.upper(), redirectUris=["https://a.example/x"])
    disabled = await put(client, "app", enabled=False)
    sent_back = await put(client, CHOSEN, **disabled.json()["properties"])
    assert made.json()["properties"]["objectId"] == CHOSEN
    assert (disabled.status_code, sent_back.status_code) == (200, 200)
    assert disabled.json()["properties"] == {**made.json()["properties"], "enabled": False}
    assert sent_back.json() == disabled.json()


@pytest.mark.parametrize(
    ("name", "properties", "target"),
    [
        ("x", {}, "properties.kind"),
        ("x", {"kind": "robot"}, "properties.kind"),
        ("x", {"kind": "user"}, "properties.userPrincipalName"),
        ("x", {"kind": "user", "userPrincipalName": "ada"}, "properties.userPrincipalName"),
        ("x", {"kind": "user", "userPrincipalName": "a@b.c", "password": "short"}, "properties.password"),
        ("x", {"kind": "user", "userPrincipalName": "a@b.c", "clientId": CHOSEN}, "properties.clientId"),
        ("x", {"kind": "application", "password": "long enough"}, "properties.password"),
        ("x", {"kind": "group", "redirectUris": ["https://a.example"]}, "properties.redirectUris"),
        ("x", {"kind": "application", "redirectUris": ["http://a.example"]}, "properties.redirectUris"),
        ("x", {"kind": "application", "redirectUris": ["https://u:p@a.example"]}, "properties.redirectUris"),
        ("x", {"kind": "application", "redirectUris": ["https://*.example"]}, "properties.redirectUris"),
        ("x", {"kind": "application", "redirectUris": ["javascript:alert(1)"]}, "properties.redirectUris"),
        ("x", {"kind": "application", "objectId": "1"}, "properties.objectId"),
        ("x", {"kind": "application", "displayName": "y"}, "properties.displayName"),
        (CHOSEN, {"kind": "application"}, None),
        ("-x", {"kind": "application"}, None),
        ("a%0Ab", {"kind": "application"}, None),
        ("x" * 121, {"kind": "application"}, None),
    ],
)
async def test_what_a_principal_cannot_be(
    client: ManagementClient, name: str, properties: dict[str, Any], target: str | None
) -> None:
    response = await put(client, name, **properties)
    assert response.status_code == 400
    assert response.json()["error"].get("target") == target


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"kind": "application", "objectId": CHOSEN}, {"kind": "group", "objectId": CHOSEN}),
        ({"kind": "application", "clientId": CHOSEN}, {"kind": "managed-identity", "clientId": CHOSEN}),
        ({"kind": "user", "userPrincipalName": "a@b.c"}, {"kind": "user", "userPrincipalName": "A@B.C"}),
    ],
)
async def test_ids_and_user_names_are_unique(
    client: ManagementClient, first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert (await put(client, "first", **first)).status_code == 201
    assert (await put(client, "second", **second)).status_code == 409


async def test_kind_and_ids_stay(client: ManagementClient) -> None:
    await put(client, "app", kind="application")
    for change in ({"kind": "group"}, {"objectId": CHOSEN}, {"clientId": CHOSEN}):
        assert (await put(client, "app", **change)).status_code == 409


async def test_a_password_is_kept_as_a_hash(client: ManagementClient) -> None:
    made = await put(client, "ada", kind="user", userPrincipalName="ada@example.com", password="CANARY password")
    assert "CANARY" not in made.text
    async with client.plane.state.reading() as session:
        kept = await session.principals.get_password_hash(made.json()["properties"]["objectId"])
    assert kept is not None
    assert verify_secret("CANARY password", kept)


async def test_a_secret_is_shown_once_and_kept_as_a_hash(client: ManagementClient, tenant: Tenant) -> None:
    app = await tenant.add("app")
    made = await client.send("POST", f"{PRINCIPALS}/app/addSecret", {"displayName": "ci", "lifetimeDays": 30})
    shown = made.json()
    assert len(shown["secretText"]) == 40
    assert shown["hint"] == shown["secretText"][:3]
    assert shown["endDateTime"] == "2026-12-22T12:00:00.250000Z"

    listed = await client.send("GET", f"{PRINCIPALS}/app/credentials")
    assert [entry["keyId"] for entry in listed.json()["value"]] == [shown["keyId"]]
    assert "CANARY-" not in listed.text
    async with client.plane.state.reading() as session:
        [kept] = await session.principals.list_credentials(app)
        events = await session.audit.list_events(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
    assert isinstance(kept, ClientSecret)
    assert verify_secret(shown["secretText"], kept.secret_hash)
    assert not any("CANARY-" in repr(event) for event in events)

    path = f"{PRINCIPALS}/app/credentials/{shown['keyId']}"
    assert [(await client.send("DELETE", path)).status_code for _ in range(2)] == [200, 404]


async def test_a_certificate_is_known_by_its_thumbprints(client: ManagementClient, tenant: Tenant) -> None:
    await tenant.add("app")
    made = await client.send("POST", f"{PRINCIPALS}/app/addCertificate", {"certificate": make_client_certificate()})
    assert made.status_code == 200
    assert len(made.json()["thumbprint"]) == 40
    assert made.json()["displayName"] == "CN=test"


@pytest.mark.parametrize("defect", ["expired", "with its key", "none"])
async def test_a_certificate_of_no_use_is_refused(client: ManagementClient, tenant: Tenant, defect: str) -> None:
    await tenant.add("app")
    pem = {
        "expired": make_client_certificate(ends_at=NOW),
        "with its key": make_client_certificate()
        + "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n",
        "none": "-----BEGIN CERTIFICATE-----\nCANARY\n-----END CERTIFICATE-----\n",
    }[defect]
    response = await client.send("POST", f"{PRINCIPALS}/app/addCertificate", {"certificate": pem})
    assert response.status_code == 400
    assert "CANARY" not in response.text


async def test_a_federated_credential_is_anothers_word(client: ManagementClient, tenant: Tenant) -> None:
    identity = await tenant.add("workload", "managed-identity")
    path = f"{PRINCIPALS}/workload/addFederatedCredential"
    made = await client.send("POST", path, FEDERATED)
    assert made.json()["audiences"] == ["api://AzureADTokenExchange"]
    assert (await client.send("POST", path, FEDERATED)).status_code == 409
    changes: list[dict[str, Any]] = [
        {"issuer": "http://x"},
        {"subject": ""},
        {"audiences": []},
        {"jwksFile": "keys.json"},
    ]
    for change in changes:
        assert (await client.send("POST", path, {**FEDERATED, "name": "2", **change})).status_code == 400
    async with client.plane.state.reading() as session:
        [kept] = await session.principals.list_credentials(identity)
    assert isinstance(kept, FederatedCredential)


async def test_only_applications_have_secrets(client: ManagementClient, tenant: Tenant) -> None:
    await tenant.add("ada", "user", userPrincipalName="ada@example.com")
    await tenant.add("identity", "managed-identity")
    await tenant.add("team", "group")
    for name in ("ada", "identity", "team"):
        assert (await client.send("POST", f"{PRINCIPALS}/{name}/addSecret", {})).status_code == 400
    assert (await client.send("POST", f"{PRINCIPALS}/nobody/addSecret", {})).status_code == 404


@pytest.mark.parametrize("days", [0, -1, 3651, 10**30])
async def test_a_secret_lasts_for_a_while(client: ManagementClient, tenant: Tenant, days: int) -> None:
    await tenant.add("app")
    response = await client.send("POST", f"{PRINCIPALS}/app/addSecret", {"lifetimeDays": days})
    assert response.status_code == 400


async def test_a_principal_has_so_many_credentials_and_no_more(
    client: ManagementClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingate.management.principal_credentials.MOST_CREDENTIALS", 1)
    await tenant.add("app")
    statuses = [(await client.send("POST", f"{PRINCIPALS}/app/addSecret", {})).status_code for _ in range(2)]
    assert statuses == [200, 409]


async def test_members_come_and_go(client: ManagementClient, tenant: Tenant) -> None:
    await tenant.add("team", "group")
    app = await tenant.add("app")
    for body in ({"memberId": "app"}, {"memberId": app}):
        assert (await client.send("POST", f"{PRINCIPALS}/team/addMember", body)).status_code == 204
    members = (await client.send("GET", f"{PRINCIPALS}/team/members")).json()["value"]
    assert [member["name"] for member in members] == ["app"]
    for _ in range(2):
        gone = await client.send("POST", f"{PRINCIPALS}/team/removeMember", {"memberId": "app"})
        assert gone.status_code == 204
    assert (await client.send("POST", f"{PRINCIPALS}/team/addMember", {"memberId": "team"})).status_code == 400
    assert (await client.send("POST", f"{PRINCIPALS}/team/addMember", {"memberId": "none"})).status_code == 404
    assert (await client.send("POST", f"{PRINCIPALS}/app/addMember", {"memberId": "team"})).status_code == 400


async def test_a_deleted_principal_takes_its_assignments_along(client: ManagementClient, tenant: Tenant) -> None:
    await tenant.add_with_role(READER, client.group_path, "app")
    statuses = [(await client.send("DELETE", f"{PRINCIPALS}/app")).status_code for _ in range(2)]
    assert statuses == [200, 204]
    async with client.plane.state.reading() as session:
        assert await session.roles.list_assignments() == []


async def test_a_system_assigned_identity_belongs_to_its_resource(client: ManagementClient, tenant: Tenant) -> None:
    await tenant.add("example-resource")
    async with client.plane.changing() as session:
        resource = await session.resources.get_resource(client.account_path)
        assert resource is not None
        await drop_system_identity(session, resource)
        identity = await ensure_system_identity(session, client.plane, resource)
        assert await ensure_system_identity(session, client.plane, resource) == identity
    path = f"{PRINCIPALS}/{identity.object_id}"
    shown = (await client.send("GET", path)).json()["properties"]
    assert shown["resourceId"] == client.account_path
    assert shown["kind"] == "managed-identity"
    for method, target, body in (
        ("DELETE", path, None),
        ("PUT", path, {"properties": {"enabled": False}}),
        ("POST", f"{path}/addFederatedCredential", FEDERATED),
    ):
        assert (await client.send(method, target, body)).status_code in {400, 409}
    async with client.plane.changing() as session:
        assert await drop_system_identity(session, resource)
        assert not await drop_system_identity(session, resource)
    assert (await client.send("GET", path)).status_code == 404


@pytest.mark.parametrize(
    "client_id",
    [
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "00000003-0000-0000-C000-000000000000",
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    ],
)
async def test_nobody_takes_the_client_id_of_one_of_microsofts_applications(
    client: ManagementClient, client_id: str
) -> None:
    """Their id is an audience of ours: a token about signing in to such an application would be one for the API."""
    answer = await put(client, "Azure", kind="application", clientId=client_id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidPrincipal")
