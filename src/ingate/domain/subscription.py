"""Tenants, subscriptions and resource groups: where resources live and who answers for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NewType, Protocol

from ingate.wire.arm.documents import JsonObject

TenantId = NewType("TenantId", str)
SubscriptionId = NewType("SubscriptionId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organisation: the directory of its principals."""

    tenant_id: TenantId
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What quotas and bills are counted by."""

    subscription_id: SubscriptionId
    tenant_id: TenantId
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGroup:
    """A named set of resources in one subscription."""

    subscription_id: SubscriptionId
    name: str
    location: str
    document: JsonObject = field(default_factory=lambda: {})
    """What its creator wrote beside the location: tags, and members that Ingate does not act on."""


class TenantStore(Protocol):
    async def get_tenant(self, tenant_id: str) -> Tenant | None: ...

    async def list_tenants(self) -> list[Tenant]:
        """The oldest first."""
        ...

    async def put_tenant(self, tenant: Tenant) -> None: ...


class SubscriptionStore(Protocol):
    async def get_subscription(self, subscription_id: str) -> Subscription | None: ...

    async def list_subscriptions(self) -> list[Subscription]:
        """The oldest first."""
        ...

    async def put_subscription(self, subscription: Subscription) -> None: ...


class ResourceGroupStore(Protocol):
    """Names are compared without regard to case."""

    async def get_resource_group(self, subscription_id: str, name: str) -> ResourceGroup | None: ...

    async def list_resource_groups(self, subscription_id: str) -> list[ResourceGroup]:
        """By name."""
        ...

    async def put_resource_group(self, group: ResourceGroup) -> None: ...

    async def delete_resource_group(self, subscription_id: str, name: str) -> bool:
        """Nothing but deleted resources may be left in it; they can be restored when there is a group of that name
        again. False when there was none."""
        ...
