"""Signs tokens as an issuer does whose private key is at hand: Ingate's own, or one of the test's.

The tokens are PyJWT's, a library that shares no code with what judges them.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from ingate.store.opening import open_stores

from .running import RunningIngate


@dataclass(frozen=True, kw_only=True)
class TokenSigner:
    issuer: str
    tenant_id: str
    key_id: str
    private_key_pem: str

    def make_claims(self, object_id: str, audience: str, **changes: object) -> dict[str, Any]:
        """A good token's; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": audience,
            "tid": self.tenant_id,
            "oid": object_id,
            "sub": object_id,
            "iat": now - 60,
            "nbf": now - 60,
            "exp": now + 3600,
            "ver": "1.0",
            "idtyp": "app",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, claims: dict[str, Any], *, algorithm: str = "RS256", **header: object) -> str:
        """None leaves a member of the header out."""
        members: dict[str, Any] = {"kid": self.key_id, **header}
        kept = {name: value for name, value in members.items() if value is not None}
        key = None if algorithm == "none" else self.private_key_pem
        return jwt.encode(claims, key, algorithm=algorithm, headers=kept)  # pyright: ignore[reportArgumentType]

    def forge_with_public_key(self, claims: dict[str, Any]) -> str:
        """HS256, with the published key as the secret: believed by whoever lets a token choose its algorithm."""
        head = _encode(json.dumps({"alg": "HS256", "typ": "JWT", "kid": self.key_id}).encode())
        signed = f"{head}.{_encode(json.dumps(claims).encode())}"
        secret = self._public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return f"{signed}.{_encode(hmac.digest(secret, signed.encode(), 'sha256'))}"

    def publish(self) -> dict[str, Any]:
        """Its key as a JSON Web Key."""
        return {
            **RSAAlgorithm.to_jwk(self._public_key, as_dict=True),
            "kid": self.key_id,
            "use": "sig",
            "alg": "RS256",
        }

    @property
    def _public_key(self) -> RSAPublicKey:
        key = load_pem_private_key(self.private_key_pem.encode(), None).public_key()
        assert isinstance(key, RSAPublicKey)
        return key


def make_signer(issuer: str, tenant_id: str, key_id: str) -> TokenSigner:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    return TokenSigner(issuer=issuer, tenant_id=tenant_id, key_id=key_id, private_key_pem=pem)


def read_own_signer(ingate: RunningIngate) -> TokenSigner:
    """With Ingate's own key, as only whoever holds its data directory can."""

    async def read() -> TokenSigner:
        stores = await open_stores(ingate.data_dir)
        try:
            async with stores.reading() as session:
                key = (await session.signing_keys.list_signing_keys())[-1]
        finally:
            await stores.close()
        return TokenSigner(
            issuer=f"https://sts.windows.net/{ingate.tenant_id}/",
            tenant_id=ingate.tenant_id,
            key_id=key.key_id,
            private_key_pem=key.private_key_pem,
        )

    return asyncio.run(read())


def alter_claims(token: str, **changes: object) -> str:
    """Other claims under the same signature."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{_encode(json.dumps(claims | changes).encode())}.{signature}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
