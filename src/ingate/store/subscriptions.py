"""Tenants, subscriptions and resource groups."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from ingate.domain.naming import fold_name
from ingate.domain.subscription import ResourceGroup, Subscription, Tenant

from .statements import all_rows, delete_row, first_row, put_row
from .tables import resource_groups, resources, subscriptions, tenants


class SqlTenantStore:
    """Implements `domain.subscription.TenantStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_tenant(self, tenant_id: str) -> Tenant | None:
        statement = select(tenants).where(tenants.c.tenant_id == tenant_id.lower())
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_tenant(row)

    async def list_tenants(self) -> list[Tenant]:
        statement = select(tenants).order_by(tenants.c.position)
        return [_parse_tenant(row) for row in await all_rows(self._connection, statement)]

    async def put_tenant(self, tenant: Tenant) -> None:
        key = {"tenant_id": tenant.tenant_id.lower()}
        await put_row(self._connection, tenants, key, {"display_name": tenant.display_name})


class SqlSubscriptionStore:
    """Implements `domain.subscription.SubscriptionStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_subscription(self, subscription_id: str) -> Subscription | None:
        statement = select(subscriptions).where(subscriptions.c.subscription_id == subscription_id.lower())
        row = await first_row(self._connection, statement)
        return None if row is None else _parse_subscription(row)

    async def list_subscriptions(self) -> list[Subscription]:
        statement = select(subscriptions).order_by(subscriptions.c.position)
        return [_parse_subscription(row) for row in await all_rows(self._connection, statement)]

    async def put_subscription(self, subscription: Subscription) -> None:
        key = {"subscription_id": subscription.subscription_id.lower()}
        values = {"tenant_id": subscription.tenant_id.lower(), "display_name": subscription.display_name}
        await put_row(self._connection, subscriptions, key, values)


class SqlResourceGroupStore:
    """Implements `domain.subscription.ResourceGroupStore`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_resource_group(self, subscription_id: str, name: str) -> ResourceGroup | None:
        statement = select(resource_groups).where(
            resource_groups.c.subscription_id == subscription_id.lower(),
            resource_groups.c.name_folded == fold_name(name),
        )
        row = await first_row(self._connection, statement)
        return None if row is None or _is_deleted(row) else _parse_group(row)

    async def list_resource_groups(self, subscription_id: str) -> list[ResourceGroup]:
        statement = (
            select(resource_groups)
            .where(resource_groups.c.subscription_id == subscription_id.lower())
            .order_by(resource_groups.c.name_folded)
        )
        return [_parse_group(row) for row in await all_rows(self._connection, statement) if not _is_deleted(row)]

    async def put_resource_group(self, group: ResourceGroup) -> None:
        key = {"subscription_id": group.subscription_id.lower(), "name_folded": fold_name(group.name)}
        values = {"name": group.name, "location": group.location, "document": group.document}
        await put_row(self._connection, resource_groups, key, values)

    async def delete_resource_group(self, subscription_id: str, name: str) -> bool:
        if await self.get_resource_group(subscription_id, name) is None:
            return False
        key = {"subscription_id": subscription_id.lower(), "name_folded": fold_name(name)}
        owned = select(resources.c.id_folded).where(
            resources.c.subscription_id == key["subscription_id"], resources.c.group_folded == key["name_folded"]
        )
        if await first_row(self._connection, owned.limit(1)) is None:
            await delete_row(self._connection, resource_groups, key)
        else:
            await put_row(self._connection, resource_groups, key, {"document": _DELETED})
        return True


_DELETED = None
"""The document of a group whose row is only there for its deleted resources, which refer to it."""


def _is_deleted(row: Row[Any]) -> bool:
    return row.document is _DELETED


def _parse_tenant(row: Row[Any]) -> Tenant:
    return Tenant(tenant_id=row.tenant_id, display_name=row.display_name)


def _parse_subscription(row: Row[Any]) -> Subscription:
    return Subscription(subscription_id=row.subscription_id, tenant_id=row.tenant_id, display_name=row.display_name)


def _parse_group(row: Row[Any]) -> ResourceGroup:
    return ResourceGroup(
        subscription_id=row.subscription_id, name=row.name, location=row.location, document=row.document
    )
