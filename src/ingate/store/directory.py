"""The directory, read out of every table in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.catalog import Catalog, Hosting
from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource, TrustedIssuer
from ingate.domain.network import parse_network_rules
from ingate.domain.permission import CLAUDE_DATA_ACTIONS, covers, grants
from ingate.domain.quota import ExplicitLimits
from ingate.domain.upstream import SIMULATOR_UPSTREAM, UpstreamDefinition
from ingate.wire.arm.documents import get_object
from ingate.wire.entra.issuers import render_issuers

from .catalog_file import read_catalog
from .deployments import parse_limits, parse_recording
from .directory_costs import DirectoryCosts, read_directory_costs
from .resources import parse_resource
from .role_file import read_built_in_roles
from .roles import SqlRoleStore
from .statements import all_rows
from .tables import (
    api_keys,
    deployments,
    directory_revision,
    memberships,
    principals,
    resources,
    signing_keys,
    tenants,
)
from .upstreams import SqlUpstreamStore
from .verification import parse_verification_key


class SqlDirectoryStore:
    """Implements `domain.directory.DirectoryStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_revision(self) -> int:
        result = await self._connection.execute(select(directory_revision.c.revision))
        return int(result.scalar_one())

    async def get_directory(self, *, assigned_before: datetime | None = None) -> Directory:
        return Directory(
            revision=await self.get_revision(),
            resources=await self._list_resources(await self._list_grants(assigned_before)),
            upstreams=await self._list_upstreams(),
            issuers=await self._list_issuers(),
        )

    async def _list_resources(self, granted: Sequence[Grant]) -> tuple[DirectoryResource, ...]:
        deployed = await self._list_deployments()
        costs = await read_directory_costs(self._connection, _get_catalog())
        statement = (
            select(resources, api_keys.c.digest1, api_keys.c.digest2)
            .join(api_keys, api_keys.c.resource_id_folded == resources.c.id_folded)
            .where(resources.c.deleted_at.is_(None))
            .order_by(resources.c.id_folded)
        )
        rows = await all_rows(self._connection, statement)
        return tuple(_render_resource(row, deployed[row.id_folded], granted, costs) for row in rows)

    async def _list_grants(self, assigned_before: datetime | None) -> list[Grant]:
        """The role assignments that let somebody call Claude somewhere, each with everyone it reaches."""
        store = SqlRoleStore(self._connection)
        roles = {role.role_id: role for role in (*read_built_in_roles(), *await store.list_roles())}
        members, enabled = await self._list_members(), await self._list_principals()
        return [
            _make_grant(assignment.scope, assignment.principal_id, members, enabled)
            for assignment in await store.list_assignments()
            if assigned_before is None or assignment.created_at <= assigned_before
            if (role := roles.get(assignment.role_id)) is not None
            if any(grants(role.permissions, action, is_data_action=True) for action in CLAUDE_DATA_ACTIONS)
        ]

    async def _list_members(self) -> dict[str, set[str]]:
        members: dict[str, set[str]] = defaultdict(set)
        for row in await all_rows(self._connection, select(memberships)):
            members[row.group_id].add(row.member_id)
        return members

    async def _list_principals(self) -> dict[str, bool]:
        """Whether each is enabled."""
        rows = await all_rows(self._connection, select(principals.c.object_id, principals.c.is_enabled))
        return {row.object_id: row.is_enabled for row in rows}

    async def _list_issuers(self) -> tuple[TrustedIssuer, ...]:
        """Ingate's own, once for each version of its tokens. Private keys are not even read."""
        statement = select(signing_keys.c.key_id, signing_keys.c.certificate_pem).order_by(signing_keys.c.created_at)
        keys = tuple(
            parse_verification_key(row.key_id, row.certificate_pem)
            for row in await all_rows(self._connection, statement)
        )
        tenant_rows = await all_rows(self._connection, select(tenants.c.tenant_id).order_by(tenants.c.position))
        return tuple(
            TrustedIssuer(issuer=issuer, tenant_id=row.tenant_id, keys=keys, is_own=True)
            for row in tenant_rows
            for issuer in render_issuers(row.tenant_id)
            if keys
        )

    async def _list_deployments(self) -> dict[str, list[DirectoryDeployment]]:
        deployed: dict[str, list[DirectoryDeployment]] = defaultdict(list)
        for row in await all_rows(self._connection, select(deployments).order_by(deployments.c.name_folded)):
            deployed[row.resource_id_folded].append(_render_deployment(row))
        return deployed

    async def _list_upstreams(self) -> tuple[UpstreamDefinition, ...]:
        configured = await SqlUpstreamStore(self._connection).list_upstreams()
        return (SIMULATOR_UPSTREAM, *(upstream.definition for upstream in configured))


class Grant(NamedTuple):
    """Who may call Claude in a scope and below."""

    scope: str
    principal_ids: frozenset[str]
    foreign_id: str | None
    """A principal that is not ours: of a trusted tenant, or of none."""


def _make_grant(scope: str, principal_id: str, members: Mapping[str, set[str]], enabled: Mapping[str, bool]) -> Grant:
    if principal_id not in enabled:
        return Grant(scope, frozenset(), principal_id)
    reached = _reach(principal_id, members)
    return Grant(scope, frozenset(object_id for object_id in reached if enabled.get(object_id)), None)


def _reach(principal_id: str, members: Mapping[str, set[str]]) -> frozenset[str]:
    """The principal and, of a group, everybody in it, groups within groups too."""
    reached: set[str] = set()
    waiting = {principal_id}
    while waiting:
        reached |= waiting
        waiting = {member for group in waiting for member in members.get(group, ())} - reached
    return frozenset(reached)


def _render_resource(
    row: Row[Any], deployed: Sequence[DirectoryDeployment], granted: Sequence[Grant], costs: DirectoryCosts
) -> DirectoryResource:
    resource = parse_resource(row)
    properties = get_object(resource.document, "properties")
    here = [grant for grant in granted if covers(grant.scope, resource.resource_id)]
    return DirectoryResource(
        name=resource.name,
        resource_id=resource.resource_id,
        subdomain=resource.subdomain,
        location=resource.location,
        key_digests=(row.digest1, row.digest2),
        deployments=tuple(costs.complete(deployment, resource) for deployment in deployed),
        allows_keys=properties.get("disableLocalAuth") is not True,
        network=parse_network_rules(properties),
        callers=frozenset[str]().union(*(grant.principal_ids for grant in here)),
        foreign_callers=frozenset(grant.foreign_id for grant in here if grant.foreign_id is not None),
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
        requires_token=_is_entra_only(row.model_id),
        is_paused=row.is_paused,
        record_content=parse_recording(row),
    )


_get_catalog = cache(read_catalog)


def _find_hosting(model_id: str, model_version: str) -> Hosting:
    """Of a model that the catalogue no longer has, the hosting with every feature."""
    catalog: Catalog = _get_catalog()
    model = catalog.get_model(model_id)
    version = model.get_version(model_version) if model is not None else None
    return version.hosting if version is not None else "anthropic"


def _is_entra_only(model_id: str) -> bool:
    model = _get_catalog().get_model(model_id)
    return model is not None and model.entra_only
