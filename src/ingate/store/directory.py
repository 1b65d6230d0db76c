"""The directory, read out of every table in one transaction."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.catalog import Catalog, Hosting
from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource
from ingate.domain.quota import ExplicitLimits
from ingate.domain.upstream import SIMULATOR_UPSTREAM, UpstreamDefinition

from .catalog_file import read_catalog
from .deployments import parse_limits, parse_recording
from .resources import parse_resource
from .statements import all_rows
from .tables import api_keys, deployments, directory_revision, resources
from .upstreams import SqlUpstreamStore


class SqlDirectoryStore:
    """Implements `domain.directory.DirectoryStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_revision(self) -> int:
        result = await self._connection.execute(select(directory_revision.c.revision))
        return int(result.scalar_one())

    async def get_directory(self) -> Directory:
        return Directory(
            revision=await self.get_revision(),
            resources=await self._list_resources(),
            upstreams=await self._list_upstreams(),
        )

    async def _list_resources(self) -> tuple[DirectoryResource, ...]:
        deployed = await self._list_deployments()
        statement = (
            select(resources, api_keys.c.digest1, api_keys.c.digest2)
            .join(api_keys, api_keys.c.resource_id_folded == resources.c.id_folded)
            .order_by(resources.c.id_folded)
        )
        rows = await all_rows(self._connection, statement)
        return tuple(_render_resource(row, tuple(deployed[row.id_folded])) for row in rows)

    async def _list_deployments(self) -> dict[str, list[DirectoryDeployment]]:
        deployed: dict[str, list[DirectoryDeployment]] = defaultdict(list)
        for row in await all_rows(self._connection, select(deployments).order_by(deployments.c.name_folded)):
            deployed[row.resource_id_folded].append(_render_deployment(row))
        return deployed

    async def _list_upstreams(self) -> tuple[UpstreamDefinition, ...]:
        configured = await SqlUpstreamStore(self._connection).list_upstreams()
        return (SIMULATOR_UPSTREAM, *(upstream.definition for upstream in configured))


def _render_resource(row: Row[Any], deployed: tuple[DirectoryDeployment, ...]) -> DirectoryResource:
    resource = parse_resource(row)
    return DirectoryResource(
        name=resource.name,
        resource_id=resource.resource_id,
        subdomain=resource.subdomain,
        location=resource.location,
        key_digests=(row.digest1, row.digest2),
        deployments=deployed,
    )


def _render_deployment(row: Row[Any]) -> DirectoryDeployment:
    limits = parse_limits(row)
    return DirectoryDeployment(
        name=row.name,
        model_id=row.model_id,
        model_version=row.model_version,
        deployment_type=row.deployment_type,
        capacity=row.capacity,
        upstream=row.upstream,
        upstream_model=row.upstream_model,
        limits=None if limits == ExplicitLimits() else limits,
        hosting=_find_hosting(row.model_id, row.model_version),
        record_content=parse_recording(row),
    )


_get_catalog = cache(read_catalog)


def _find_hosting(model_id: str, model_version: str) -> Hosting:
    """Of a model that the catalogue no longer has, the hosting with every feature."""
    catalog: Catalog = _get_catalog()
    model = catalog.get_model(model_id)
    version = model.get_version(model_version) if model is not None else None
    return version.hosting if version is not None else "anthropic"
