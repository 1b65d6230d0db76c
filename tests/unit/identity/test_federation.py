"""Workload identity: another issuer's token in place of a secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from jwt.algorithms import RSAAlgorithm
from tests.unit.identity.tenant import (
    COGNITIVE_SERVICES,
    EXCHANGE_AUDIENCE,
    FEDERATED,
    ISSUER,
    NOW,
    TenantClient,
    make_federated_credential,
    make_other_key,
    read_error,
)
from tests.unit.identity.tenant import make_client_key as make_strangers_key

pytestmark = pytest.mark.anyio

CONFIGURATION = f"{ISSUER}/.well-known/openid-configuration"
KEYS = f"{ISSUER}/keys"
START = int(NOW.timestamp())


def render_keys(key_id: str = "issuer-key") -> bytes:
    key = RSAAlgorithm.to_jwk(make_other_key().public_key(), as_dict=True)
    return json.dumps({"keys": [{**key, "kid": key_id}, {"kty": "EC", "kid": "no RSA key"}]}).encode()


@pytest.fixture
def issuer(tenant: TenantClient) -> TenantClient:
    """The tenant, with the issuer on the network."""
    tenant.web.documents[CONFIGURATION] = json.dumps({"issuer": ISSUER, "jwks_uri": KEYS}).encode()
    tenant.web.documents[KEYS] = render_keys()
    return tenant


def build_form(
    claims: dict[str, Any] | None = None, *, key: Any = None, key_id: str = "issuer-key"
) -> dict[str, str]:
    own = {"iss": ISSUER, "sub": "system:pod", "aud": [EXCHANGE_AUDIENCE], "exp": START + 3600, "nbf": START}
    given = {name: value for name, value in (own | (claims or {})).items() if value is not None}
    token = jwt.encode(given, key or make_other_key(), algorithm="RS256", headers={"kid": key_id})
    return {
        "grant_type": "client_credentials",
        "client_id": FEDERATED.client_id or "",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": token,
        "scope": f"{COGNITIVE_SERVICES}/.default",
    }


async def test_the_issuers_token_is_enough(issuer: TenantClient) -> None:
    document = (await issuer.ask(build_form())).json()
    claims = await issuer.read_token(document["access_token"], COGNITIVE_SERVICES)
    assert (claims["oid"], claims["appidacr"]) == (FEDERATED.object_id, "2")


async def test_the_issuers_keys_are_fetched_once_an_hour(issuer: TenantClient) -> None:
    for _ in range(3):
        await issuer.ask(build_form())
    assert issuer.web.asked == [CONFIGURATION, KEYS]
    issuer.clock.advance(hours=1)
    await issuer.ask(build_form())
    assert len(issuer.web.asked) == 4


async def test_a_new_key_of_the_issuers_is_found_within_a_minute(issuer: TenantClient) -> None:
    await issuer.ask(build_form())
    issuer.web.documents[KEYS] = render_keys("next-key")
    assert read_error(await issuer.ask(build_form(key_id="next-key")))[2] == 700027
    issuer.clock.advance(minutes=1)
    assert (await issuer.ask(build_form(key_id="next-key"))).status_code == 200


async def test_keys_that_cannot_be_fetched_again_are_still_good(issuer: TenantClient) -> None:
    await issuer.ask(build_form())
    issuer.web.documents.clear()
    issuer.clock.advance(minutes=50)
    assert (await issuer.ask(build_form())).status_code == 200
    issuer.clock.advance(minutes=11)
    assert (await issuer.ask(build_form({"exp": START + 7200}))).status_code == 200


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"iss": "https://issuer.example/"}, 700211),
        ({"aud": "https://elsewhere.example"}, 700212),
        ({"aud": None}, 700212),
        ({"sub": "System:Pod"}, 700213),
        ({"exp": START - 300}, 700024),
        ({"nbf": START + 301}, 700024),
    ],
)
async def test_the_token_has_to_be_the_one_that_was_agreed_on(
    issuer: TenantClient, claims: dict[str, Any], number: int
) -> None:
    assert read_error(await issuer.ask(build_form(claims))) == (401, "invalid_client", number)


async def test_somebody_elses_signature_does_not_do(issuer: TenantClient) -> None:
    answer = await issuer.ask(build_form(key=make_strangers_key()))
    assert read_error(answer) == (401, "invalid_client", 700027)


async def test_an_issuer_that_does_not_answer_is_said(tenant: TenantClient) -> None:
    assert read_error(await tenant.ask(build_form())) == (401, "invalid_client", 50166)


async def test_a_document_of_another_issuer_is_not_believed(issuer: TenantClient) -> None:
    document = {"issuer": "https://other.example", "jwks_uri": KEYS}
    issuer.web.documents[CONFIGURATION] = json.dumps(document).encode()
    assert read_error(await issuer.ask(build_form()))[2] == 50166


async def test_keys_are_not_fetched_over_plain_http(issuer: TenantClient) -> None:
    document = {"issuer": ISSUER, "jwks_uri": "http://issuer.example/keys"}
    issuer.web.documents[CONFIGURATION] = json.dumps(document).encode()
    assert read_error(await issuer.ask(build_form()))[2] == 50166
    assert issuer.web.asked == [CONFIGURATION]


async def test_an_issuer_off_the_network_has_its_keys_in_a_file(tenant: TenantClient, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    await put_credential(tenant, jwks_file=str(path))
    assert read_error(await tenant.ask(build_form()))[2] == 50166
    path.write_bytes(render_keys())
    assert (await tenant.ask(build_form())).status_code == 200
    assert tenant.web.asked == []


async def put_credential(tenant: TenantClient, **changes: Any) -> None:
    async with tenant.stores.writing() as session:
        credential = make_federated_credential(**changes)
        await session.principals.put_credential(FEDERATED.object_id, credential)


async def test_an_issuer_elsewhere_cannot_send_us_to_this_machine(issuer: TenantClient) -> None:
    local = "http://127.0.0.1:9999/keys"
    issuer.web.documents[CONFIGURATION] = json.dumps({"issuer": ISSUER, "jwks_uri": local}).encode()
    issuer.web.documents[local] = render_keys()
    assert read_error(await issuer.ask(build_form()))[0] == 401
    assert issuer.web.asked == [CONFIGURATION]


async def test_an_issuer_that_does_not_answer_is_asked_again_after_a_minute(tenant: TenantClient) -> None:
    first = read_error(await tenant.ask(build_form()))
    assert read_error(await tenant.ask(build_form())) == first
    assert tenant.web.asked == [CONFIGURATION]
    tenant.clock.advance(minutes=1)
    await tenant.ask(build_form())
    assert tenant.web.asked == [CONFIGURATION] * 2
