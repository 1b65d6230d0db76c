"""Rows that the control plane brings along with a query: the audit trail, and deployments as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ingate.domain.audit import AuditEvent
from ingate.domain.deployment import Deployment
from ingate.domain.log_query import LogTimeRange
from ingate.domain.permission import covers
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.management.control_plane import ControlPlane
from ingate.management.deployment_views import render_deployment
from ingate.wire.arm.documents import get_object

from .log_refusals import ArgumentInvalid
from .log_scope import LogScope

MOST_EVENTS = 200_000
LATEST = timedelta(microseconds=1)
"""A span of time does not include its end, and rows of now are to be in every span."""

_MAY_MEAN_ANY = r"""\b(search|union|find)\b|\[\s*['"][^'"]*\\"""
"""Of all tables, or of one whose name is written with an escape."""
_NEEDS_EVENTS = re.compile(rf"auditevents|azurediagnostics|{_MAY_MEAN_ANY}", re.IGNORECASE)
_NEEDS_DEPLOYMENTS = re.compile(rf"\bdeployments\b|{_MAY_MEAN_ANY}", re.IGNORECASE)

Rows = Sequence[Mapping[str, object]]


async def bring_rows(
    plane: ControlPlane,
    session: StateSession,
    text: str,
    scope: LogScope,
    span: LogTimeRange,
    *,
    now: datetime,
) -> dict[str, Rows] | ArgumentInvalid:
    """Of tables that the query could mean. A table that it does not is empty. Refuses where there are more events
    than can be brought: an answer without some of them would be wrong. `now` is the query's."""
    events: Rows = ()
    deployments: Rows = ()
    if _NEEDS_EVENTS.search(text):
        found = await session.audit.list_events(since=span.start, until=span.end, limit=MOST_EVENTS)
        if len(found) >= MOST_EVENTS:
            return ArgumentInvalid(
                reason=f"There are {MOST_EVENTS} audit events or more in this span of time. Name a shorter timespan."
            )
        seen = [event for event in found if _may_see(event, scope)]
        events = [_render_event(event, _find_resource(event, scope)) for event in seen]
    if _NEEDS_DEPLOYMENTS.search(text):
        deployments = [
            _render_deployment(plane, resource, deployment, min(span.end, now) - LATEST)
            for resource in scope.resources
            for deployment in await session.deployments.list_deployments(resource.resource_id)
        ]
    return {"AuditEvents": events, "Deployments": deployments}


def _may_see(event: AuditEvent, scope: LogScope) -> bool:
    return scope.sees_everything or _find_resource(event, scope) is not None


def _find_resource(event: AuditEvent, scope: LogScope) -> FoundryResource | None:
    return next((resource for resource in scope.resources if covers(resource.resource_id, event.target_id)), None)


def _render_event(event: AuditEvent, resource: FoundryResource | None) -> Mapping[str, object]:
    return {
        "TimeGenerated": event.time,
        "EventId": event.event_id,
        "OperationName": event.action,
        "TargetId": event.target_id,
        "ActorId": event.actor_id,
        "ActorName": event.actor_name,
        "CallerIpAddress": event.caller_address,
        "CorrelationId": event.correlation_id,
        "Result": event.result,
        "StatusCode": event.status,
        "Detail": event.detail,
        "_ResourceId": resource.resource_id.lower() if resource is not None else "",
        "Type": "AuditEvents",
    }


def _render_deployment(
    plane: ControlPlane, resource: FoundryResource, deployment: Deployment, now: datetime
) -> Mapping[str, object]:
    document = render_deployment(plane, deployment)
    properties = get_object(document, "properties")
    return {
        "TimeGenerated": now,
        "ResourceName": resource.name,
        "DeploymentName": deployment.name,
        "ModelName": deployment.model_id,
        "ModelVersion": deployment.model_version,
        "SkuName": deployment.deployment_type,
        "Capacity": deployment.capacity,
        "ProvisioningState": properties.get("provisioningState"),
        "Upstream": deployment.upstream,
        "Properties": properties,
        "_ResourceId": resource.resource_id.lower(),
        "Type": "Deployments",
    }
