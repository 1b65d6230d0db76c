"""Signatures of JSON web tokens: RS256 and nothing else (RFC 7518, section 3.3)."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from .json_web_token import decode_base64url

ALGORITHM = "RS256"
SMALLEST_KEY_BITS = 2048
_PADDING, _HASH = PKCS1v15(), SHA256()


def verify_rs256(signed: bytes, signature: bytes, *, modulus: str, exponent: str) -> bool:
    """Whether the holder of this RSA key signed these bytes. `modulus` and `exponent` as in a JSON web key; False
    for a key that is none, or too small."""
    key = _make_key(modulus, exponent)
    if key is None:
        return False
    try:
        key.verify(signature, signed, _PADDING, _HASH)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def _make_key(modulus: str, exponent: str) -> RSAPublicKey | None:
    try:
        key = RSAPublicNumbers(e=_decode_number(exponent), n=_decode_number(modulus)).public_key()
    except ValueError:
        return None
    return key if key.key_size >= SMALLEST_KEY_BITS else None


def _decode_number(text: str) -> int:
    return int.from_bytes(decode_base64url(text.encode("ascii")), "big")
