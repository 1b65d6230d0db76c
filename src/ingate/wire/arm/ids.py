"""Resource ids: the paths by which Azure Resource Manager names everything. Compared without regard to case."""

from __future__ import annotations

ACCOUNT_TYPE = "Microsoft.CognitiveServices/accounts"
DEPLOYMENT_TYPE = "Microsoft.CognitiveServices/accounts/deployments"
UPSTREAM_TYPE = "Ingate.Gateway/upstreams"
WORKSPACE_TYPE = "Microsoft.OperationalInsights/workspaces"
RESOURCE_GROUP_TYPE = "Microsoft.Resources/resourceGroups"


def render_subscription_id(subscription_id: str) -> str:
    return f"/subscriptions/{subscription_id}"


def render_resource_group_id(subscription_id: str, resource_group: str) -> str:
    return f"/subscriptions/{subscription_id}/resourceGroups/{resource_group}"


def render_account_id(subscription_id: str, resource_group: str, account: str) -> str:
    return f"{render_resource_group_id(subscription_id, resource_group)}/providers/{ACCOUNT_TYPE}/{account}"


def render_deployment_id(account_id: str, deployment: str) -> str:
    return f"{account_id}/deployments/{deployment}"


def render_upstream_id(subscription_id: str, resource_group: str, upstream: str) -> str:
    return f"{render_resource_group_id(subscription_id, resource_group)}/providers/{UPSTREAM_TYPE}/{upstream}"


def render_workspace_id(subscription_id: str, resource_group: str, workspace: str) -> str:
    return f"{render_resource_group_id(subscription_id, resource_group)}/providers/{WORKSPACE_TYPE}/{workspace}"
