"""Custom roles, and role assignments."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.role import RoleAssignment, RoleDefinition

from .statements import Values, all_rows, bump_revision, delete_row, first_row, put_row
from .tables import role_assignments, roles


class SqlRoleStore:
    """Implements `domain.role.RoleStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_role(self, role_id: str) -> RoleDefinition | None:
        row = await first_row(self._connection, select(roles).where(roles.c.role_id == role_id.lower()))
        return None if row is None else _parse_role(row)

    async def list_roles(self) -> list[RoleDefinition]:
        rows = await all_rows(self._connection, select(roles).order_by(roles.c.name_folded))
        return [_parse_role(row) for row in rows]

    async def put_role(self, role: RoleDefinition) -> None:
        values: Values = {
            "name": role.name,
            "name_folded": fold_name(role.name),
            "content": msgspec.to_builtins(role),
        }
        await put_row(self._connection, roles, {"role_id": role.role_id.lower()}, values)
        await bump_revision(self._connection)

    async def delete_role(self, role_id: str) -> bool:
        deleted = await delete_row(self._connection, roles, {"role_id": role_id.lower()})
        await bump_revision(self._connection)
        return deleted

    async def get_assignment(self, assignment_id: str) -> RoleAssignment | None:
        statement = select(role_assignments).where(role_assignments.c.assignment_id == assignment_id.lower())
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_assignment(row)

    async def list_assignments(self) -> list[RoleAssignment]:
        order = (role_assignments.c.created_at, role_assignments.c.assignment_id)
        rows = await all_rows(self._connection, select(role_assignments).order_by(*order))
        return [_parse_assignment(row) for row in rows]

    async def put_assignment(self, assignment: RoleAssignment) -> None:
        values: Values = {
            "scope": assignment.scope,
            "role_id": assignment.role_id.lower(),
            "principal_id": assignment.principal_id.lower(),
            "principal_type": assignment.principal_type,
            "description": assignment.description,
            "created_at": assignment.created_at,
            "created_by": assignment.created_by,
            "updated_at": assignment.updated_at,
            "updated_by": assignment.updated_by,
        }
        key = {"assignment_id": assignment.assignment_id.lower()}
        await put_row(self._connection, role_assignments, key, values)
        await bump_revision(self._connection)

    async def delete_assignment(self, assignment_id: str) -> bool:
        deleted = await delete_row(self._connection, role_assignments, {"assignment_id": assignment_id.lower()})
        await bump_revision(self._connection)
        return deleted


def _parse_role(row: Row[Any]) -> RoleDefinition:
    return msgspec.convert(row.content, RoleDefinition)


def _parse_assignment(row: Row[Any]) -> RoleAssignment:
    return RoleAssignment(
        assignment_id=row.assignment_id,
        scope=row.scope,
        role_id=row.role_id,
        principal_id=row.principal_id,
        principal_type=row.principal_type,
        description=row.description,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )
