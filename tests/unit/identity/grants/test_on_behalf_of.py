"""An application that was called with a person's token calls on in their name."""

from __future__ import annotations

import pytest
from tests.unit.identity.tenant import (
    ADA,
    BUILDER,
    COGNITIVE_SERVICES,
    PORTAL,
    SECRET,
    TENANT,
    TenantClient,
    build_password_form,
    build_secret_form,
    read_error,
)

pytestmark = pytest.mark.anyio


async def get_token_for_builder(tenant: TenantClient) -> str:
    form = build_password_form(client_id=PORTAL.client_id or "", scope=f"api://{BUILDER.client_id}/access_as_user")
    return str((await tenant.ask(form)).json()["access_token"])


def build_form(assertion: str, **changes: str) -> dict[str, str]:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": BUILDER.client_id or "",
        "client_secret": SECRET,
        "assertion": assertion,
        "requested_token_use": "on_behalf_of",
        "scope": f"{COGNITIVE_SERVICES}/.default",
    }
    return {name: value for name, value in (form | changes).items() if value}


async def test_a_token_for_an_application_is_of_version_2(tenant: TenantClient) -> None:
    claims = await tenant.read_token(await get_token_for_builder(tenant), BUILDER.client_id or "")
    assert claims["iss"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert {name: claims[name] for name in ("azp", "azpacr", "scp", "ver", "preferred_username")} == {
        "azp": PORTAL.client_id,
        "azpacr": "0",
        "scp": "access_as_user",
        "ver": "2.0",
        "preferred_username": "ada@example.com",
    }
    assert "appid" not in claims


async def test_the_application_exchanges_it_for_another_service(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_form(await get_token_for_builder(tenant)))).json()
    claims = await tenant.read_token(document["access_token"], COGNITIVE_SERVICES)
    assert (claims["oid"], claims["appid"], claims["idtyp"]) == (ADA.object_id, BUILDER.client_id, "user")


async def test_a_token_for_somebody_else_cannot_be_exchanged(tenant: TenantClient) -> None:
    token = (await tenant.ask(build_password_form())).json()["access_token"]
    assert read_error(await tenant.ask(build_form(token))) == (400, "invalid_grant", 500131)


async def test_nor_one_of_an_application_itself(tenant: TenantClient) -> None:
    form = build_secret_form(scope=f"api://{BUILDER.client_id}/.default")
    token = (await tenant.ask(form)).json()["access_token"]
    assert read_error(await tenant.ask(build_form(token))) == (400, "invalid_request", 50027)


async def test_nor_one_that_has_expired_or_was_changed(tenant: TenantClient) -> None:
    token = await get_token_for_builder(tenant)
    assert read_error(await tenant.ask(build_form(token[:-4] + "AAAA"))) == (400, "invalid_grant", 50013)
    tenant.clock.advance(hours=2)
    assert read_error(await tenant.ask(build_form(token))) == (400, "invalid_grant", 50013)


@pytest.mark.parametrize(
    ("changes", "number"),
    [({"assertion": ""}, 900144), ({"requested_token_use": ""}, 90100), ({"client_secret": ""}, 7000218)],
)
async def test_what_else_it_takes(tenant: TenantClient, changes: dict[str, str], number: int) -> None:
    assert read_error(await tenant.ask(build_form(**({"assertion": "token"} | changes))))[2] == number
