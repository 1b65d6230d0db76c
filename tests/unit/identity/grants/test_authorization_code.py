"""Signing in with a browser: the page, the code, and what the code is bound to."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlencode

import httpx2
import pytest
from tests.unit.identity.browser import Browser, Form
from tests.unit.identity.tenant import (
    ADA,
    AZURE_CLI,
    BUILDER,
    CALLBACK,
    PASSWORD,
    PORTAL,
    SECRET,
    TENANT,
    TenantClient,
    read_error,
    read_fields,
)

pytestmark = pytest.mark.anyio

VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
LOOPBACK = "http://localhost:50123/"
MANAGEMENT = "https://management.core.windows.net/"


def build_address(*, tenant: str = "organizations", path: str = "oauth2/v2.0/authorize", **changes: str) -> str:
    """As the Azure CLI opens it."""
    query = {
        "client_id": AZURE_CLI,
        "response_type": "code",
        "redirect_uri": LOOPBACK,
        "scope": f"{MANAGEMENT}/.default offline_access openid profile",
        "state": "some state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "nonce": "some nonce",
    } | changes
    return f"/{tenant}/{path}?{urlencode({name: value for name, value in query.items() if value})}"


async def sign_in(tenant: TenantClient, address: str) -> httpx2.Response:
    browser = Browser(tenant.http)
    await browser.open(address)
    return await browser.send(username="ada@example.com", password=PASSWORD, action="sign-in")


async def get_code(tenant: TenantClient, **changes: str) -> str:
    return read_fields((await sign_in(tenant, build_address(**changes))).headers["location"])["code"]


def build_code_form(code: str, **changes: str) -> dict[str, str]:
    form = {
        "grant_type": "authorization_code",
        "client_id": AZURE_CLI,
        "code": code,
        "redirect_uri": LOOPBACK,
        "code_verifier": VERIFIER,
        "client_info": "1",
    } | changes
    return {name: value for name, value in form.items() if value}


async def test_name_and_password_lead_back_to_the_client_with_a_code(tenant: TenantClient) -> None:
    answer = await sign_in(tenant, build_address())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(LOOPBACK + "?")
    assert sorted(read_fields(answer.headers["location"])) == ["client_info", "code", "state"]
    assert read_fields(answer.headers["location"])["state"] == "some state"


async def test_which_gets_tokens_for_it(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_code_form(await get_code(tenant)), tenant="organizations")).json()
    assert (await tenant.read_token(document["access_token"], MANAGEMENT))["oid"] == ADA.object_id
    assert (await tenant.read_token(document["id_token"], AZURE_CLI))["nonce"] == "some nonce"
    assert document["refresh_token"]


async def test_a_code_is_good_once(tenant: TenantClient) -> None:
    form = build_code_form(await get_code(tenant))
    assert (await tenant.ask(form)).status_code == 200
    assert read_error(await tenant.ask(form)) == (400, "invalid_grant", 54005)


async def test_and_for_ten_minutes(tenant: TenantClient) -> None:
    form = build_code_form(await get_code(tenant))
    tenant.clock.advance(minutes=10)
    assert read_error(await tenant.ask(form)) == (400, "invalid_grant", 70008)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": PORTAL.client_id or ""}, (400, "invalid_grant", 700003)),
        ({"redirect_uri": "http://localhost:50124/"}, (400, "invalid_request", 50011)),
        ({"code_verifier": VERIFIER + "x"}, (400, "invalid_grant", 501481)),
        ({"code_verifier": ""}, (400, "invalid_request", 900144)),
        ({"code": "1.made-up"}, (400, "invalid_grant", 70000)),
    ],
)
async def test_it_is_bound_to_the_client_the_address_and_the_challenge(
    tenant: TenantClient, changes: dict[str, str], expected: tuple[int, str, int]
) -> None:
    code = await get_code(tenant)
    form = build_code_form(**({"code": code} | changes))
    assert read_error(await tenant.ask(form)) == expected


async def test_a_failed_attempt_uses_it_up(tenant: TenantClient) -> None:
    code = await get_code(tenant)
    await tenant.ask(build_code_form(code, code_verifier="wrong"))
    assert read_error(await tenant.ask(build_code_form(code)))[2] == 54005


async def test_a_person_who_is_gone_by_then_gets_nothing(tenant: TenantClient) -> None:
    code = await get_code(tenant)
    async with tenant.stores.writing() as session:
        await session.principals.delete_principal(ADA.object_id)
    assert read_error(await tenant.ask(build_code_form(code)))[2] == 50173


async def test_a_confidential_client_proves_itself_and_needs_no_challenge(tenant: TenantClient) -> None:
    client_id = BUILDER.client_id or ""
    code = await get_code(
        tenant, client_id=client_id, redirect_uri=CALLBACK, code_challenge="", code_challenge_method=""
    )
    form = build_code_form(code, client_id=client_id, redirect_uri=CALLBACK, code_verifier="")
    assert read_error(await tenant.ask(form))[2] == 7000218
    document = (await tenant.ask(form | {"client_secret": SECRET})).json()
    assert (await tenant.read_token(document["access_token"], MANAGEMENT))["appidacr"] == "1"


async def test_nor_can_the_code_be_had_without_proof_when_its_secrets_are_taken_away(tenant: TenantClient) -> None:
    client_id = BUILDER.client_id or ""
    code = await get_code(
        tenant, client_id=client_id, redirect_uri=CALLBACK, code_challenge="", code_challenge_method=""
    )
    async with tenant.stores.writing() as session:
        for key_id in ("new", "old"):
            await session.principals.delete_credential(BUILDER.object_id, key_id)
    form = build_code_form(code, client_id=client_id, redirect_uri=CALLBACK, code_verifier="")
    assert read_error(await tenant.ask(form)) == (401, "invalid_client", 7000218)


async def test_version_1_asks_for_a_resource(tenant: TenantClient) -> None:
    path = "oauth2/authorize"
    answer = await sign_in(tenant, build_address(path=path, scope="", resource=MANAGEMENT))
    form = build_code_form(read_fields(answer.headers["location"])["code"])
    document = (await tenant.ask(form, path="oauth2/token")).json()
    assert document["resource"] == MANAGEMENT


async def test_form_post_puts_the_code_into_a_form_that_sends_itself(tenant: TenantClient) -> None:
    answer = await sign_in(tenant, build_address(response_mode="form_post"))
    form = Form(answer.text)
    assert form.action == LOOPBACK
    assert form.fields["state"] == "some state"
    assert (await tenant.ask(build_code_form(form.fields["code"]))).status_code == 200


async def test_fragment_puts_it_behind_the_number_sign(tenant: TenantClient) -> None:
    answer = await sign_in(tenant, build_address(response_mode="fragment"))
    assert answer.headers["location"].startswith(LOOPBACK + "#code=1.")


async def test_a_wrong_password_shows_the_page_again(tenant: TenantClient) -> None:
    browser = Browser(tenant.http)
    await browser.open(build_address())
    answer = await browser.send(username="ada@example.com", password="wrong")
    assert answer.status_code == 401
    assert "invalid username or password" in answer.text
    assert 'value="ada@example.com"' in answer.text
    assert (await browser.send(password=PASSWORD)).status_code == 303


async def test_cancelling_tells_the_client(tenant: TenantClient) -> None:
    browser = Browser(tenant.http)
    await browser.open(build_address())
    answer = await browser.send(action="cancel")
    assert read_fields(answer.headers["location"])["error"] == "access_denied"


async def test_the_page_takes_only_its_own_form(tenant: TenantClient) -> None:
    browser = Browser(tenant.http)
    await browser.open(build_address())
    credentials = {"username": "ada@example.com", "password": PASSWORD}
    assert (await browser.send(**credentials, csrf="forged")).status_code == 403
    tenant.http.cookies.clear()
    assert (await browser.send(**credentials)).status_code == 403


async def test_the_page_loads_nothing_and_cannot_be_framed(tenant: TenantClient) -> None:
    answer = await tenant.http.get(build_address())
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://localhost:50123;" in policy
    assert answer.headers["cache-control"] == "no-store, no-cache"
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict"))


async def test_the_page_names_the_client_and_the_expected_person(tenant: TenantClient) -> None:
    answer = await tenant.http.get(build_address(login_hint='"><script>alert(1)</script>'))
    assert "Microsoft Azure CLI" in answer.text
    assert Form(answer.text).fields["username"] == '"><script>alert(1)</script>'
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://localhost.evil.example/"},
        {"redirect_uri": "http://localhost:80@evil.example/"},
        {"redirect_uri": "http://localhost:50123/#fragment"},
        {"redirect_uri": ""},
        {"client_id": ""},
        {"client_id": "00000000-0000-4000-8000-000000000000"},
        {"tenant": "66666666-2222-4333-8444-555555555555"},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_the_clients(
    tenant: TenantClient, changes: dict[str, str]
) -> None:
    answer = await tenant.http.get(build_address(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "AADSTS" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": "https://example.org/.default", "tenant": TENANT}, "invalid_resource"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_other_refusals_go_to_the_client(tenant: TenantClient, changes: dict[str, str], error: str) -> None:
    answer = await tenant.http.get(build_address(**changes))
    fields = read_fields(answer.headers["location"])
    assert (fields["error"], fields["state"]) == (error, "some state")
    assert fields["error_description"].startswith("AADSTS")


async def test_failed_sign_ins_are_in_the_audit_trail(tenant: TenantClient) -> None:
    browser = Browser(tenant.http)
    await browser.open(build_address())
    await browser.send(username="ada@example.com", password="wrong")
    assert await tenant.list_sign_ins() == [("refused", ADA.object_id, f"AADSTS50126 sign-in page by {AZURE_CLI}")]
