"""Deployments."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.content import ContentRecording
from ingate.domain.deployment import Deployment
from ingate.domain.naming import fold_name
from ingate.domain.quota import ExplicitLimits

from .statements import (
    Values,
    all_rows,
    bump_revision,
    change_values,
    delete_row,
    first_row,
    parse_system_data,
    put_row,
)
from .tables import deployments, resources


class SqlDeploymentStore:
    """Implements `domain.deployment.DeploymentStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_deployment(self, resource_id: str, name: str) -> Deployment | None:
        statement = select(deployments).where(
            deployments.c.resource_id_folded == fold_name(resource_id),
            deployments.c.name_folded == fold_name(name),
        )
        row = await first_row(self._connection, statement)
        return None if row is None else parse_deployment(row)

    async def list_deployments(self, resource_id: str) -> list[Deployment]:
        statement = (
            select(deployments)
            .where(deployments.c.resource_id_folded == fold_name(resource_id))
            .order_by(deployments.c.name_folded)
        )
        return [parse_deployment(row) for row in await all_rows(self._connection, statement)]

    async def list_deployments_of_upstream(self, upstream: str) -> list[Deployment]:
        statement = (
            select(deployments)
            .where(deployments.c.upstream == upstream)
            .order_by(deployments.c.resource_id_folded, deployments.c.name_folded)
        )
        return [parse_deployment(row) for row in await all_rows(self._connection, statement)]

    async def list_deployments_of_subscription(self, subscription_id: str) -> list[Deployment]:
        statement = (
            select(deployments)
            .join(resources, resources.c.id_folded == deployments.c.resource_id_folded)
            .where(resources.c.subscription_id == subscription_id.lower())
            .order_by(deployments.c.resource_id_folded, deployments.c.name_folded)
        )
        return [parse_deployment(row) for row in await all_rows(self._connection, statement)]

    async def put_deployment(self, deployment: Deployment) -> None:
        values = {
            "resource_id": deployment.resource_id,
            "name": deployment.name,
            "model_id": deployment.model_id,
            "model_version": deployment.model_version,
            "deployment_type": deployment.deployment_type,
            "capacity": deployment.capacity,
            "upstream": deployment.upstream,
            "upstream_model": deployment.upstream_model,
            "requests_per_minute": deployment.limits.requests,
            "input_tokens_per_minute": deployment.limits.input_tokens,
            "output_tokens_per_minute": deployment.limits.output_tokens,
            "record_content": _render_recording(deployment.record_content),
            "is_paused": deployment.is_paused,
            "document": deployment.document,
        }
        changes = change_values(deployment.etag, deployment.system_data)
        key = _key(deployment.resource_id, deployment.name)
        await put_row(self._connection, deployments, key, values | changes)
        await bump_revision(self._connection)

    async def delete_deployment(self, resource_id: str, name: str) -> bool:
        deleted = await delete_row(self._connection, deployments, _key(resource_id, name))
        if deleted:
            await bump_revision(self._connection)
        return deleted


def _key(resource_id: str, name: str) -> Values:
    return {"resource_id_folded": fold_name(resource_id), "name_folded": fold_name(name)}


def parse_limits(row: Row[Any]) -> ExplicitLimits:
    return ExplicitLimits(
        requests=row.requests_per_minute,
        input_tokens=row.input_tokens_per_minute,
        output_tokens=row.output_tokens_per_minute,
    )


def parse_recording(row: Row[Any]) -> ContentRecording | None:
    kept: dict[str, Any] | None = row.record_content
    if kept is None:
        return None
    return ContentRecording(retention_days=kept["retention_days"], redact=tuple(kept["redact"]))


def _render_recording(recording: ContentRecording | None) -> dict[str, Any] | None:
    if recording is None:
        return None
    return {"retention_days": recording.retention_days, "redact": list(recording.redact)}


def parse_deployment(row: Row[Any]) -> Deployment:
    return Deployment(
        resource_id=row.resource_id,
        name=row.name,
        model_id=row.model_id,
        model_version=row.model_version,
        deployment_type=row.deployment_type,
        capacity=row.capacity,
        upstream=row.upstream,
        upstream_model=row.upstream_model,
        limits=parse_limits(row),
        record_content=parse_recording(row),
        is_paused=row.is_paused,
        etag=row.etag,
        system_data=parse_system_data(row),
        document=row.document,
    )
