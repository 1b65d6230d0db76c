"""Foundry resources: what a caller's host name stands for, with keys and deployments of its own.

In Azure Resource Manager they are accounts of Microsoft.CognitiveServices, kind AIServices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.ids import render_account_id

from .change import SystemData
from .subscription import SubscriptionId

RESOURCE_KIND = "AIServices"
"""The only kind of account that serves Claude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A deleted resource can be recovered until it is purged; its name and subdomain stay taken until then."""

    deleted_at: datetime
    purge_at: datetime
    """When nobody can recover it any more: Azure keeps deleted resources for 48 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundryResource:
    """A resource as its owner configured it."""

    subscription_id: SubscriptionId
    resource_group: str
    name: str
    location: str
    subdomain: str
    """The first label of its host names, in lower case, unique in this Ingate. The resource's name unless its
    owner chose a custom one."""
    internal_id: str
    """32 hex digits that stay the same for the resource's life."""
    etag: str
    system_data: SystemData
    document: JsonObject = field(default_factory=lambda: {})
    """What its owner wrote (sku, identity, tags, properties), with members that Ingate does not act on."""

    deletion: Deletion | None = None

    @property
    def resource_id(self) -> str:
        return render_account_id(self.subscription_id, self.resource_group, self.name)


class ResourceStore(Protocol):
    """Keeps Foundry resources. Ids and names are compared without regard to case; every change is a new revision
    of the directory."""

    async def get_resource(self, resource_id: str) -> FoundryResource | None:
        """Unless it is deleted."""
        ...

    async def get_resource_by_subdomain(self, subdomain: str) -> FoundryResource | None:
        """Also a deleted one: its subdomain is still taken."""
        ...

    async def get_deleted_resource(self, resource_id: str) -> FoundryResource | None: ...

    async def list_deleted_resources(self, subscription_id: str) -> list[FoundryResource]:
        """By id."""
        ...

    async def list_resources(self, subscription_id: str, resource_group: str | None = None) -> list[FoundryResource]:
        """Of a subscription or of one of its groups, by id; deleted ones are not among them."""
        ...

    async def put_resource(self, resource: FoundryResource) -> None: ...

    async def delete_resource(self, resource_id: str) -> bool:
        """For good, with its deployments, projects and keys. False when there was none."""
        ...
