"""Log Analytics workspaces."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.workspace import Workspace

from .statements import Values, all_rows, change_values, delete_row, first_row, parse_system_data, put_row
from .tables import workspaces


class SqlWorkspaceStore:
    """Implements `domain.workspace.WorkspaceStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_workspace(self, workspace_id: str) -> Workspace | None:
        statement = select(workspaces).where(workspaces.c.id_folded == fold_name(workspace_id))
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_workspace(row)

    async def find_workspace(self, customer_id: str) -> Workspace | None:
        statement = select(workspaces).where(workspaces.c.customer_id == customer_id.lower())
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_workspace(row)

    async def list_workspaces(
        self, subscription_id: str | None = None, resource_group: str | None = None
    ) -> list[Workspace]:
        statement = select(workspaces).order_by(workspaces.c.id_folded)
        if subscription_id is not None:
            statement = statement.where(workspaces.c.subscription_id == subscription_id.lower())
        if resource_group is not None:
            statement = statement.where(workspaces.c.group_folded == fold_name(resource_group))
        return [_parse_workspace(row) for row in await all_rows(self._connection, statement)]

    async def put_workspace(self, workspace: Workspace) -> None:
        values: Values = {
            "subscription_id": workspace.subscription_id.lower(),
            "resource_group": workspace.resource_group,
            "group_folded": fold_name(workspace.resource_group),
            "name": workspace.name,
            "location": workspace.location,
            "customer_id": workspace.customer_id.lower(),
            "retention_days": workspace.retention_days,
            "document": workspace.document,
        }
        changes = change_values(workspace.etag, workspace.system_data)
        await put_row(self._connection, workspaces, _key(workspace.workspace_id), values | changes)

    async def delete_workspace(self, workspace_id: str) -> bool:
        return await delete_row(self._connection, workspaces, _key(workspace_id))


def _key(workspace_id: str) -> Values:
    return {"id_folded": fold_name(workspace_id)}


def _parse_workspace(row: Row[Any]) -> Workspace:
    return Workspace(
        subscription_id=row.subscription_id,
        resource_group=row.resource_group,
        name=row.name,
        location=row.location,
        customer_id=row.customer_id,
        retention_days=row.retention_days,
        etag=row.etag,
        system_data=parse_system_data(row),
        document=row.document,
    )
