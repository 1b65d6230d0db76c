"""What every grant goes through: the form, the tenant, the client and its proof; what answers look like."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest
from tests.unit.identity.tenant import (
    AZURE_CLI,
    BUILDER,
    COGNITIVE_SERVICES,
    EXPIRED_SECRET,
    NOW,
    SECRET,
    TENANT,
    WORKER,
    TenantClient,
    build_password_form,
    build_secret_form,
    read_error,
)

pytestmark = pytest.mark.anyio


async def test_an_application_with_its_secret_gets_a_token(tenant: TenantClient) -> None:
    answer = await tenant.ask(build_secret_form())
    assert answer.status_code == 200
    document = answer.json()
    assert sorted(document) == ["access_token", "expires_in", "ext_expires_in", "token_type"]
    assert document["token_type"] == "Bearer"
    assert 3599 <= document["expires_in"] <= 5399
    assert answer.headers["cache-control"] == "no-store, no-cache"


async def test_its_claims_are_those_of_version_1_for_azures_services(tenant: TenantClient) -> None:
    answer = (await tenant.ask(build_secret_form())).json()
    claims = await tenant.read_token(answer["access_token"], COGNITIVE_SERVICES)
    assert claims | {"aio": "", "rh": "", "uti": "", "exp": 0} == {
        "aud": COGNITIVE_SERVICES,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "idp": f"https://sts.windows.net/{TENANT}/",
        "appid": BUILDER.client_id,
        "appidacr": "1",
        "idtyp": "app",
        "oid": BUILDER.object_id,
        "sub": BUILDER.object_id,
        "tid": TENANT,
        "ver": "1.0",
        "iat": int(NOW.timestamp()) - 300,
        "nbf": int(NOW.timestamp()) - 300,
        "aio": "",
        "rh": "",
        "uti": "",
        "exp": 0,
    }
    assert claims["exp"] == int(NOW.timestamp()) + answer["expires_in"] + 1


async def test_every_token_has_its_own_id(tenant: TenantClient) -> None:
    tokens = [(await tenant.ask(build_secret_form())).json()["access_token"] for _ in range(2)]
    first, second = [await tenant.read_token(token, COGNITIVE_SERVICES) for token in tokens]
    assert first["uti"] != second["uti"]


async def test_version_1_takes_a_resource_and_answers_with_strings(tenant: TenantClient) -> None:
    form = build_secret_form(scope="", resource="https://management.core.windows.net/")
    document = (await tenant.ask(form, path="oauth2/token")).json()
    assert all(isinstance(value, str) for value in document.values())
    assert document["resource"] == "https://management.core.windows.net/"
    assert int(document["expires_on"]) == int(NOW.timestamp()) + int(document["expires_in"]) + 1
    await tenant.read_token(document["access_token"], "https://management.core.windows.net/")


async def test_the_secret_may_come_in_the_header(tenant: TenantClient) -> None:
    credentials = base64.b64encode(f"{BUILDER.client_id}:{SECRET}".encode()).decode()
    form = build_secret_form(client_id="", client_secret="")
    answer = await tenant.ask(form, headers={"Authorization": f"Basic {credentials}"})
    assert answer.status_code == 200


async def test_but_not_in_two_places(tenant: TenantClient) -> None:
    credentials = base64.b64encode(f"{BUILDER.client_id}:{SECRET}".encode()).decode()
    answer = await tenant.ask(build_secret_form(), headers={"Authorization": f"Basic {credentials}"})
    assert read_error(answer) == (400, "invalid_request", 90100)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "s3c~wrong"}, (401, "invalid_client", 7000215)),
        ({"client_secret": "something else"}, (401, "invalid_client", 7000215)),
        ({"client_secret": "x" * 5000}, (401, "invalid_client", 7000215)),
        ({"client_secret": EXPIRED_SECRET}, (401, "invalid_client", 7000222)),
        ({"client_secret": ""}, (401, "invalid_client", 7000218)),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, (400, "unauthorized_client", 700016)),
        ({"client_id": "builder"}, (400, "unauthorized_client", 700016)),
        ({"client_id": AZURE_CLI}, (401, "invalid_client", 700025)),
        ({"client_id": AZURE_CLI, "client_secret": ""}, (401, "invalid_client", 7000218)),
        ({"client_id": ""}, (400, "invalid_request", 900144)),
        ({"grant_type": ""}, (400, "invalid_request", 900144)),
        ({"grant_type": "implicit"}, (400, "unsupported_grant_type", 70003)),
        ({"scope": ""}, (400, "invalid_request", 900144)),
        ({"scope": "https://management.azure.com/user_impersonation"}, (400, "invalid_scope", 1002012)),
        ({"scope": "openid"}, (400, "invalid_scope", 1002012)),
        ({"scope": "https://example.org/.default"}, (400, "invalid_resource", 500011)),
        ({"scope": f"{COGNITIVE_SERVICES}/.default https://ai.azure.com/.default"}, (400, "invalid_scope", 28000)),
        ({"client_assertion": "e30.e30.e30"}, (401, "invalid_client", 50027)),
    ],
)
async def test_what_is_refused_and_how(
    tenant: TenantClient, changes: dict[str, str], expected: tuple[int, str, int]
) -> None:
    assert read_error(await tenant.ask(build_secret_form(**changes))) == expected


async def test_a_refusal_carries_the_ids_that_help_to_find_it(tenant: TenantClient) -> None:
    correlation_id = "aaaabbbb-0000-4000-8000-ccccddddeeee"
    form = build_secret_form(client_secret="wrong")
    answer = await tenant.ask(form, headers={"client-request-id": correlation_id})
    document = answer.json()
    assert document["correlation_id"] == correlation_id == answer.headers["client-request-id"]
    assert document["trace_id"] == answer.headers["x-ms-request-id"]
    assert document["timestamp"] == "2026-11-22 12:00:00Z"
    assert document["error_uri"].endswith("error?code=7000215")
    assert document["trace_id"] in document["error_description"]


@pytest.mark.parametrize("name", ["66666666-2222-4333-8444-555555555555", "contoso.onmicrosoft.com", "consumers"])
async def test_another_tenant_is_not_found(tenant: TenantClient, name: str) -> None:
    assert read_error(await tenant.ask(build_secret_form(), tenant=name)) == (400, "invalid_request", 90002)


async def test_an_application_has_to_name_its_tenant(tenant: TenantClient) -> None:
    assert read_error(await tenant.ask(build_secret_form(), tenant="organizations")) == (
        400,
        "invalid_request",
        50059,
    )


async def test_a_disabled_application_gets_nothing(tenant: TenantClient) -> None:
    await set_enabled(tenant, enabled=False)
    assert read_error(await tenant.ask(build_secret_form())) == (400, "unauthorized_client", 7000112)


async def set_enabled(tenant: TenantClient, *, enabled: bool) -> None:
    async with tenant.stores.writing() as session:
        await session.principals.put_principal(replace(BUILDER, is_enabled=enabled))


async def test_a_parameter_that_comes_twice_is_refused(tenant: TenantClient) -> None:
    body = "grant_type=client_credentials&client_id=a&client_id=b"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await tenant.http.post(f"/{TENANT}/oauth2/v2.0/token", content=body, headers=headers)
    assert read_error(answer) == (400, "invalid_request", 90100)


async def test_what_is_no_form_is_refused(tenant: TenantClient) -> None:
    answer = await tenant.http.post(f"/{TENANT}/oauth2/v2.0/token", json={"grant_type": "client_credentials"})
    assert read_error(answer) == (400, "invalid_request", 9002313)


async def test_a_form_that_is_too_large_is_refused(tenant: TenantClient) -> None:
    answer = await tenant.ask(build_secret_form(scope="x" * 70_000))
    assert read_error(answer) == (400, "invalid_request", 9002313)


async def test_tokens_are_posted_for(tenant: TenantClient) -> None:
    answer = await tenant.get(f"/{TENANT}/oauth2/v2.0/token")
    assert read_error(answer) == (405, "invalid_request", 900561)


async def test_guessing_a_secret_is_stopped_for_a_while(tenant: TenantClient) -> None:
    for _ in range(10):
        await tenant.ask(build_secret_form(client_secret="wrong"))
    assert read_error(await tenant.ask(build_secret_form())) == (401, "invalid_client", 50053)
    tenant.clock.advance(seconds=61)
    assert (await tenant.ask(build_secret_form())).status_code == 200


async def test_a_managed_identity_has_no_secret_to_ask_with(tenant: TenantClient) -> None:
    form = build_secret_form(client_id=WORKER.client_id or "", client_secret="")
    assert read_error(await tenant.ask(form)) == (401, "invalid_client", 7000218)


async def test_who_signed_in_is_in_the_audit_trail(tenant: TenantClient) -> None:
    await tenant.ask(build_secret_form())
    await tenant.ask(build_secret_form(client_secret="wrong"))
    await tenant.ask(build_password_form(username="pass word typed here"))
    nobody, wrong, right = await tenant.list_sign_ins()
    assert right == (
        "succeeded",
        BUILDER.object_id,
        f"client_credentials {COGNITIVE_SERVICES} by {BUILDER.client_id}",
    )
    assert wrong == ("refused", BUILDER.object_id, f"AADSTS7000215 client_credentials by {BUILDER.client_id}")
    assert nobody == ("refused", "", f"AADSTS50126 password by {AZURE_CLI}")


async def test_guessing_secrets_at_the_same_time_gets_no_further(tenant: TenantClient) -> None:
    guesses = [build_secret_form(client_secret=f"{SECRET}{number}") for number in range(15)]
    answers = await asyncio.gather(*(tenant.ask(form) for form in guesses))
    assert [read_error(answer)[2] for answer in answers].count(7000215) == 10


async def test_what_stands_in_for_a_client_id_is_not_written_down(tenant: TenantClient) -> None:
    await tenant.ask(build_secret_form(client_id="a secret in the wrong field"))
    assert await tenant.list_sign_ins() == [("refused", "", "AADSTS700016 client_credentials")]


async def test_refusing_nobody_in_particular_fills_no_disk(tenant: TenantClient) -> None:
    for _ in range(70):
        await tenant.ask(build_secret_form(client_id="nobody"))
    assert len(await tenant.list_sign_ins()) == 60
    await tenant.ask(build_secret_form(client_secret="wrong"))
    assert len(await tenant.list_sign_ins()) == 61
    tenant.clock.advance(minutes=1)
    await tenant.ask(build_secret_form(client_id="nobody"))
    newest = (await tenant.list_sign_ins())[0]
    assert newest[2] == "AADSTS700016 client_credentials (and 10 more that are not recorded)"
