from __future__ import annotations

import pytest

from ingate.store.secret_hashing import LONGEST_SECRET, hash_secret, verify_secret


def test_a_secret_fits_its_hash_and_no_other() -> None:
    kept = hash_secret("a secret")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_secret("a secret", kept)
    assert not verify_secret("another", kept)


def test_two_hashes_of_one_secret_differ() -> None:
    assert hash_secret("a secret") != hash_secret("a secret")


@pytest.mark.parametrize("damaged", ["", "plain text", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$"])
def test_a_damaged_hash_fits_nothing(damaged: str) -> None:
    assert not verify_secret("a secret", damaged)


def test_nobodys_secret_is_that_long() -> None:
    with pytest.raises(ValueError, match="1024"):
        hash_secret("x" * (LONGEST_SECRET + 1))
    assert not verify_secret("x" * (LONGEST_SECRET + 1), hash_secret("x"))
