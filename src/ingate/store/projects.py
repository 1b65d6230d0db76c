"""Projects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.project import Project

from .statements import Values, all_rows, change_values, delete_row, first_row, parse_system_data, put_row
from .tables import projects


class SqlProjectStore:
    """Implements `domain.project.ProjectStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_project(self, resource_id: str, name: str) -> Project | None:
        statement = select(projects).where(
            projects.c.resource_id_folded == fold_name(resource_id), projects.c.name_folded == fold_name(name)
        )
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_project(row)

    async def list_projects(self, resource_id: str) -> list[Project]:
        statement = (
            select(projects)
            .where(projects.c.resource_id_folded == fold_name(resource_id))
            .order_by(projects.c.name_folded)
        )
        return [_parse_project(row) for row in await all_rows(self._connection, statement)]

    async def put_project(self, project: Project) -> None:
        values: Values = {
            "resource_id": project.resource_id,
            "name": project.name,
            "location": project.location,
            "document": project.document,
        }
        changes = change_values(project.etag, project.system_data)
        await put_row(self._connection, projects, _key(project.resource_id, project.name), values | changes)

    async def delete_project(self, resource_id: str, name: str) -> bool:
        return await delete_row(self._connection, projects, _key(resource_id, name))


def _key(resource_id: str, name: str) -> Values:
    return {"resource_id_folded": fold_name(resource_id), "name_folded": fold_name(name)}


def _parse_project(row: Row[Any]) -> Project:
    return Project(
        resource_id=row.resource_id,
        name=row.name,
        location=row.location,
        etag=row.etag,
        system_data=parse_system_data(row),
        document=row.document,
    )
