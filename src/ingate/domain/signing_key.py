"""Signing keys: what tokens are signed with. Private keys stay in the control process; gateways get public ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """An RSA key with a certificate of its own, as Microsoft publishes them (`x5c`, `x5t`)."""

    key_id: str
    """`kid`: the certificate's SHA-1 thumbprint, base64url."""
    private_key_pem: str
    certificate_pem: str
    created_at: datetime
    retire_at: datetime
    """From then on it signs nothing; what it has signed is valid until its own end."""


class SigningKeyStore(Protocol):
    """Keeps signing keys, private ones encrypted at rest. Every change is a new revision of the directory."""

    async def list_signing_keys(self) -> list[SigningKey]:
        """The newest first."""
        ...

    async def put_signing_key(self, key: SigningKey) -> None: ...

    async def delete_signing_key(self, key_id: str) -> bool: ...
