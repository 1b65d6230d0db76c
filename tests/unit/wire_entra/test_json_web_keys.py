from __future__ import annotations

import pytest

from ingate.wire.entra.json_web_keys import PublishedKey, encode_base64url, parse_keys, render_thumbprint


def test_of_a_set_the_rsa_keys_for_signatures_are_read() -> None:
    document = b"""{"keys": [
        {"kty": "RSA", "kid": "1", "n": "bb", "e": "AQAB", "use": "sig", "x5c": ["..."]},
        {"kty": "RSA", "n": "cc", "e": "AQAB"},
        {"kty": "RSA", "kid": "3", "n": "dd", "e": "AQAB", "use": "enc"},
        {"kty": "EC", "kid": "4", "x": "", "y": ""},
        {"kty": "RSA", "kid": "5", "n": 1, "e": "AQAB"},
        "no key at all"
    ]}"""
    assert parse_keys(document) == (
        PublishedKey(key_id="1", modulus="bb", exponent="AQAB"),
        PublishedKey(key_id=None, modulus="cc", exponent="AQAB"),
    )


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": 1}', b"<html>", b"\xff", b"[" * 5000])
def test_what_is_no_set_of_keys(document: bytes) -> None:
    assert parse_keys(document) is None


def test_thumbprints_are_base64url_without_padding() -> None:
    assert render_thumbprint(b"") == "2jmj7l5rSw0yVb_vlWAYkK_YBwk"
    assert encode_base64url(b"\xff\xfe") == "__4"
