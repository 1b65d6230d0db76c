"""What makes answers repeatable: every id and every choice is taken from a digest of the request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_ALPHABET = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_ID_VERSION = "01"
_ID_LENGTH = 22  # with the version, the 24 characters that Claude's ids have after their prefix
_STREAM_NAME = b'"stream"'
_STREAM_VALUE = re.compile(rb"\s*:\s*(?:true|false|null)\s*(,?)\s*")


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
        return self.derive_id("toolu_", 0)

    def derive_id(self, prefix: str, place: int) -> str:
        """An id of its own for the thing at this place in the answer."""
        return prefix + get_id(self.derive_bytes(b"%d" % place if place else b""))

    def derive_bytes(self, purpose: bytes) -> bytes:
        """64 bytes for one purpose, unlike those for any other."""
        return hashlib.blake2b(self.digest + purpose).digest()

    def choose(self, place: int, count: int) -> int:
        """A number below `count`, the same for the same request. `place` (0-7) tells choices apart."""
        return self.digest[56 + place] % count


def get_id(digest: bytes) -> str:
    return _ID_VERSION + digest[:_ID_LENGTH].translate(_TO_ALPHABET).decode()


def get_fingerprint(*, seed: int, path: bytes, body: bytes) -> Fingerprint:
    """`stream` makes no difference: the same question gets the same answer, streamed or not."""
    digest = hashlib.blake2b(b"%d %s\n" % (seed, path))
    for part in leave_out_stream(body):
        digest.update(part)
    return Fingerprint(digest=digest.digest())


def leave_out_stream(body: bytes) -> Iterator[bytes]:
    """The body without its `stream` members. A member deeper down goes too; that costs the digest nothing."""
    done = 0
    while (start := body.find(_STREAM_NAME, done)) >= 0:
        value = _STREAM_VALUE.match(body, start + len(_STREAM_NAME))
        end = value.end() if value else start + len(_STREAM_NAME)
        before = body[done : start if value else end]
        # What was the last member takes the comma before it along.
        yield before.rstrip(b" \t\r\n").removesuffix(b",") if value and not value.group(1) else before
        done = end
    yield body[done:]
