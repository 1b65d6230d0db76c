"""API keys: every resource has two, so that one can be replaced while the other keeps working."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal, NewType, Protocol

ApiKey = NewType("ApiKey", str)
KeyNumber = Literal[1, 2]

API_KEY_LENGTH = 84
"""Length of the keys that Azure issues for AI services resources since 2024; older ones have 32."""

API_KEY_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

DEVELOPMENT_KEYS = (
    ApiKey("ingate-development-key-1-publicly-known-do-not-expose"),
    ApiKey("ingate-development-key-2-publicly-known-do-not-expose"),
)
"""The keys of `ingate up --development-keys`: the same everywhere, so that tests can name them, and so no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The two keys of one resource."""

    key1: ApiKey
    key2: ApiKey

    def replaced(self, number: KeyNumber, key: ApiKey) -> KeyPair:
        return KeyPair(key1=key, key2=self.key2) if number == 1 else KeyPair(key1=self.key1, key2=key)


class KeyStore(Protocol):
    """Keeps key pairs, encrypted at rest. `resource_id` is compared without regard to case."""

    async def get_keys(self, resource_id: str) -> KeyPair | None: ...

    async def put_keys(self, resource_id: str, keys: KeyPair) -> None:
        """The resource must exist. Keys go with it when it is deleted."""
        ...


def digest_api_key(key: str | bytes) -> str:
    """SHA-256 in hex. Keys are 84 random characters, so a fast digest gives nothing to guess at."""
    return hashlib.sha256(key.encode() if isinstance(key, str) else key).hexdigest()


DEVELOPMENT_KEY_DIGESTS = frozenset(digest_api_key(key) for key in DEVELOPMENT_KEYS)


def decide_key_number(presented: bytes, digests: tuple[str, str]) -> KeyNumber | None:
    """Which of a resource's keys this is. Takes the same time for every wrong key."""
    presented_digest = digest_api_key(presented)
    is_key1 = hmac.compare_digest(presented_digest, digests[0])
    is_key2 = hmac.compare_digest(presented_digest, digests[1])
    return 1 if is_key1 else 2 if is_key2 else None
