"""API keys, sealed. Beside each sealed pair are the digests that gateways compare by."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.key import KeyPair, digest_api_key
from ingate.domain.naming import fold_name

from .sealing import KeySealer
from .statements import bump_revision, first_row, put_row
from .tables import api_keys


class SqlKeyStore:
    """Implements `domain.key.KeyStore`."""

    def __init__(self, connection: AsyncConnection, sealer: KeySealer) -> None:
        self._connection = connection
        self._sealer = sealer

    async def get_keys(self, resource_id: str) -> KeyPair | None:
        folded = fold_name(resource_id)
        statement = select(api_keys.c.sealed).where(api_keys.c.resource_id_folded == folded)
        row = await first_row(self._connection, statement)
        return None if row is None else self._sealer.unseal(folded, row.sealed)

    async def put_keys(self, resource_id: str, keys: KeyPair) -> None:
        folded = fold_name(resource_id)
        values = {
            "sealed": self._sealer.seal(folded, keys),
            "digest1": digest_api_key(keys.key1),
            "digest2": digest_api_key(keys.key2),
        }
        await put_row(self._connection, api_keys, {"resource_id_folded": folded}, values)
        await bump_revision(self._connection)
