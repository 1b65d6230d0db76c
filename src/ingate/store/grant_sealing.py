"""Encrypts what clients keep for the identity endpoints, such as refresh tokens, with the key file's key."""

from __future__ import annotations

from .faults import StoreUnusable
from .sealing import KeySealer

_SHORTEST = 12 + 16
"""Bytes: a nonce and an empty message's tag."""


class GrantSealer:
    """Unlike the secrets in the database, what comes back from a client may be anything: that is no fault."""

    def __init__(self, sealer: KeySealer) -> None:
        self._sealer = sealer

    def seal(self, owner: str, content: bytes) -> bytes:
        return self._sealer.seal_bytes(_label(owner), content)

    def unseal(self, owner: str, sealed: bytes) -> bytes | None:
        if len(sealed) < _SHORTEST:
            return None
        try:
            return self._sealer.unseal_bytes(_label(owner), sealed)
        except StoreUnusable:
            return None


def _label(owner: str) -> str:
    """Nothing sealed for the database can be passed off as a client's, or the other way round."""
    return f"grant/{owner}"
