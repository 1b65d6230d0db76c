"""The life of an account beyond its document: its identity, its deletion for a while, its recovery, its purge.

A deleted account keeps its name, its subdomain and its quota for 48 hours, in which it can be restored as it was; its
identity is gone at once, and its role assignments with it.
https://learn.microsoft.com/azure/ai-services/recover-purge-resources
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ingate.domain.change import modified
from ingate.domain.naming import fold_name
from ingate.domain.resource import Deletion, FoundryResource
from ingate.domain.state import StateSession

from .account_bodies import wants_system_identity
from .control_plane import ControlPlane
from .system_identities import drop_system_identity, ensure_system_identity

RETENTION = timedelta(hours=48)


async def settle_identity(plane: ControlPlane, session: StateSession, resource: FoundryResource) -> None:
    """Gives the account its system-assigned identity, or takes it away, as its document says."""
    if resource.deletion is None and wants_system_identity(resource):
        await ensure_system_identity(session, plane, resource)
    else:
        await drop_system_identity(session, resource)


async def soft_delete(plane: ControlPlane, session: StateSession, resource: FoundryResource) -> None:
    now = plane.clock()
    deleted = replace(
        resource,
        deletion=Deletion(deleted_at=now, purge_at=now + RETENTION),
        etag=plane.new_etag(),
        system_data=modified(resource.system_data, plane.actor, now),
    )
    await session.resources.put_resource(deleted)
    await settle_identity(plane, session, deleted)


async def restore(plane: ControlPlane, session: StateSession, resource: FoundryResource) -> FoundryResource:
    """As it was when it was deleted, with its keys, deployments and projects."""
    restored = replace(
        resource,
        deletion=None,
        etag=plane.new_etag(),
        system_data=modified(resource.system_data, plane.actor, plane.clock()),
    )
    await session.resources.put_resource(restored)
    await settle_identity(plane, session, restored)
    return restored


async def find_deleted(plane: ControlPlane, session: StateSession, resource_id: str) -> FoundryResource | None:
    """A deleted account that can still be restored. One whose time is over is purged on the way."""
    found = await session.resources.get_deleted_resource(resource_id)
    if found is None or not is_expired(plane, found):
        return found
    await purge(session, found)
    return None


async def purge(session: StateSession, resource: FoundryResource) -> None:
    """For good, with keys, deployments, projects, budgets, diagnostic settings and role assignments.

    Whoever takes the name next must not find callers of the last one let in, nor be closed by its budget.
    """
    await drop_system_identity(session, resource)
    await drop_assignments(session, resource.resource_id)
    await drop_budgets(session, resource.resource_id)
    for setting in await session.diagnostic_settings.list_settings(resource.resource_id):
        await session.diagnostic_settings.delete_setting(setting.resource_id, setting.name)
    await session.resources.delete_resource(resource.resource_id)


async def drop_assignments(session: StateSession, scope: str, *, below: bool = True) -> None:
    """The role assignments on a scope, and on everything below it."""
    folded = fold_name(scope)
    for assignment in await session.roles.list_assignments():
        assigned = fold_name(assignment.scope)
        if assigned == folded or (below and assigned.startswith(f"{folded}/")):
            await session.roles.delete_assignment(assignment.assignment_id)


async def drop_budgets(session: StateSession, scope: str) -> None:
    """Those of exactly this scope, with their alerts."""
    for budget in await session.budgets.list_budgets(scope):
        await session.budgets.delete_budget(budget.scope, budget.name)


def is_expired(plane: ControlPlane, resource: FoundryResource) -> bool:
    return resource.deletion is not None and resource.deletion.purge_at <= plane.clock()


async def purge_expired_accounts(plane: ControlPlane) -> int:
    """Purges what can no longer be restored, and says how many. For the start, and for every day after it."""
    async with plane.changing() as session:
        expired = [
            resource
            for subscription in await session.subscriptions.list_subscriptions()
            for resource in await session.resources.list_deleted_resources(subscription.subscription_id)
            if is_expired(plane, resource)
        ]
        for resource in expired:
            await purge(session, resource)
    return len(expired)
