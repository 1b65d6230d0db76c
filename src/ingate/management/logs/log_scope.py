"""Whose rows a log query may see: those of resources in its scope that the caller's roles let it read."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.domain.naming import fold_name
from ingate.domain.permission import covers
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.workspace import Workspace
from ingate.management.access_rules import Access
from ingate.wire.arm.ids import ACCOUNT_TYPE

from .log_refusals import LogsNotReadable, WorkspaceNotFound

QUERY_ACTION = "Microsoft.OperationalInsights/workspaces/query/read"
CONTENT_ACTION = "Ingate.Gateway/content/list/action"
"""To see what was said, where a deployment records it. A Reader's `*/read` does not grant it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogScope:
    resources: tuple[FoundryResource, ...]
    """That the caller may read."""
    sees_everything: bool
    """Also what belongs to no resource, such as requests for host names that nobody has."""
    shows_content: bool
    retention_days: int | None
    """None: whatever is kept."""


async def find_workspace_scope(
    session: StateSession, access: Access, workspace: str
) -> LogScope | WorkspaceNotFound | LogsNotReadable:
    """`workspace` is a customer id, or an Azure Resource Manager id."""
    by_id = workspace.startswith("/")
    found = await (
        session.workspaces.get_workspace(workspace) if by_id else session.workspaces.find_workspace(workspace)
    )
    if found is None:
        return WorkspaceNotFound(workspace=workspace)
    if not access.permits(QUERY_ACTION, found.workspace_id):
        return LogsNotReadable()
    return await _collect(session, access, "/", found)


async def find_resource_scope(session: StateSession, access: Access, scope: str) -> LogScope | LogsNotReadable:
    """An account, a resource group or a subscription."""
    found = await _collect(session, access, scope, None)
    return found if found.resources else LogsNotReadable()


async def _collect(session: StateSession, access: Access, scope: str, workspace: Workspace | None) -> LogScope:
    resources = [
        resource
        for subscription in await session.subscriptions.list_subscriptions()
        for resource in await session.resources.list_resources(subscription.subscription_id)
        if covers(scope, resource.resource_id) and access.reads(ACCOUNT_TYPE, resource.resource_id)
    ]
    return LogScope(
        resources=tuple(resources),
        sees_everything=scope == "/" and access.permits(QUERY_ACTION, "/"),
        shows_content=all(access.permits(CONTENT_ACTION, resource.resource_id) for resource in resources),
        retention_days=None if workspace is None else workspace.retention_days,
    )


def intersect(scopes: list[LogScope]) -> LogScope:
    """Of a query over several workspaces: each shows the same resources, so the one that keeps longest decides."""
    days = [scope.retention_days for scope in scopes if scope.retention_days is not None]
    first = scopes[0]
    return LogScope(
        resources=first.resources,
        sees_everything=first.sees_everything,
        shows_content=first.shows_content,
        retention_days=max(days) if len(days) == len(scopes) else None,
    )


def list_ids(scope: LogScope) -> frozenset[str] | None:
    """None is for all."""
    if scope.sees_everything:
        return None
    return frozenset(fold_name(resource.resource_id) for resource in scope.resources)
