from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.identity.tenant import (
    ADA,
    AZURE_CLI,
    TENANT,
    TenantClient,
    build_password_form,
    build_secret_form,
    read_error,
)

pytestmark = pytest.mark.anyio

PATH = f"/{TENANT}/openid/userinfo"


async def get_token(tenant: TenantClient, scope: str = "openid profile") -> str:
    return str((await tenant.ask(build_password_form(scope=scope))).json()["access_token"])


async def test_it_says_who_signed_in(tenant: TenantClient) -> None:
    answer = await tenant.http.get(PATH, headers={"Authorization": f"Bearer {await get_token(tenant)}"})
    document = answer.json()
    assert (document["name"], document["oid"], document["tid"]) == ("Ada", ADA.object_id, TENANT)
    assert document["preferred_username"] == "ada@example.com"


async def test_to_holders_of_a_token_for_graph_alone(tenant: TenantClient) -> None:
    other = await get_token(tenant, "https://management.azure.com/.default")
    application = (await tenant.ask(build_secret_form(scope="https://graph.microsoft.com/.default"))).json()
    for header in ("", "Bearer", "Bearer x.y.z", f"Bearer {other}", f"Bearer {application['access_token']}"):
        answer = await tenant.http.get(PATH, headers={"Authorization": header})
        assert read_error(answer)[:2] == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_and_only_while_the_person_may_sign_in(tenant: TenantClient) -> None:
    token = await get_token(tenant)
    async with tenant.stores.writing() as session:
        await session.principals.put_principal(replace(ADA, is_enabled=False))
    answer = await tenant.http.get(PATH, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_signing_out_is_a_page_that_leads_nowhere(tenant: TenantClient) -> None:
    address = f"/{TENANT}/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.example&client_id={AZURE_CLI}"
    answer = await tenant.http.get(address)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
