"""The audit trail: rows are added, and never changed or deleted by this store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.audit import AuditEvent
from ingate.domain.naming import fold_name

from .statements import all_rows
from .tables import audit_events


class SqlAuditStore:
    """Implements `domain.audit.AuditStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def append_event(self, event: AuditEvent) -> None:
        await self._connection.execute(
            insert(audit_events).values(
                event_id=event.event_id,
                time=event.time,
                action=event.action[:1024],
                target_id=event.target_id[:1024],
                target_folded=fold_name(event.target_id)[:1024],
                actor_id=event.actor_id,
                actor_name=event.actor_name[:256],
                caller_address=event.caller_address,
                correlation_id=event.correlation_id,
                result=event.result,
                status=event.status,
                detail=event.detail[:1024],
            )
        )

    async def list_events(
        self, *, since: datetime, until: datetime, target_prefix: str = "", limit: int = 1000
    ) -> list[AuditEvent]:
        statement = select(audit_events).where(audit_events.c.time >= since, audit_events.c.time < until)
        if prefix := fold_name(target_prefix.rstrip("/")):
            below = audit_events.c.target_folded.startswith(prefix + "/", autoescape=True)
            statement = statement.where(or_(audit_events.c.target_folded == prefix, below))
        statement = statement.order_by(audit_events.c.position.desc()).limit(limit)
        return [_parse_event(row) for row in await all_rows(self._connection, statement)]


def _parse_event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(
        event_id=row.event_id,
        time=row.time,
        action=row.action,
        target_id=row.target_id,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        caller_address=row.caller_address,
        correlation_id=row.correlation_id,
        result=row.result,
        status=row.status,
        detail=row.detail,
    )
