"""Configured upstreams."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.upstream import ConfiguredUpstream, CredentialReference, UpstreamDefinition

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
from .tables import upstreams


class SqlUpstreamStore:
    """Implements `domain.upstream.UpstreamStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_upstream(self, name: str) -> ConfiguredUpstream | None:
        statement = select(upstreams).where(upstreams.c.name_folded == fold_name(name))
        row = await first_row(self._connection, statement)
        return None if row is None else parse_upstream(row)

    async def list_upstreams(self) -> list[ConfiguredUpstream]:
        statement = select(upstreams).order_by(upstreams.c.name_folded)
        return [parse_upstream(row) for row in await all_rows(self._connection, statement)]

    async def put_upstream(self, upstream: ConfiguredUpstream) -> None:
        values = _definition_values(upstream.definition) | {
            "subscription_id": upstream.subscription_id.lower(),
            "group_folded": fold_name(upstream.resource_group),
            "resource_group": upstream.resource_group,
            "allow_plain_http": upstream.allow_plain_http,
        }
        changes = change_values(upstream.etag, upstream.system_data)
        key = {"name_folded": fold_name(upstream.definition.name)}
        await put_row(self._connection, upstreams, key, values | changes)
        await bump_revision(self._connection)

    async def delete_upstream(self, name: str) -> bool:
        deleted = await delete_row(self._connection, upstreams, {"name_folded": fold_name(name)})
        if deleted:
            await bump_revision(self._connection)
        return deleted


def _definition_values(definition: UpstreamDefinition) -> Values:
    credential = definition.credential
    return {
        "name": definition.name,
        "kind": definition.kind,
        "base_url": definition.base_url,
        "credential_source": None if credential is None else credential.source,
        "credential_location": None if credential is None else credential.location,
        "credential_header": definition.credential_header,
        "profile": definition.profile,
        "connect_timeout": definition.connect_timeout,
        "first_byte_timeout": definition.first_byte_timeout,
        "idle_timeout": definition.idle_timeout,
        "tls_ca_file": definition.tls_ca_file,
    }


def parse_upstream(row: Row[Any]) -> ConfiguredUpstream:
    return ConfiguredUpstream(
        definition=_parse_definition(row),
        subscription_id=row.subscription_id,
        resource_group=row.resource_group,
        allow_plain_http=row.allow_plain_http,
        etag=row.etag,
        system_data=parse_system_data(row),
    )


def _parse_definition(row: Row[Any]) -> UpstreamDefinition:
    credential = None
    if row.credential_source is not None:
        credential = CredentialReference(source=row.credential_source, location=row.credential_location)
    return UpstreamDefinition(
        name=row.name,
        kind=row.kind,
        base_url=row.base_url,
        credential=credential,
        credential_header=row.credential_header,
        profile=row.profile,
        connect_timeout=row.connect_timeout,
        first_byte_timeout=row.first_byte_timeout,
        idle_timeout=row.idle_timeout,
        tls_ca_file=row.tls_ca_file,
    )
