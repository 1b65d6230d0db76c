"""Principals, their credentials and group memberships."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.principal import (
    ClientCertificate,
    ClientSecret,
    Credential,
    FederatedCredential,
    Principal,
)

from .statements import Values, all_rows, bump_revision, delete_row, first_row, put_row
from .tables import credentials, memberships, principals, role_assignments

_CREDENTIAL_KINDS: dict[str, type[Credential]] = {
    "secret": ClientSecret,
    "certificate": ClientCertificate,
    "federated": FederatedCredential,
}
_KIND_OF = {shape: kind for kind, shape in _CREDENTIAL_KINDS.items()}


class SqlPrincipalStore:
    """Implements `domain.principal.PrincipalStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_principal(self, object_id: str) -> Principal | None:
        return await self._get(principals.c.object_id == object_id.lower())

    async def get_principal_by_client_id(self, client_id: str) -> Principal | None:
        return await self._get(principals.c.client_id == client_id.lower())

    async def get_principal_by_user_principal_name(self, name: str) -> Principal | None:
        return await self._get(principals.c.user_principal_name_folded == fold_name(name))

    async def get_principal_by_name(self, tenant_id: str, name: str) -> Principal | None:
        return await self._get(
            principals.c.tenant_id == tenant_id.lower(), principals.c.name_folded == fold_name(name)
        )

    async def get_principal_of_resource(self, resource_id: str) -> Principal | None:
        return await self._get(principals.c.resource_id_folded == fold_name(resource_id))

    async def list_principals(self, tenant_id: str) -> list[Principal]:
        statement = (
            select(principals).where(principals.c.tenant_id == tenant_id.lower()).order_by(principals.c.name_folded)
        )
        return [parse_principal(row) for row in await all_rows(self._connection, statement)]

    async def put_principal(self, principal: Principal) -> None:
        values: Values = {
            "tenant_id": principal.tenant_id.lower(),
            "kind": principal.kind,
            "name": principal.name,
            "name_folded": fold_name(principal.name),
            "created_at": principal.created_at,
            "is_enabled": principal.is_enabled,
            "client_id": principal.client_id,
            "user_principal_name": principal.user_principal_name,
            "user_principal_name_folded": _fold(principal.user_principal_name),
            "resource_id": principal.resource_id,
            "resource_id_folded": _fold(principal.resource_id),
            "redirect_uris": list(principal.redirect_uris),
        }
        await put_row(self._connection, principals, {"object_id": principal.object_id.lower()}, values)
        await bump_revision(self._connection)

    async def delete_principal(self, object_id: str) -> bool:
        key = object_id.lower()
        await self._connection.execute(delete(role_assignments).where(role_assignments.c.principal_id == key))
        deleted = await delete_row(self._connection, principals, {"object_id": key})
        await bump_revision(self._connection)
        return deleted

    async def list_credentials(self, object_id: str) -> list[Credential]:
        statement = (
            select(credentials).where(credentials.c.object_id == object_id.lower()).order_by(credentials.c.key_id)
        )
        rows = await all_rows(self._connection, statement)
        return [msgspec.convert(row.content, _CREDENTIAL_KINDS[row.kind]) for row in rows]

    async def put_credential(self, object_id: str, credential: Credential) -> None:
        key = {"object_id": object_id.lower(), "key_id": credential.key_id}
        values: Values = {"kind": _KIND_OF[type(credential)], "content": msgspec.to_builtins(credential)}
        await put_row(self._connection, credentials, key, values)

    async def delete_credential(self, object_id: str, key_id: str) -> bool:
        return await delete_row(self._connection, credentials, {"object_id": object_id.lower(), "key_id": key_id})

    async def get_password_hash(self, object_id: str) -> str | None:
        statement = select(principals.c.password_hash).where(principals.c.object_id == object_id.lower())
        row = await first_row(self._connection, statement)
        return None if row is None else row.password_hash

    async def put_password_hash(self, object_id: str, password_hash: str) -> None:
        statement = update(principals).where(principals.c.object_id == object_id.lower())
        await self._connection.execute(statement.values(password_hash=password_hash))

    async def list_members(self, group_id: str) -> list[Principal]:
        statement = (
            select(principals)
            .join(memberships, memberships.c.member_id == principals.c.object_id)
            .where(memberships.c.group_id == group_id.lower())
            .order_by(principals.c.name_folded)
        )
        return [parse_principal(row) for row in await all_rows(self._connection, statement)]

    async def put_member(self, group_id: str, member_id: str) -> None:
        key = {"group_id": group_id.lower(), "member_id": member_id.lower()}
        await put_row(self._connection, memberships, key, dict(key))
        await bump_revision(self._connection)

    async def delete_member(self, group_id: str, member_id: str) -> bool:
        key = {"group_id": group_id.lower(), "member_id": member_id.lower()}
        deleted = await delete_row(self._connection, memberships, key)
        await bump_revision(self._connection)
        return deleted

    async def list_groups(self, object_id: str) -> frozenset[str]:
        # Groups may hold groups, and each other: a closure that knows where it has been.
        found: set[str] = set()
        waiting = {object_id.lower()}
        while waiting:
            statement = select(memberships.c.group_id).where(memberships.c.member_id.in_(waiting))
            rows = await all_rows(self._connection, statement)
            waiting = {str(row.group_id) for row in rows} - found
            found |= waiting
        return frozenset(found)

    async def _get(self, *conditions: ColumnElement[bool]) -> Principal | None:
        row = await first_row(self._connection, select(principals).where(*conditions))
        return None if row is None else parse_principal(row)


def _fold(name: str | None) -> str | None:
    return None if name is None else fold_name(name)


def parse_principal(row: Row[Any]) -> Principal:
    return Principal(
        object_id=row.object_id,
        tenant_id=row.tenant_id,
        kind=row.kind,
        name=row.name,
        created_at=row.created_at,
        is_enabled=row.is_enabled,
        client_id=row.client_id,
        user_principal_name=row.user_principal_name,
        resource_id=row.resource_id,
        redirect_uris=tuple(row.redirect_uris),
    )
