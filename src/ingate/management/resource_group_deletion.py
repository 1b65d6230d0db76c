"""What becomes of the resources of a group that is deleted."""

from __future__ import annotations

from ingate.domain.deployment import Deployment
from ingate.domain.naming import fold_name
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup
from ingate.domain.upstream import ConfiguredUpstream

from .account_lifecycle import drop_assignments, soft_delete
from .accounts import decide_account_busy
from .control_plane import ControlPlane
from .refusals import AccountBusy, UpstreamInUse
from .resources import is_upstream_in


async def empty_resource_group(
    plane: ControlPlane, session: StateSession, group: ResourceGroup
) -> AccountBusy | UpstreamInUse | None:
    """None when nothing is left in it but deleted accounts. Workspaces go too; what was logged stays.

    Upstreams go for good. Deployments of the group's own accounts that were on them go with them, since nothing could
    answer for them when an account is restored; a deployment of another group keeps the upstream, and so the group.
    """
    upstreams = [
        upstream
        for upstream in await session.upstreams.list_upstreams()
        if is_upstream_in(upstream, group.subscription_id, group.name)
    ]
    accounts = await session.resources.list_resources(group.subscription_id, group.name)
    for account in accounts:
        busy = decide_account_busy(plane, account)
        if busy is not None:
            return busy
    refusal = await _delete_upstreams(session, group, upstreams)
    if refusal is not None:
        return refusal
    for account in accounts:
        await soft_delete(plane, session, account)
    for workspace in await session.workspaces.list_workspaces(group.subscription_id, group.name):
        await drop_assignments(session, workspace.workspace_id)
        await session.workspaces.delete_workspace(workspace.workspace_id)
    return None


async def _delete_upstreams(
    session: StateSession, group: ResourceGroup, upstreams: list[ConfiguredUpstream]
) -> UpstreamInUse | None:
    used = {
        upstream.definition.name: await session.deployments.list_deployments_of_upstream(upstream.definition.name)
        for upstream in upstreams
    }
    for name, deployments in used.items():
        elsewhere = tuple(entry.deployment_id for entry in deployments if not _is_in(entry, group))
        if elsewhere:
            return UpstreamInUse(name=name, deployment_ids=elsewhere)
    for upstream in upstreams:
        await drop_assignments(session, upstream.upstream_id)
    for name, deployments in used.items():
        for deployment in deployments:
            await drop_assignments(session, deployment.deployment_id)
            await session.deployments.delete_deployment(deployment.resource_id, deployment.name)
        await session.upstreams.delete_upstream(name)
    return None


def _is_in(deployment: Deployment, group: ResourceGroup) -> bool:
    scope = f"/subscriptions/{group.subscription_id}/resourceGroups/{group.name}/"
    return fold_name(deployment.resource_id).startswith(fold_name(scope))
