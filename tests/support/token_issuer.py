"""An issuer of access tokens for tests: good ones, and ones with any defect."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from ingate.domain.directory import TrustedIssuer, VerificationKey
from ingate.wire.entra.json_web_keys import encode_base64url

TENANT = "11111111-1111-4111-8111-111111111111"
AUDIENCE = "https://cognitiveservices.azure.com"
NEVER = 4_102_444_800
"""Seconds since 1970: the year 2100."""


@cache
def make_private_key(name: str) -> RSAPrivateKey:
    """The same for the same name, since making one takes a while."""
    del name
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, kw_only=True)
class TokenIssuer:
    """Ingate's own unless told otherwise."""

    issuer: str = f"https://sts.windows.net/{TENANT}/"
    tenant_id: str | None = TENANT
    key_id: str = "key-1"
    is_own: bool = True
    private_key: RSAPrivateKey = field(default_factory=lambda: make_private_key("own"))

    def describe(self) -> TrustedIssuer:
        """As the directory has it."""
        return TrustedIssuer(
            issuer=self.issuer, tenant_id=self.tenant_id, keys=(self.publish_key(),), is_own=self.is_own
        )

    def publish_key(self) -> VerificationKey:
        numbers = self.private_key.public_key().public_numbers()
        return VerificationKey(
            key_id=self.key_id, modulus=_encode_number(numbers.n), exponent=_encode_number(numbers.e)
        )

    def issue(self, object_id: str, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A good token unless `header` and `claims` say otherwise; None leaves one out."""
        said = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "tid": self.tenant_id,
            "oid": object_id,
            "nbf": 0,
            "exp": NEVER,
            **claims,
        }
        signed = _join({"typ": "JWT", "alg": "RS256", "kid": self.key_id, **(header or {})}, said)
        return f"{signed}.{encode_base64url(self.private_key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def forge(self, object_id: str) -> str:
        """With the public key as a secret, for whoever lets the token choose the algorithm."""
        claims = {"iss": self.issuer, "aud": AUDIENCE, "tid": self.tenant_id, "oid": object_id, "exp": NEVER}
        signed = _join({"typ": "JWT", "alg": "HS256", "kid": self.key_id}, claims)
        secret = self.publish_key().modulus.encode()
        return f"{signed}.{encode_base64url(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _join(header: dict[str, Any], claims: dict[str, Any]) -> str:
    parts = ({name: value for name, value in part.items() if value is not None} for part in (header, claims))
    return ".".join(encode_base64url(json.dumps(part).encode()) for part in parts)


def _encode_number(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
