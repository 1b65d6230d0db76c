from __future__ import annotations

import pytest

from ingate.store.grant_sealing import GrantSealer
from ingate.store.sealing import KeySealer

SEALER = GrantSealer(KeySealer(b"k" * 32))


def test_what_was_sealed_comes_back() -> None:
    assert SEALER.unseal("refresh-token", SEALER.seal("refresh-token", b"content")) == b"content"


@pytest.mark.parametrize("length", [0, 5, 12, 27, 28, 100])
def test_anything_else_does_not(length: int) -> None:
    assert SEALER.unseal("refresh-token", b"x" * length) is None


def test_nor_what_was_sealed_for_something_else_or_with_another_key() -> None:
    sealed = SEALER.seal("refresh-token", b"content")
    assert SEALER.unseal("other", sealed) is None
    assert GrantSealer(KeySealer(b"j" * 32)).unseal("refresh-token", sealed) is None
    assert SEALER.unseal("refresh-token", KeySealer(b"k" * 32).seal_bytes("refresh-token", b"content")) is None
