"""Statements that every aggregate's store is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Executable, Table, delete, insert, update
from sqlalchemy.engine import CursorResult, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.change import SystemData

from .tables import directory_revision

Values = dict[str, Any]


async def first_row(connection: AsyncConnection, statement: Executable) -> Row[Any] | None:
    result: CursorResult[Any] = await connection.execute(statement)
    return result.first()


async def all_rows(connection: AsyncConnection, statement: Executable) -> Sequence[Row[Any]]:
    result: CursorResult[Any] = await connection.execute(statement)
    return result.all()


async def put_row(connection: AsyncConnection, table: Table, key: Values, values: Values) -> None:
    """Updates the row with this key, or inserts it. Safe because there is one writer at a time."""
    changed = await connection.execute(update(table).where(*_matches(table, key)).values(values))
    if changed.rowcount == 0:
        await connection.execute(insert(table).values(key | values))


async def delete_row(connection: AsyncConnection, table: Table, key: Values) -> bool:
    deleted = await connection.execute(delete(table).where(*_matches(table, key)))
    return deleted.rowcount > 0


async def bump_revision(connection: AsyncConnection) -> None:
    """Every store calls this when it changes what the data plane can see, in the transaction of the change."""
    await connection.execute(update(directory_revision).values(revision=directory_revision.c.revision + 1))


def change_values(etag: str, data: SystemData) -> Values:
    return {
        "etag": etag,
        "created_by": data.created_by,
        "created_by_type": data.created_by_type,
        "created_at": data.created_at,
        "modified_by": data.modified_by,
        "modified_by_type": data.modified_by_type,
        "modified_at": data.modified_at,
    }


def parse_system_data(row: Row[Any]) -> SystemData:
    return SystemData(
        created_by=row.created_by,
        created_by_type=row.created_by_type,
        created_at=row.created_at,
        modified_by=row.modified_by,
        modified_by_type=row.modified_by_type,
        modified_at=row.modified_at,
    )


def _matches(table: Table, key: Values) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]
