"""What makes answers repeatable: every id and every choice is taken from a digest of the request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_ALPHABET = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_ID_VERSION = "01"
_ID_LENGTH = 22  # with the version, the 24 characters that Claude's ids have after their prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """64 bytes that stand for one request under one seed."""

    digest: bytes

    @property
    def message_id(self) -> str:
        return "msg_" + get_id(self.digest)

    @property
    def request_id(self) -> str:
        return "req_" + get_id(self.digest[_ID_LENGTH:])

    @property
    def tool_use_id(self) -> str:
        return "toolu_" + get_id(hashlib.blake2b(self.digest).digest())

    def choose(self, place: int, count: int) -> int:
        """A number below `count`, the same for the same request. `place` (0-7) tells choices apart."""
        return self.digest[56 + place] % count


def get_id(digest: bytes) -> str:
    return _ID_VERSION + digest[:_ID_LENGTH].translate(_TO_ALPHABET).decode()


def get_fingerprint(*, seed: int, path: bytes, body: bytes) -> Fingerprint:
    digest = hashlib.blake2b(b"%d %s\n" % (seed, path))
    digest.update(body)
    return Fingerprint(digest=digest.digest())
