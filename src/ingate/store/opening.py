"""Opens the data directory: database, schema, key file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from .audit import SqlAuditStore
from .budgets import SqlBudgetStore
from .deployments import SqlDeploymentStore
from .diagnostic_settings import SqlDiagnosticSettingStore
from .directory import SqlDirectoryStore
from .faults import StoreUnusable
from .keys import SqlKeyStore
from .prices import SqlPriceStore
from .principals import SqlPrincipalStore
from .projects import SqlProjectStore
from .resources import SqlResourceStore
from .roles import SqlRoleStore
from .schema_revision import HEAD
from .sealing import KeySealer, open_sealer
from .signing_keys import SqlSigningKeyStore
from .sqlite import as_writer, create_sqlite_engine
from .statements import first_row
from .subscriptions import SqlResourceGroupStore, SqlSubscriptionStore, SqlTenantStore
from .tables import api_keys
from .upstreams import SqlUpstreamStore
from .workspaces import SqlWorkspaceStore

DATABASE_FILE = "ingate.db"
KEY_FILE = "ingate.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlSession:
    """Implements `domain.state.StateSession` over one connection."""

    tenants: SqlTenantStore
    subscriptions: SqlSubscriptionStore
    resource_groups: SqlResourceGroupStore
    resources: SqlResourceStore
    keys: SqlKeyStore
    deployments: SqlDeploymentStore
    upstreams: SqlUpstreamStore
    projects: SqlProjectStore
    principals: SqlPrincipalStore
    roles: SqlRoleStore
    signing_keys: SqlSigningKeyStore
    workspaces: SqlWorkspaceStore
    diagnostic_settings: SqlDiagnosticSettingStore
    audit: SqlAuditStore
    prices: SqlPriceStore
    budgets: SqlBudgetStore
    directory: SqlDirectoryStore


class Stores:
    """Implements `domain.state.State` over one database."""

    def __init__(self, engine: AsyncEngine, sealer: KeySealer) -> None:
        self._readers = engine
        self._writers = as_writer(engine)
        self._sealer = sealer
        self._turn = asyncio.Lock()
        """Writers of this process wait here, in order, rather than in the database, where they would poll."""

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[SqlSession]:
        async with self._readers.connect() as connection:
            yield self._open_session(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[SqlSession]:
        async with self._turn, self._writers.begin() as connection:
            yield self._open_session(connection)

    async def close(self) -> None:
        await self._readers.dispose()

    def _open_session(self, connection: AsyncConnection) -> SqlSession:
        return SqlSession(
            tenants=SqlTenantStore(connection),
            subscriptions=SqlSubscriptionStore(connection),
            resource_groups=SqlResourceGroupStore(connection),
            resources=SqlResourceStore(connection),
            keys=SqlKeyStore(connection, self._sealer),
            deployments=SqlDeploymentStore(connection),
            upstreams=SqlUpstreamStore(connection),
            projects=SqlProjectStore(connection),
            principals=SqlPrincipalStore(connection),
            roles=SqlRoleStore(connection),
            signing_keys=SqlSigningKeyStore(connection, self._sealer),
            workspaces=SqlWorkspaceStore(connection),
            diagnostic_settings=SqlDiagnosticSettingStore(connection),
            audit=SqlAuditStore(connection),
            prices=SqlPriceStore(connection),
            budgets=SqlBudgetStore(connection),
            directory=SqlDirectoryStore(connection),
        )


async def open_stores(data_dir: Path) -> Stores:
    """The state in an existing folder, created or brought up to date where needed. Raises StoreUnusable."""
    try:
        engine = create_sqlite_engine(data_dir / DATABASE_FILE)
        try:
            await _upgrade_schema(engine)
            sealer = await _open_sealer(engine, data_dir / KEY_FILE)
        except BaseException:  # a cancelled start too: the engine has a thread of its own
            await engine.dispose()
            raise
    except DatabaseError as error:
        raise StoreUnusable(f"{data_dir / DATABASE_FILE} cannot be used: {error.orig}") from error
    except OSError as error:
        raise StoreUnusable(f"{error.filename} cannot be used: {error.strerror}") from error
    return Stores(engine, sealer)


async def _upgrade_schema(engine: AsyncEngine) -> None:
    revision = await _get_schema_revision(engine)
    if revision == HEAD:
        return
    from .migrating import upgrade  # half a second of imports that an up-to-date database does not pay

    async with as_writer(engine).begin() as connection:
        await connection.run_sync(upgrade, revision)


async def _get_schema_revision(engine: AsyncEngine) -> str | None:
    """None for a database that is empty."""
    async with engine.connect() as connection:
        if not await connection.run_sync(lambda sync: sync.dialect.has_table(sync, "alembic_version")):
            return None
        row = await first_row(connection, text("SELECT version_num FROM alembic_version"))
        return None if row is None else str(row.version_num)


async def _open_sealer(engine: AsyncEngine, path: Path) -> KeySealer:
    """Proves at once that the key file belongs to the database, rather than at the first listKeys."""
    async with engine.connect() as connection:
        row = await first_row(connection, select(api_keys.c.resource_id_folded, api_keys.c.sealed).limit(1))
    sealer = await asyncio.to_thread(open_sealer, path, database_has_keys=row is not None)
    if row is not None:
        sealer.unseal(row.resource_id_folded, row.sealed)
    return sealer
