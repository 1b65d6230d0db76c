"""Tokens without a secret, in the forms of the instance metadata service and of App Service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.unit.identity.tenant import (
    APP_SERVICE_SECRET,
    BUILDER,
    COGNITIVE_SERVICES,
    MACHINE_ID,
    NOW,
    WORKER,
    TenantClient,
    open_tenant,
)

pytestmark = pytest.mark.anyio

PATH = "/metadata/identity/oauth2/token"


async def ask(
    tenant: TenantClient, path: str = PATH, *, headers: dict[str, str] | None = None, **parameters: str
) -> httpx2.Response:
    query = {"api-version": "2018-02-01", "resource": COGNITIVE_SERVICES} | parameters
    query = {name: value for name, value in query.items() if value}
    given = {"Metadata": "true"} if headers is None else headers
    return await tenant.http.get(path, params=query, headers=given)


@pytest.mark.parametrize("path", [PATH, PATH + "/"])
async def test_whoever_may_ask_is_the_machines_identity(tenant: TenantClient, path: str) -> None:
    document = (await ask(tenant, path)).json()
    claims = await tenant.read_token(document["access_token"], COGNITIVE_SERVICES)
    assert {name: claims[name] for name in ("oid", "appid", "appidacr", "idtyp", "xms_mirid", "ver")} == {
        "oid": WORKER.object_id,
        "appid": WORKER.client_id,
        "appidacr": "2",
        "idtyp": "app",
        "xms_mirid": MACHINE_ID,
        "ver": "1.0",
    }


async def test_every_value_is_a_string(tenant: TenantClient) -> None:
    document = (await ask(tenant)).json()
    assert all(isinstance(value, str) for value in document.values())
    assert document["refresh_token"] == ""
    assert document["resource"] == COGNITIVE_SERVICES
    assert document["token_type"] == "Bearer"
    assert int(document["expires_on"]) == int(NOW.timestamp()) + int(document["expires_in"]) + 1


@pytest.mark.parametrize(
    "selection",
    [
        {"client_id": WORKER.client_id or ""},
        {"object_id": WORKER.object_id},
        {"msi_res_id": MACHINE_ID.upper()},
    ],
)
async def test_it_can_be_chosen_in_three_ways(tenant: TenantClient, selection: dict[str, Any]) -> None:
    assert (await ask(tenant, **selection)).json()["client_id"] == WORKER.client_id


@pytest.mark.parametrize(
    ("headers", "changes", "error"),
    [
        ({}, {}, "bad_request_102"),
        ({"Metadata": "false"}, {}, "bad_request_102"),
        ({"Metadata": "true", "X-Forwarded-For": "10.0.0.1"}, {}, "bad_request_102"),
        (None, {"api-version": ""}, "bad_request_102"),
        (None, {"resource": ""}, "invalid_request"),
        (None, {"client_id": "00000000-0000-4000-8000-000000000000"}, "invalid_request"),
        (None, {"client_id": BUILDER.client_id or ""}, "invalid_request"),
        (None, {"client_id": WORKER.client_id or "", "object_id": WORKER.object_id}, "invalid_request"),
        (None, {"resource": "https://example.org"}, "invalid_resource"),
    ],
)
async def test_refusals_have_the_metadata_services_shape(
    tenant: TenantClient, headers: dict[str, str] | None, changes: dict[str, str], error: str
) -> None:
    answer = await ask(tenant, headers=headers, **changes)
    assert answer.status_code == 400
    assert sorted(answer.json()) == ["error", "error_description"]
    assert answer.json()["error"] == error


async def test_a_disabled_identity_is_not_found(tenant: TenantClient) -> None:
    async with tenant.stores.writing() as session:
        await session.principals.put_principal(replace(WORKER, is_enabled=False))
    assert (await ask(tenant)).json()["error_description"] == "Identity not found"


async def test_nobody_has_an_identity_unless_an_administrator_said_so(
    seeded_tenant_dir: Path, tmp_path: Path
) -> None:
    async with open_tenant(seeded_tenant_dir, tmp_path / "data", managed_identity=None) as tenant:
        for client_id in ("", WORKER.client_id or ""):
            answer = await ask(tenant, client_id=client_id)
            assert (answer.status_code, answer.json()["error_description"]) == (400, "Identity not found")


async def test_app_service_asks_with_a_secret(tenant: TenantClient) -> None:
    answer = await ask(tenant, "/msi/token", headers={"X-IDENTITY-HEADER": APP_SERVICE_SECRET})
    document = answer.json()
    await tenant.read_token(document["access_token"], COGNITIVE_SERVICES)
    assert sorted(document) == ["access_token", "client_id", "expires_on", "resource", "token_type"]
    assert int(document["expires_on"]) > NOW.timestamp()


@pytest.mark.parametrize("headers", [{}, {"X-IDENTITY-HEADER": ""}, {"X-IDENTITY-HEADER": "wrong"}])
async def test_and_not_with_another(tenant: TenantClient, headers: dict[str, str]) -> None:
    answer = await ask(tenant, "/msi/token", headers=headers)
    assert (answer.status_code, answer.json()["statusCode"]) == (401, 401)


async def test_without_secrets_app_services_form_is_closed(seeded_tenant_dir: Path, tmp_path: Path) -> None:
    async with open_tenant(seeded_tenant_dir, tmp_path / "data", app_service_secrets=("",)) as tenant:
        for header in ("", "anything"):
            answer = await ask(tenant, "/msi/token", headers={"X-IDENTITY-HEADER": header})
            assert answer.status_code == 401


async def test_app_service_names_identities_its_own_way(tenant: TenantClient) -> None:
    headers = {"X-IDENTITY-HEADER": APP_SERVICE_SECRET}
    by_id = await ask(tenant, "/msi/token", headers=headers, principal_id=WORKER.object_id)
    by_resource = await ask(tenant, "/msi/token", headers=headers, mi_res_id=MACHINE_ID)
    for answer in (by_id, by_resource):
        assert answer.json()["client_id"] == WORKER.client_id
    answer = await ask(tenant, "/msi/token", headers=headers, client_id="nobody")
    assert answer.json() == {"statusCode": 400, "message": "Identity not found"}


async def test_it_is_in_the_audit_trail(tenant: TenantClient) -> None:
    await ask(tenant)
    detail = f"instance metadata {COGNITIVE_SERVICES} by {WORKER.client_id}"
    assert await tenant.list_sign_ins() == [("succeeded", WORKER.object_id, detail)]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8081", "127.0.0.1.evil.example", "localhost.evil", "a_b.evil.example", ""]
)
async def test_a_page_whose_name_leads_to_this_machine_gets_nothing(tenant: TenantClient, host: str) -> None:
    """DNS rebinding: a browser asks us in the name of a site that says it is at our address."""
    answer = await ask(tenant, headers={"Metadata": "true", "Host": host})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request_102")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8081", "[::1]:8081", "169.254.169.254", "LOCALHOST", "ingate:8081", "host.docker.internal"]
)
async def test_addresses_and_names_of_this_network_are_fine(tenant: TenantClient, host: str) -> None:
    assert (await ask(tenant, headers={"Metadata": "true", "Host": host})).status_code == 200
