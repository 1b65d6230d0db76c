"""Signing in a device that has no browser: `az login --use-device-code`."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.identity.browser import Browser
from tests.unit.identity.tenant import (
    ADA,
    AUTHORITY,
    AZURE_CLI,
    BUILDER,
    PASSWORD,
    PORTAL,
    TENANT,
    TenantClient,
    read_error,
)

pytestmark = pytest.mark.anyio

MANAGEMENT = "https://management.core.windows.net/"
SCOPE = f"{MANAGEMENT}/.default offline_access openid profile"


async def begin(tenant: TenantClient, **changes: str) -> dict[str, Any]:
    form = {"client_id": AZURE_CLI, "scope": SCOPE} | changes
    answer = await tenant.ask(form, tenant="organizations", path="oauth2/v2.0/devicecode")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def build_poll_form(device: dict[str, Any], **changes: str) -> dict[str, str]:
    """As MSAL polls: with the code under both of its names."""
    code = device["device_code"]
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": AZURE_CLI}
    return form | {"device_code": code, "code": code, "client_info": "1"} | changes


async def approve(tenant: TenantClient, device: dict[str, Any], **changes: str) -> str:
    browser = Browser(tenant.http)
    await browser.open(device["verification_uri"])
    await browser.send(user_code=device["user_code"], action="next")
    fields = {"username": "ada@example.com", "password": PASSWORD, "action": "sign-in"}
    return (await browser.send(**(fields | changes))).text


async def test_the_device_is_told_what_to_tell_the_person(tenant: TenantClient) -> None:
    device = await begin(tenant)
    assert device["verification_uri"] == f"{AUTHORITY}/common/oauth2/deviceauth"
    assert (device["expires_in"], device["interval"]) == (900, 5)
    assert device["user_code"] in device["message"]
    assert device["verification_uri"] in device["message"]


async def test_a_device_that_was_led_here_under_microsofts_name_sends_the_person_to_our_own_address(
    tenant: TenantClient,
) -> None:
    """`ingate run` leads az here, but not the browser, in which that name is Microsoft's."""
    answer = await tenant.http.post(
        "https://localhost:8443/organizations/oauth2/v2.0/devicecode",
        data={"client_id": AZURE_CLI, "scope": SCOPE},
        headers={"host": "login.microsoftonline.com"},
    )
    device = answer.json()
    assert device["verification_uri"] == "https://localhost:8443/common/oauth2/deviceauth"
    assert device["verification_uri"] in device["message"]


async def test_it_waits_and_gets_its_tokens_when_the_person_has_signed_in(tenant: TenantClient) -> None:
    device = await begin(tenant)
    assert read_error(await tenant.ask(build_poll_form(device))) == (400, "authorization_pending", 70016)
    assert "The other device is signed in" in await approve(tenant, device)
    tenant.clock.advance(seconds=5)
    document = (await tenant.ask(build_poll_form(device), tenant="organizations")).json()
    assert (await tenant.read_token(document["access_token"], MANAGEMENT))["oid"] == ADA.object_id
    assert {"refresh_token", "id_token", "client_info", "scope"} <= set(document)


async def test_once(tenant: TenantClient) -> None:
    device = await begin(tenant)
    await approve(tenant, device)
    await tenant.ask(build_poll_form(device))
    assert read_error(await tenant.ask(build_poll_form(device))) == (400, "bad_verification_code", 70018)


async def test_a_device_in_a_hurry_is_slowed_down(tenant: TenantClient) -> None:
    device = await begin(tenant)
    polls: list[str] = []
    for pause in (5, 5, 1, 5, 10, 10):
        tenant.clock.advance(seconds=pause)
        polls.append(read_error(await tenant.ask(build_poll_form(device)))[1])
    pending, slow_down = "authorization_pending", "slow_down"
    assert polls == [pending, pending, slow_down, slow_down, slow_down, slow_down]
    tenant.clock.advance(seconds=25)
    assert read_error(await tenant.ask(build_poll_form(device)))[1] == pending


async def test_the_person_may_decline(tenant: TenantClient) -> None:
    device = await begin(tenant)
    assert "was not signed in" in await approve(tenant, device, action="decline")
    assert read_error(await tenant.ask(build_poll_form(device))) == (400, "authorization_declined", 65004)


async def test_a_quarter_of_an_hour_is_enough(tenant: TenantClient) -> None:
    device = await begin(tenant)
    tenant.clock.advance(minutes=15)
    assert "There is no such code" in await approve(tenant, device)
    assert read_error(await tenant.ask(build_poll_form(device))) == (400, "expired_token", 70020)


async def test_a_wrong_password_leaves_the_device_waiting(tenant: TenantClient) -> None:
    device = await begin(tenant)
    assert "invalid username or password" in await approve(tenant, device, password="wrong")
    assert read_error(await tenant.ask(build_poll_form(device)))[1] == "authorization_pending"


async def test_an_approved_code_cannot_be_approved_again(tenant: TenantClient) -> None:
    device = await begin(tenant)
    await approve(tenant, device)
    assert "There is no such code" in await approve(tenant, device)


async def test_codes_are_read_as_people_write_them(tenant: TenantClient) -> None:
    device = await begin(tenant)
    written = device["user_code"].lower()
    assert "is signed in" in await approve(tenant, {**device, "user_code": f" {written[:4]}-{written[4:]} "})


async def test_the_page_says_which_program_will_act(tenant: TenantClient) -> None:
    device = await begin(tenant, client_id=PORTAL.client_id or "")
    browser = Browser(tenant.http)
    await browser.open(device["verification_uri"])
    answer = await browser.send(user_code=device["user_code"])
    assert "<strong>portal</strong>" in answer.text


async def test_the_page_takes_only_its_own_form(tenant: TenantClient) -> None:
    device = await begin(tenant)
    browser = Browser(tenant.http)
    await browser.open(device["verification_uri"])
    tenant.http.cookies.clear()
    assert (await browser.send(user_code=device["user_code"])).status_code == 403


async def test_another_client_cannot_take_the_tokens(tenant: TenantClient) -> None:
    device = await begin(tenant)
    await approve(tenant, device)
    form = build_poll_form(device, client_id=PORTAL.client_id or "")
    assert read_error(await tenant.ask(form))[2] == 700003


async def test_version_1_has_it_too(tenant: TenantClient) -> None:
    form = {"client_id": AZURE_CLI, "resource": MANAGEMENT}
    device = (await tenant.ask(form, path="oauth2/devicecode")).json()
    assert (device["expires_in"], device["interval"]) == ("900", "5")
    await approve(tenant, {**device, "verification_uri": device["verification_url"]})
    form = {
        "grant_type": "device_code",
        "client_id": AZURE_CLI,
        "code": device["device_code"],
        "resource": MANAGEMENT,
    }
    assert (await tenant.ask(form, path="oauth2/token")).json()["resource"] == MANAGEMENT


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"client_id": ""}, 900144),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, 700016),
        ({"client_id": BUILDER.client_id or ""}, 7000218),
        ({"scope": ""}, 900144),
        ({"scope": "https://example.org/.default"}, 500011),
    ],
)
async def test_what_gets_no_code(tenant: TenantClient, changes: dict[str, str], number: int) -> None:
    form = {"client_id": AZURE_CLI, "scope": SCOPE} | changes
    form = {name: value for name, value in form.items() if value}
    assert read_error(await tenant.ask(form, tenant=TENANT, path="oauth2/v2.0/devicecode"))[2] == number


async def test_a_resource_of_any_length_is_not_remembered(tenant: TenantClient) -> None:
    """Nobody has signed in yet, and thousands of these are kept."""
    form = {"client_id": AZURE_CLI, "resource": "x" * 2049}
    answer = await tenant.ask(form, tenant="common", path="oauth2/devicecode")
    assert read_error(answer) == (400, "invalid_scope", 70011)
