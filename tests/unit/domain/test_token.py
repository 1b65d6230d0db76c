"""Which access tokens are believed. One defect at a time, on a token that is otherwise good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ingate.domain.directory import TrustedIssuer, VerificationKey
from ingate.domain.token import DATA_AUDIENCES, TokenClaims, TokenFault, decide_token
from ingate.wire.entra.json_web_token import JsonWebToken

TENANT = "11111111-1111-4111-8111-111111111111"
KEY = VerificationKey(key_id="key-1", modulus="m", exponent="e")
ISSUER = TrustedIssuer(issuer=f"https://sts.windows.net/{TENANT}/", tenant_id=TENANT, keys=(KEY,))
NOW = 1_800_000_000.0
CLAIMS: dict[str, Any] = {
    "iss": ISSUER.issuer,
    "aud": "https://cognitiveservices.azure.com",
    "tid": TENANT,
    "oid": "22222222-2222-4222-8222-222222222222",
    "appid": "33333333-3333-4333-8333-333333333333",
    "idtyp": "app",
    "nbf": NOW - 10,
    "exp": NOW + 3600,
}
GOOD = JsonWebToken(header={"alg": "RS256", "kid": "key-1"}, claims=CLAIMS, signed=b"s", signature=b"good")


def decide(token: JsonWebToken | None, *, now: float = NOW) -> TokenClaims | TokenFault:
    def verify(token: JsonWebToken, key: VerificationKey) -> bool:
        return token.signature == b"good" and key == KEY

    return decide_token(token, issuers=(ISSUER,), audiences=DATA_AUDIENCES, now=now, verify=verify)


def with_claims(**claims: Any) -> JsonWebToken:
    return replace(GOOD, claims={name: value for name, value in (CLAIMS | claims).items() if value is not None})


def with_header(**header: Any) -> JsonWebToken:
    return replace(GOOD, header={name: value for name, value in (GOOD.header | header).items() if value is not None})


def test_a_good_token_says_who_calls() -> None:
    assert decide(GOOD) == TokenClaims(
        object_id=CLAIMS["oid"],
        tenant_id=TENANT,
        client_id=CLAIMS["appid"],
        audience=CLAIMS["aud"],
        name=CLAIMS["appid"],
        is_user=False,
        groups=(),
        expires_at=NOW + 3600,
    )


def test_a_user_s_token_names_the_user_and_the_groups() -> None:
    claims = decide(with_claims(idtyp=None, scp="user_impersonation", upn="ada@example.com", groups=["G-1", 7]))
    assert isinstance(claims, TokenClaims)
    assert (claims.name, claims.is_user, claims.groups) == ("ada@example.com", True, ("g-1",))


@pytest.mark.parametrize(
    "audience", ["https://cognitiveservices.azure.com/", "https://ai.azure.com", "https://ai.azure.com/"]
)
def test_both_audiences_count_with_and_without_a_slash(audience: str) -> None:
    assert isinstance(decide(with_claims(aud=audience)), TokenClaims)


DEFECTS: dict[str, tuple[JsonWebToken | None, TokenFault]] = {
    "no token": (None, TokenFault.MALFORMED),
    "alg none": (with_header(alg="none"), TokenFault.ALGORITHM),
    "alg HS256, with the public key for a secret": (with_header(alg="HS256"), TokenFault.ALGORITHM),
    "alg in lower case": (with_header(alg="rs256"), TokenFault.ALGORITHM),
    "no alg": (with_header(alg=None), TokenFault.ALGORITHM),
    "a critical extension": (with_header(crit=["b64"]), TokenFault.ALGORITHM),
    "another issuer": (with_claims(iss="https://sts.windows.net/evil/"), TokenFault.ISSUER),
    "an issuer without its last slash": (with_claims(iss=ISSUER.issuer.rstrip("/")), TokenFault.ISSUER),
    "no issuer": (with_claims(iss=None), TokenFault.ISSUER),
    "an issuer that is a list": (with_claims(iss=[ISSUER.issuer]), TokenFault.ISSUER),
    "an unknown kid": (with_header(kid="key-2"), TokenFault.KEY),
    "no kid": (with_header(kid=None), TokenFault.KEY),
    "a kid that is a path": (with_header(kid="../../etc/passwd"), TokenFault.KEY),
    "tampered": (replace(GOOD, signature=b"bad"), TokenFault.SIGNATURE),
    "another tenant": (with_claims(tid="99999999-9999-4999-8999-999999999999"), TokenFault.TENANT),
    "no tenant": (with_claims(tid=None), TokenFault.TENANT),
    "another audience": (with_claims(aud="https://management.azure.com"), TokenFault.AUDIENCE),
    "an audience that begins like ours": (with_claims(aud="https://ai.azure.com.evil.example"), TokenFault.AUDIENCE),
    "a list of audiences": (with_claims(aud=["https://ai.azure.com"]), TokenFault.AUDIENCE),
    "expired": (with_claims(exp=NOW), TokenFault.EXPIRED),
    "no end": (with_claims(exp=None), TokenFault.MALFORMED),
    "an end that is a text": (with_claims(exp="4102444800"), TokenFault.MALFORMED),
    "an end that is true": (with_claims(exp=True), TokenFault.MALFORMED),
    "not valid yet": (with_claims(nbf=NOW + 61), TokenFault.NOT_YET_VALID),
    "nobody": (with_claims(oid=None), TokenFault.PRINCIPAL),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect_is_enough(name: str) -> None:
    token, fault = DEFECTS[name]
    assert decide(token) is fault


def test_an_issuer_s_clock_may_be_a_minute_ahead_and_no_token_outlives_its_end() -> None:
    assert isinstance(decide(with_claims(nbf=NOW + 60)), TokenClaims)
    assert isinstance(decide(GOOD, now=NOW + 3599.9), TokenClaims)
    assert decide(GOOD, now=NOW + 3600) is TokenFault.EXPIRED
