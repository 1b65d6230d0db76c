"""Log Analytics workspaces: where logs are queried, and for how long they are kept.

Every workspace sees the exchanges of the resources that its caller may read. The rows are kept once, for as long as
the most patient workspace asks; a less patient one does not show what is older.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.ids import render_workspace_id

from .change import SystemData

DEFAULT_RETENTION_DAYS = 30
SHORTEST_RETENTION_DAYS, LONGEST_RETENTION_DAYS = 4, 730
"""https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    subscription_id: str
    resource_group: str
    name: str
    location: str
    customer_id: str
    """The GUID that log queries name it by."""
    retention_days: int
    etag: str
    system_data: SystemData
    document: JsonObject = field(default_factory=lambda: {})
    """What its owner wrote (tags, properties), with members that Ingate does not act on."""

    @property
    def workspace_id(self) -> str:
        return render_workspace_id(self.subscription_id, self.resource_group, self.name)


class WorkspaceStore(Protocol):
    """Keeps workspaces. Names and ids are compared without regard to case."""

    async def get_workspace(self, workspace_id: str) -> Workspace | None:
        """By its Azure Resource Manager id."""
        ...

    async def find_workspace(self, customer_id: str) -> Workspace | None: ...

    async def list_workspaces(
        self, subscription_id: str | None = None, resource_group: str | None = None
    ) -> list[Workspace]:
        """By id; all of them without a subscription."""
        ...

    async def put_workspace(self, workspace: Workspace) -> None: ...

    async def delete_workspace(self, workspace_id: str) -> bool:
        """False when there was none."""
        ...
