"""Events of the audit trail, as Azure Monitor's activity log shows them and as our own list does.

https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

from ingate.domain.audit import AuditEvent
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_time

_METHODS = {"read": "GET", "write": "PUT", "delete": "DELETE", "action": "POST"}
_DOTNET_EPOCH = datetime(1, 1, 1, tzinfo=UTC)


def render_activity(event: AuditEvent, tenant_id: str) -> JsonObject:
    succeeded = event.result == "succeeded"
    status = "Succeeded" if succeeded else "Failed"
    moment = render_time(event.time)
    return {
        "authorization": {"action": event.action, "scope": event.target_id},
        "caller": event.actor_name,
        "category": _name("Administrative"),
        "channels": "Operation",
        "claims": _render_claims(event),
        "correlationId": event.correlation_id,
        "description": "",
        "eventDataId": event.event_id,
        "eventName": {"value": "EndRequest", "localizedValue": "End request"},
        "eventTimestamp": moment,
        "httpRequest": {
            "clientRequestId": event.correlation_id,
            "clientIpAddress": event.caller_address,
            "method": _METHODS.get(event.action.rpartition("/")[2], "POST"),
        },
        "id": f"{event.target_id.rstrip('/')}/events/{event.event_id}/ticks/{_count_ticks(event.time)}",
        "level": "Informational" if succeeded else "Error",
        "operationId": event.correlation_id,
        "operationName": _name(event.action),
        "properties": _render_properties(event),
        "resourceGroupName": get_resource_group(event.target_id),
        "resourceId": event.target_id,
        "resourceProviderName": _name(get_provider(event.action)),
        "resourceType": _name(event.action.rpartition("/")[0]),
        "status": _name(status),
        "subStatus": _render_sub_status(event.status),
        "submissionTimestamp": moment,
        "subscriptionId": _get_subscription(event.target_id),
        "tenantId": tenant_id,
    }


def _name(text: str) -> JsonObject:
    return {"value": text, "localizedValue": text}


def _render_claims(event: AuditEvent) -> JsonObject:
    object_id = "http://schemas.microsoft.com/identity/claims/objectidentifier"
    return {object_id: event.actor_id} if event.actor_id else {}


def _render_properties(event: AuditEvent) -> JsonObject:
    properties: JsonObject = {"entity": event.target_id, "eventCategory": "Administrative"}
    if event.status:
        properties["statusCode"] = _describe(event.status)
    if event.detail:
        properties["statusMessage"] = event.detail
    return properties


def _render_sub_status(status: int) -> JsonObject:
    """Of a change it is not known: it is recorded before the status is."""
    if not status:
        return _name("")
    return {
        "value": _describe(status),
        "localizedValue": f"{HTTPStatus(status).phrase} (HTTP Status Code: {status})",
    }


def _describe(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def get_provider(action: str) -> str:
    return action.partition("/")[0]


def get_resource_group(target_id: str) -> str:
    segments = target_id.split("/")
    return segments[4] if len(segments) > 4 and segments[3].lower() == "resourcegroups" else ""


def _get_subscription(target_id: str) -> str:
    segments = target_id.split("/")
    return segments[2] if len(segments) > 2 and segments[1].lower() == "subscriptions" else ""


def _count_ticks(moment: datetime) -> int:
    """Tenths of microseconds since the year 1, as .NET counts."""
    since = moment.astimezone(UTC) - _DOTNET_EPOCH
    return ((since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds) * 10


def render_audit_event(event: AuditEvent) -> JsonObject:
    return {
        "id": event.event_id,
        "time": render_time(event.time),
        "action": event.action,
        "target": event.target_id,
        "actorId": event.actor_id,
        "actorName": event.actor_name,
        "callerAddress": event.caller_address,
        "correlationId": event.correlation_id,
        "result": event.result,
        "status": event.status,
        "detail": event.detail,
    }
