"""The control plane's state as one port: transactions over every aggregate's narrow store.

Code that needs one aggregate takes that aggregate's store; only code that changes several of them at once, such
as the management API, takes this.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from .audit import AuditStore
from .budget import BudgetStore
from .deployment import DeploymentStore
from .diagnostic_setting import DiagnosticSettingStore
from .directory import DirectoryStore
from .key import KeyStore
from .price_book import PriceStore
from .principal import PrincipalStore
from .project import ProjectStore
from .resource import ResourceStore
from .role import RoleStore
from .signing_key import SigningKeyStore
from .subscription import ResourceGroupStore, SubscriptionStore, TenantStore
from .upstream import UpstreamStore
from .workspace import WorkspaceStore


class StateSession(Protocol):
    """Every store within one transaction."""

    @property
    def tenants(self) -> TenantStore: ...

    @property
    def subscriptions(self) -> SubscriptionStore: ...

    @property
    def resource_groups(self) -> ResourceGroupStore: ...

    @property
    def resources(self) -> ResourceStore: ...

    @property
    def keys(self) -> KeyStore: ...

    @property
    def deployments(self) -> DeploymentStore: ...

    @property
    def upstreams(self) -> UpstreamStore: ...

    @property
    def projects(self) -> ProjectStore: ...

    @property
    def principals(self) -> PrincipalStore: ...

    @property
    def roles(self) -> RoleStore: ...

    @property
    def signing_keys(self) -> SigningKeyStore: ...

    @property
    def workspaces(self) -> WorkspaceStore: ...

    @property
    def diagnostic_settings(self) -> DiagnosticSettingStore: ...

    @property
    def audit(self) -> AuditStore: ...

    @property
    def prices(self) -> PriceStore: ...

    @property
    def budgets(self) -> BudgetStore: ...

    @property
    def directory(self) -> DirectoryStore: ...


class State(Protocol):
    """Where transactions come from."""

    def reading(self) -> AbstractAsyncContextManager[StateSession]:
        """One consistent view; never waits for writers."""
        ...

    def writing(self) -> AbstractAsyncContextManager[StateSession]:
        """All or nothing, one writer at a time: commits at the end, rolls back when an exception leaves it."""
        ...
