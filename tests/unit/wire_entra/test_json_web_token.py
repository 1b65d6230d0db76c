"""Compact JSON web tokens, and RS256 signatures made by an independent library."""

from __future__ import annotations

import base64
import warnings

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ingate.wire.entra.json_web_token import LONGEST_TOKEN, parse_json_web_token
from ingate.wire.entra.signature import verify_rs256

PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused


def number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def verify(token: bytes, key: rsa.RSAPrivateKey = PRIVATE_KEY) -> bool:
    parsed = parse_json_web_token(token)
    assert parsed is not None
    numbers = key.public_key().public_numbers()
    return verify_rs256(parsed.signed, parsed.signature, modulus=number(numbers.n), exponent=number(numbers.e))


TOKEN = jwt.encode({"oid": "a", "name": "élan"}, PRIVATE_KEY, algorithm="RS256", headers={"kid": "k"}).encode()


def test_a_token_is_taken_apart() -> None:
    parsed = parse_json_web_token(TOKEN)
    assert parsed is not None
    assert parsed.header == {"alg": "RS256", "kid": "k", "typ": "JWT"}
    assert parsed.claims == {"oid": "a", "name": "élan"}
    assert parsed.signed + b"." == TOKEN[: TOKEN.rindex(b".") + 1]


def test_its_signature_is_believed_for_its_key_only() -> None:
    assert verify(TOKEN)
    assert not verify(TOKEN, rsa.generate_private_key(public_exponent=65537, key_size=2048))


def test_one_changed_byte_is_noticed() -> None:
    header, claims, signature = TOKEN.split(b".")
    other = base64.urlsafe_b64encode(b'{"oid":"b"}').rstrip(b"=")
    assert not verify(b".".join((header, other, signature)))
    assert not verify(b".".join((header, claims, b"A" + signature[1:])))
    assert not verify(b".".join((header, claims, b"")))


def test_a_small_key_is_no_key() -> None:
    with warnings.catch_warnings(action="ignore"):
        token = jwt.encode({}, SMALL_KEY, algorithm="RS256").encode()
    assert not verify(token, SMALL_KEY)


def test_what_is_no_key_verifies_nothing() -> None:
    assert not verify_rs256(b"s", b"s", modulus="", exponent="AQAB")
    assert not verify_rs256(b"s", b"s", modulus="***", exponent="AQAB")


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b"a.b",
        b"a.b.c.d",
        b"e30.e30",
        b"!!.e30.e30",
        b"e30.W10.e30",
        b"bnVsbA.e30.",
        b"e30.e30.e30=",
        b"e30." + b"W1tb" * 3000 + b".e30",
        b"e30.e30." + b"e" * LONGEST_TOKEN,
    ],
)
def test_anything_else_is_no_token(token: bytes) -> None:
    assert parse_json_web_token(token) is None
