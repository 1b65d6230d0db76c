from __future__ import annotations

import hashlib

import pytest

from ingate.domain.key import (
    DEVELOPMENT_KEY_DIGESTS,
    DEVELOPMENT_KEYS,
    ApiKey,
    KeyPair,
    decide_key_number,
    digest_api_key,
)

DIGESTS = (digest_api_key("one"), digest_api_key("two"))


@pytest.mark.parametrize(
    ("presented", "number"),
    [(b"one", 1), (b"two", 2), (b"", None), (b"One", None), (b"one ", None), (b"\xff\0", None)],
)
def test_which_key_it_is(presented: bytes, number: int | None) -> None:
    assert decide_key_number(presented, DIGESTS) == number


def test_a_digest_is_no_key() -> None:
    assert decide_key_number(DIGESTS[0].encode(), DIGESTS) is None


def test_the_digest_is_sha_256_whatever_the_type() -> None:
    assert digest_api_key("clé") == digest_api_key("clé".encode()) == hashlib.sha256("clé".encode()).hexdigest()


def test_of_two_equal_keys_the_first_is_named() -> None:
    assert decide_key_number(b"one", (DIGESTS[0], DIGESTS[0])) == 1


@pytest.mark.parametrize(("number", "expected"), [(1, ("new", "b")), (2, ("a", "new"))])
def test_one_key_is_replaced_while_the_other_stays(number: int, expected: tuple[str, str]) -> None:
    pair = KeyPair(key1=ApiKey("a"), key2=ApiKey("b"))
    replaced = pair.replaced(1 if number == 1 else 2, ApiKey("new"))
    assert (replaced.key1, replaced.key2) == expected


def test_development_keys_say_what_they_are() -> None:
    assert all("publicly-known" in key for key in DEVELOPMENT_KEYS)
    assert {digest_api_key(key) for key in DEVELOPMENT_KEYS} == DEVELOPMENT_KEY_DIGESTS
