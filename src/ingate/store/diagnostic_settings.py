"""Diagnostic settings. What is acted upon is kept as one JSON value: nobody looks for a setting by it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.diagnostic_setting import DiagnosticSetting, LogCategory, OtlpSink, WebhookSink
from ingate.domain.naming import fold_name

from .statements import Values, all_rows, change_values, delete_row, first_row, parse_system_data, put_row
from .tables import diagnostic_settings


class _Routes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a setting does, without what names it and who wrote it."""

    categories: frozenset[LogCategory] = frozenset()
    metrics: bool = False
    workspace_id: str | None = None
    storage_account: str | None = None
    webhook: WebhookSink | None = None
    otlp: OtlpSink | None = None


class SqlDiagnosticSettingStore:
    """Implements `domain.diagnostic_setting.DiagnosticSettingStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_setting(self, resource_id: str, name: str) -> DiagnosticSetting | None:
        table = diagnostic_settings
        statement = select(table).where(
            table.c.resource_id_folded == fold_name(resource_id), table.c.name_folded == fold_name(name)
        )
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_setting(row)

    async def list_settings(self, resource_id: str | None = None) -> list[DiagnosticSetting]:
        table = diagnostic_settings
        statement = select(table).order_by(table.c.resource_id_folded, table.c.name_folded)
        if resource_id is not None:
            statement = statement.where(table.c.resource_id_folded == fold_name(resource_id))
        return [_parse_setting(row) for row in await all_rows(self._connection, statement)]

    async def put_setting(self, setting: DiagnosticSetting) -> None:
        routes = _Routes(
            categories=setting.categories,
            metrics=setting.metrics,
            workspace_id=setting.workspace_id,
            storage_account=setting.storage_account,
            webhook=setting.webhook,
            otlp=setting.otlp,
        )
        values: Values = {
            "resource_id": setting.resource_id,
            "name": setting.name,
            "routes": msgspec.to_builtins(routes),
            "document": setting.document,
        }
        changes = change_values(setting.etag, setting.system_data)
        key = _key(setting.resource_id, setting.name)
        await put_row(self._connection, diagnostic_settings, key, values | changes)

    async def delete_setting(self, resource_id: str, name: str) -> bool:
        return await delete_row(self._connection, diagnostic_settings, _key(resource_id, name))


def _key(resource_id: str, name: str) -> Values:
    return {"resource_id_folded": fold_name(resource_id), "name_folded": fold_name(name)}


def _parse_setting(row: Row[Any]) -> DiagnosticSetting:
    routes = msgspec.convert(row.routes, _Routes)
    return DiagnosticSetting(
        resource_id=row.resource_id,
        name=row.name,
        categories=routes.categories,
        metrics=routes.metrics,
        workspace_id=routes.workspace_id,
        storage_account=routes.storage_account,
        webhook=routes.webhook,
        otlp=routes.otlp,
        etag=row.etag,
        system_data=parse_system_data(row),
        document=row.document,
    )
