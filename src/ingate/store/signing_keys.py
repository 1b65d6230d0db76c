"""Signing keys, their private halves sealed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.signing_key import SigningKey

from .sealing import KeySealer
from .statements import Values, all_rows, bump_revision, delete_row, put_row
from .tables import signing_keys


class SqlSigningKeyStore:
    """Implements `domain.signing_key.SigningKeyStore`."""

    def __init__(self, connection: AsyncConnection, sealer: KeySealer) -> None:
        self._connection = connection
        self._sealer = sealer

    async def list_signing_keys(self) -> list[SigningKey]:
        statement = select(signing_keys).order_by(signing_keys.c.created_at.desc(), signing_keys.c.key_id)
        return [
            SigningKey(
                key_id=row.key_id,
                private_key_pem=self._sealer.unseal_bytes(_owner(row.key_id), row.sealed).decode("ascii"),
                certificate_pem=row.certificate_pem,
                created_at=row.created_at,
                retire_at=row.retire_at,
            )
            for row in await all_rows(self._connection, statement)
        ]

    async def put_signing_key(self, key: SigningKey) -> None:
        values: Values = {
            "sealed": self._sealer.seal_bytes(_owner(key.key_id), key.private_key_pem.encode("ascii")),
            "certificate_pem": key.certificate_pem,
            "created_at": key.created_at,
            "retire_at": key.retire_at,
        }
        await put_row(self._connection, signing_keys, {"key_id": key.key_id}, values)
        await bump_revision(self._connection)

    async def delete_signing_key(self, key_id: str) -> bool:
        deleted = await delete_row(self._connection, signing_keys, {"key_id": key_id})
        await bump_revision(self._connection)
        return deleted


def _owner(key_id: str) -> str:
    return f"signing-key/{key_id}"
