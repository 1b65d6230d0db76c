"""A sign-in goes on until something that it rests on changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.identity.tenant import (
    ADA,
    AZURE_CLI,
    BUILDER,
    PORTAL,
    SECRET,
    TenantClient,
    build_password_form,
    read_error,
)

pytestmark = pytest.mark.anyio

AI = "https://ai.azure.com"


async def sign_in(tenant: TenantClient) -> str:
    return str((await tenant.ask(build_password_form())).json()["refresh_token"])


def build_refresh_form(token: str, **changes: str) -> dict[str, str]:
    form = {"grant_type": "refresh_token", "client_id": AZURE_CLI, "refresh_token": token}
    return form | changes


async def test_it_gives_a_new_access_token_and_a_new_refresh_token(tenant: TenantClient) -> None:
    first = await sign_in(tenant)
    document = (await tenant.ask(build_refresh_form(first))).json()
    await tenant.read_token(document["access_token"], "https://management.core.windows.net/")
    assert document["refresh_token"] != first
    assert document["id_token"]


async def test_for_another_resource_as_well(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_refresh_form(await sign_in(tenant), scope=f"{AI}/.default"))).json()
    await tenant.read_token(document["access_token"], AI)
    assert document["refresh_token"]


async def test_version_1_names_it_as_a_resource(tenant: TenantClient) -> None:
    form = build_refresh_form(await sign_in(tenant), resource=AI)
    document = (await tenant.ask(form, path="oauth2/token")).json()
    await tenant.read_token(document["access_token"], AI)


async def test_an_older_one_still_works_as_with_entra(tenant: TenantClient) -> None:
    first = await sign_in(tenant)
    for _ in range(2):
        assert (await tenant.ask(build_refresh_form(first))).status_code == 200


async def test_it_belongs_to_its_client(tenant: TenantClient) -> None:
    form = build_refresh_form(await sign_in(tenant), client_id=PORTAL.client_id or "")
    assert read_error(await tenant.ask(form)) == (400, "invalid_grant", 700003)


async def test_it_ends_when_it_is_not_used(tenant: TenantClient) -> None:
    token = await sign_in(tenant)
    tenant.clock.advance(days=90)
    assert read_error(await tenant.ask(build_refresh_form(token))) == (400, "invalid_grant", 70008)


async def test_it_ends_with_the_password(tenant: TenantClient) -> None:
    token = await sign_in(tenant)
    async with tenant.stores.writing() as session:
        await session.principals.put_password_hash(ADA.object_id, "another hash")
    assert read_error(await tenant.ask(build_refresh_form(token))) == (400, "invalid_grant", 50173)


async def test_it_rests_while_the_person_is_disabled(tenant: TenantClient) -> None:
    token = await sign_in(tenant)
    async with tenant.stores.writing() as session:
        await session.principals.put_principal(replace(ADA, is_enabled=False))
    assert read_error(await tenant.ask(build_refresh_form(token))) == (400, "invalid_grant", 50057)


async def test_it_ends_with_the_person_even_if_the_object_id_comes_back(tenant: TenantClient) -> None:
    token = await sign_in(tenant)
    async with tenant.stores.writing() as session:
        await session.principals.delete_principal(ADA.object_id)
    assert read_error(await tenant.ask(build_refresh_form(token))) == (400, "invalid_grant", 50173)
    async with tenant.stores.writing() as session:
        await session.principals.put_principal(replace(ADA, created_at=ADA.created_at + timedelta(days=1)))
    assert read_error(await tenant.ask(build_refresh_form(token))) == (400, "invalid_grant", 50173)


@pytest.mark.parametrize("made_up", ["", "1.", "1.AAAA", "1.é", "0.AAAA", "1." + "A" * 200])
async def test_what_was_not_sealed_here_is_refused(tenant: TenantClient, made_up: str) -> None:
    status, error, _ = read_error(await tenant.ask(build_refresh_form(made_up)))
    assert (status, error) == (400, "invalid_grant" if made_up else "invalid_request")


async def test_one_changed_character_is_one_too_many(tenant: TenantClient) -> None:
    token = await sign_in(tenant)
    changed = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    assert read_error(await tenant.ask(build_refresh_form(changed))) == (400, "invalid_grant", 70000)


async def test_a_client_that_had_to_prove_itself_has_to_when_its_secrets_are_taken_away(tenant: TenantClient) -> None:
    """Whoever stole its tokens must not gain by it: without a credential it would count as a public client."""
    client_id = BUILDER.client_id or ""
    proved = {"client_id": client_id, "client_secret": SECRET}
    token = str((await tenant.ask(build_password_form(**proved))).json()["refresh_token"])
    assert (await tenant.ask(build_refresh_form(token, **proved))).status_code == 200
    async with tenant.stores.writing() as session:
        for key_id in ("new", "old"):
            await session.principals.delete_credential(BUILDER.object_id, key_id)
    stolen = build_refresh_form(token, client_id=client_id)
    assert read_error(await tenant.ask(stolen)) == (401, "invalid_client", 7000218)
