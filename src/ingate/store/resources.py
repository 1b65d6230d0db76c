"""Foundry resources."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.resource import Deletion, FoundryResource

from .statements import all_rows, bump_revision, change_values, delete_row, first_row, parse_system_data, put_row
from .tables import resources


class SqlResourceStore:
    """Implements `domain.resource.ResourceStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_resource(self, resource_id: str) -> FoundryResource | None:
        return await self._get(resource_id, resources.c.deleted_at.is_(None))

    async def get_deleted_resource(self, resource_id: str) -> FoundryResource | None:
        return await self._get(resource_id, resources.c.deleted_at.is_not(None))

    async def list_deleted_resources(self, subscription_id: str) -> list[FoundryResource]:
        statement = select(resources).where(
            resources.c.subscription_id == subscription_id.lower(), resources.c.deleted_at.is_not(None)
        )
        rows = await all_rows(self._connection, statement.order_by(resources.c.id_folded))
        return [parse_resource(row) for row in rows]

    async def _get(self, resource_id: str, condition: ColumnElement[bool]) -> FoundryResource | None:
        statement = select(resources).where(resources.c.id_folded == fold_name(resource_id), condition)
        row = await first_row(self._connection, statement)
        return None if row is None else parse_resource(row)

    async def get_resource_by_subdomain(self, subdomain: str) -> FoundryResource | None:
        statement = select(resources).where(resources.c.subdomain == subdomain.lower())
        row = await first_row(self._connection, statement)
        return None if row is None else parse_resource(row)

    async def list_resources(self, subscription_id: str, resource_group: str | None = None) -> list[FoundryResource]:
        statement = select(resources).where(
            resources.c.subscription_id == subscription_id.lower(), resources.c.deleted_at.is_(None)
        )
        if resource_group is not None:
            statement = statement.where(resources.c.group_folded == fold_name(resource_group))
        rows = await all_rows(self._connection, statement.order_by(resources.c.id_folded))
        return [parse_resource(row) for row in rows]

    async def put_resource(self, resource: FoundryResource) -> None:
        values = {
            "subscription_id": resource.subscription_id.lower(),
            "group_folded": fold_name(resource.resource_group),
            "resource_group": resource.resource_group,
            "name": resource.name,
            "location": resource.location,
            "subdomain": resource.subdomain.lower(),
            "internal_id": resource.internal_id,
            "document": resource.document,
            "deleted_at": None if resource.deletion is None else resource.deletion.deleted_at,
            "purge_at": None if resource.deletion is None else resource.deletion.purge_at,
        }
        changes = change_values(resource.etag, resource.system_data)
        key = {"id_folded": fold_name(resource.resource_id)}
        await put_row(self._connection, resources, key, values | changes)
        await bump_revision(self._connection)

    async def delete_resource(self, resource_id: str) -> bool:
        deleted = await delete_row(self._connection, resources, {"id_folded": fold_name(resource_id)})
        if deleted:
            await bump_revision(self._connection)
        return deleted


def parse_resource(row: Row[Any]) -> FoundryResource:
    return FoundryResource(
        subscription_id=row.subscription_id,
        resource_group=row.resource_group,
        name=row.name,
        location=row.location,
        subdomain=row.subdomain,
        internal_id=row.internal_id,
        etag=row.etag,
        system_data=parse_system_data(row),
        document=row.document,
        deletion=None if row.deleted_at is None else Deletion(deleted_at=row.deleted_at, purge_at=row.purge_at),
    )
