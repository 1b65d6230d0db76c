"""Applications that sign with a certificate's key: what is believed, and what is not."""

from __future__ import annotations

import binascii
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256 as SHA256Hash
from tests.unit.identity.tenant import (
    AUTHORITY,
    BUILDER,
    CERTIFIED,
    COGNITIVE_SERVICES,
    NOW,
    TENANT,
    TenantClient,
    make_client_certificate,
    make_client_key,
    make_other_key,
    read_error,
)

from ingate.wire.entra.json_web_keys import encode_base64url

pytestmark = pytest.mark.anyio

ENDPOINT = f"{AUTHORITY}/{TENANT}/oauth2/v2.0/token"
START = int(NOW.timestamp())
SHA1 = binascii.unhexlify(make_client_certificate().thumbprint_sha1)
SHA256 = binascii.unhexlify(make_client_certificate().thumbprint_sha256)


def make_assertion(
    claims: dict[str, Any] | None = None,
    *,
    header: dict[str, Any] | None = None,
    algorithm: str = "RS256",
    key: Any = None,
) -> str:
    """As MSAL makes it."""
    own = {
        "aud": ENDPOINT,
        "iss": CERTIFIED.client_id,
        "sub": CERTIFIED.client_id,
        "exp": START + 600,
        "nbf": START,
        "iat": START,
        "jti": "11111111-0000-4000-8000-000000000000",
    }
    given = {name: value for name, value in (own | (claims or {})).items() if value is not None}
    headers = {"x5t": encode_base64url(SHA1)} if header is None else header
    return jwt.encode(given, key or make_client_key(), algorithm=algorithm, headers=headers)


def build_form(assertion: str, **changes: str) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "client_id": CERTIFIED.client_id or "",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": f"{COGNITIVE_SERVICES}/.default",
    }
    return form | changes


@pytest.mark.parametrize(
    ("header", "algorithm"),
    [
        ({"x5t": encode_base64url(SHA1)}, "RS256"),
        ({"x5t#S256": encode_base64url(SHA256)}, "PS256"),
        ({"x5t": encode_base64url(SHA1) + "="}, "RS256"),
        ({"kid": SHA1.hex().upper()}, "RS256"),
        ({"kid": encode_base64url(SHA1)}, "PS256"),
    ],
)
async def test_the_certificate_can_be_named_in_every_way_that_clients_do(
    tenant: TenantClient, header: dict[str, Any], algorithm: str
) -> None:
    document = (await tenant.ask(build_form(make_assertion(header=header, algorithm=algorithm)))).json()
    claims = await tenant.read_token(document["access_token"], COGNITIVE_SERVICES)
    assert (claims["appid"], claims["appidacr"]) == (CERTIFIED.client_id, "2")


async def test_padded_parts_are_read_as_azure_identity_for_asyncio_writes_them(tenant: TenantClient) -> None:
    parts = [pad(part) for part in make_assertion().split(".")[:2]]
    signature = make_client_key().sign(".".join(parts).encode(), PKCS1v15(), SHA256Hash())
    assertion = ".".join([*parts, pad(encode_base64url(signature))])
    assert "=" in assertion
    assert (await tenant.ask(build_form(assertion))).status_code == 200


def pad(part: str) -> str:
    return part + "=" * (-len(part) % 4)


@pytest.mark.parametrize(
    "audience",
    [
        f"{AUTHORITY}/{TENANT}/oauth2/token",
        f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
        ["https://elsewhere.example", ENDPOINT],
    ],
)
async def test_we_have_several_names(tenant: TenantClient, audience: Any) -> None:
    assert (await tenant.ask(build_form(make_assertion({"aud": audience})))).status_code == 200


async def test_an_assertion_may_be_sent_again_because_msal_does(tenant: TenantClient) -> None:
    form = build_form(make_assertion())
    assert [(await tenant.ask(form)).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"aud": "https://elsewhere.example/oauth2/v2.0/token"}, 700023),
        ({"aud": None}, 700023),
        ({"aud": f"{AUTHORITY}/66666666-2222-4333-8444-555555555555/oauth2/v2.0/token"}, 700023),
        ({"sub": BUILDER.client_id}, 700021),
        ({"iss": BUILDER.client_id}, 700211),
        ({"exp": START - 300}, 700024),
        ({"exp": None}, 700024),
        ({"exp": START + 2 * 24 * 3600}, 700024),
        ({"nbf": START + 600}, 700024),
    ],
)
async def test_its_claims_have_to_fit(tenant: TenantClient, claims: dict[str, Any], number: int) -> None:
    answer = await tenant.ask(build_form(make_assertion(claims)))
    assert read_error(answer) == (401, "invalid_client", number)


@pytest.mark.parametrize(
    "assertion",
    [
        make_assertion(key=make_other_key()),
        make_assertion(header={"x5t": "AAAA"}),
        make_assertion(header={}),
        make_assertion(key="x" * 32, algorithm="HS256"),
        make_assertion(algorithm="RS512"),
    ],
)
async def test_and_the_signature_is_the_certificates(tenant: TenantClient, assertion: str) -> None:
    assert read_error(await tenant.ask(build_form(assertion))) == (401, "invalid_client", 700027)


async def test_no_signature_at_all_does_not_do(tenant: TenantClient) -> None:
    header, claims, _ = make_assertion().split(".")
    unsigned = encode_base64url(b'{"alg":"none","x5t":"' + encode_base64url(SHA1).encode() + b'"}')
    for assertion in (f"{unsigned}.{claims}.", f"{header}.{claims}."):
        assert read_error(await tenant.ask(build_form(assertion))) == (401, "invalid_client", 700027)


async def test_an_expired_certificate_is_none(tenant: TenantClient) -> None:
    tenant.clock.advance(days=1)
    later = int(tenant.clock.now.timestamp())
    answer = await tenant.ask(build_form(make_assertion({"exp": later + 600, "nbf": later})))
    assert read_error(answer) == (401, "invalid_client", 700027)


async def test_the_kind_of_assertion_has_to_be_said(tenant: TenantClient) -> None:
    answer = await tenant.ask(build_form(make_assertion(), client_assertion_type="urn:something:else"))
    assert read_error(answer) == (401, "invalid_client", 50027)
