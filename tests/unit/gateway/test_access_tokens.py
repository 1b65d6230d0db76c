"""A token is checked once, and known for as long as it is good."""

from __future__ import annotations

import pytest
from tests.support.token_issuer import NEVER, TokenIssuer, make_private_key

from ingate.domain.token import TokenClaims, TokenFault
from ingate.gateway import access_tokens
from ingate.gateway.access_tokens import AccessTokens

NOW = 1_800_000_000.0
OWN = TokenIssuer()
STRANGER = TokenIssuer(private_key=make_private_key("stranger"))


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A signature that is checked leaves a mark."""
    seen: list[str] = []
    verify = access_tokens.verify_rs256

    def note(signed: bytes, signature: bytes, *, modulus: str, exponent: str) -> bool:
        seen.append("checked")
        return verify(signed, signature, modulus=modulus, exponent=exponent)

    monkeypatch.setattr(access_tokens, "verify_rs256", note)
    return seen


def test_a_token_that_was_good_is_not_checked_again(checks: list[str]) -> None:
    tokens, token = AccessTokens((OWN.describe(),)), OWN.issue("A-1").encode()
    first = tokens.decide(token, NOW)
    assert isinstance(first, TokenClaims)
    assert first.object_id == "a-1"
    assert tokens.decide(token, NOW) is first
    assert len(checks) == 1


def test_and_never_outlives_its_end() -> None:
    tokens, token = AccessTokens((OWN.describe(),)), OWN.issue("a", exp=int(NOW) + 60).encode()
    assert isinstance(tokens.decide(token, NOW), TokenClaims)
    assert isinstance(tokens.decide(token, NOW + 59.9), TokenClaims)
    assert tokens.decide(token, NOW + 60) is TokenFault.EXPIRED
    assert tokens.decide(token, NOW + 60) is TokenFault.EXPIRED


def test_one_that_is_known_says_nothing_for_one_that_differs_in_a_byte() -> None:
    tokens, token = AccessTokens((OWN.describe(),)), OWN.issue("a").encode()
    tokens.decide(token, NOW)
    head, _, signature = token.rpartition(b".")
    flipped = head + b"." + signature[:9] + (b"A" if signature[9:10] != b"A" else b"B") + signature[10:]
    assert tokens.decide(flipped, NOW) is TokenFault.SIGNATURE


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        (STRANGER.issue("a"), TokenFault.SIGNATURE),
        (OWN.forge("a"), TokenFault.ALGORITHM),
        (OWN.issue("a", header={"alg": "none"}), TokenFault.ALGORITHM),
        (OWN.issue("a", header={"kid": "key-2"}), TokenFault.KEY),
        (OWN.issue("a", aud="https://management.azure.com"), TokenFault.AUDIENCE),
        (OWN.issue("a", iss="https://sts.windows.net/evil/"), TokenFault.ISSUER),
        ("a.b.c", TokenFault.MALFORMED),
        ("..", TokenFault.MALFORMED),
        (OWN.issue("a", exp=10**400), TokenFault.MALFORMED),
        (OWN.issue("a") + "A" * 20_000, TokenFault.MALFORMED),
    ],
)
def test_bad_ones_are_refused_each_time(token: str, fault: TokenFault) -> None:
    tokens = AccessTokens((OWN.describe(),))
    assert [tokens.decide(token.encode(), NOW) for _ in range(2)] == [fault, fault]


def test_the_tokens_not_seen_for_longest_are_forgotten(monkeypatch: pytest.MonkeyPatch, checks: list[str]) -> None:
    monkeypatch.setattr(access_tokens, "KNOWN_LIMIT", 2)
    tokens = AccessTokens((OWN.describe(),))
    first, second, third = (OWN.issue(name).encode() for name in "abc")
    for token in (first, second, first, third, first):
        tokens.decide(token, NOW)
    assert len(checks) == 3
    tokens.decide(second, NOW)
    assert len(checks) == 4, "it was pushed out"


def test_tokens_of_two_issuers_are_told_apart() -> None:
    foreign = TokenIssuer(
        issuer="https://issuer.example", tenant_id=None, is_own=False, private_key=make_private_key("foreign")
    )
    tokens = AccessTokens((OWN.describe(), foreign.describe()))
    assert isinstance(tokens.decide(foreign.issue("b").encode(), NOW), TokenClaims)
    crossed = foreign.issue("b", iss=OWN.issuer, tid=OWN.tenant_id).encode()
    assert tokens.decide(crossed, NOW) is TokenFault.SIGNATURE, "each issuer has its own keys, whatever their names"


def test_groups_count_when_another_issuer_names_them() -> None:
    foreign = TokenIssuer(issuer="https://issuer.example", tenant_id=None, is_own=False)
    tokens = AccessTokens((OWN.describe(), foreign.describe()))
    found = [tokens.decide(issuer.issue("a", groups=["G"]).encode(), NOW) for issuer in (OWN, foreign)]
    assert [claims.groups for claims in found if isinstance(claims, TokenClaims)] == [(), ("g",)]
    assert [claims.expires_at for claims in found if isinstance(claims, TokenClaims)] == [NEVER, NEVER]
