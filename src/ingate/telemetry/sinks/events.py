"""Events as Azure writes them to the destinations of diagnostic settings.

Their shape is observed, not documented: https://github.com/elastic/integrations/tree/main/packages/azure_openai.
The rows of `AzureDiagnostics` (../log_views.py) say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from ingate.domain.audit import AuditEvent
from ingate.domain.exchange import ExchangeRecord
from ingate.wire.arm.documents import JsonObject
from ingate.wire.trace_context import make_span_id

EventCategory = Literal["RequestResponse", "Audit", "AllMetrics"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_TICKS = 621_355_968_000_000_000
"""Of 100 ns, from the year 1 to 1970."""
_LAST_PART = re.compile(r"[^.:]+$")
_CALL_NAMES = {"messages": "Messages_Create", "count_tokens": "Messages_CountTokens"}
_AUDIT_NAMES = {"listkeys": "ListKey", "regeneratekey": "RegenerateKey"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    category: EventCategory
    resource_id: str
    time: datetime
    document: JsonObject
    trace_id: str | None = None
    span_id: str | None = None


def render_call(record: ExchangeRecord) -> Iterator[Event]:
    """Two events of a call that consumed something, one of another, as of Claude on Azure. A record without a
    resource is nobody's."""
    if record.resource_id is None:
        return
    yield _render_call(record, record.resource_id, {"apiName": "Anthropic API", **_describe(record)})
    if record.usage is not None:
        tokens = {
            "promptTokens": record.usage.input_tokens,
            "completionTokens": record.usage.output_tokens,
        }
        yield _render_call(record, record.resource_id, {"apiName": "", **_describe(record), **tokens})


def _describe(record: ExchangeRecord) -> JsonObject:
    return {
        "requestTime": _render_ticks(record.time),
        "requestLength": record.request_bytes,
        "responseTime": _render_ticks(record.time + record.duration_ms / 1000),
        "responseLength": record.response_bytes,
        "objectId": record.principal_id or "",
        "streamType": "Streaming" if record.streaming else "Non-Streaming",
        "modelDeploymentName": record.deployment or "",
        "modelName": record.model or "",
        "modelVersion": record.model_version or "",
    }


def _render_call(record: ExchangeRecord, resource_id: str, properties: JsonObject) -> Event:
    time = _EPOCH + timedelta(seconds=record.time)
    location = record.location or ""
    return Event(
        category="RequestResponse",
        resource_id=resource_id,
        time=time,
        trace_id=record.trace_id,
        span_id=make_span_id(record.apim_request_id) if record.trace_id is not None else None,
        document={
            "time": render_time(time),
            "resourceId": resource_id.upper(),
            "category": "RequestResponse",
            "event": "ShoeboxCallResult",
            "operationName": _CALL_NAMES.get(record.operation, record.operation),
            "resultSignature": str(record.status),
            "durationMs": str(round(record.duration_ms)),
            "callerIpAddress": _mask(record.caller_address),
            "correlationId": record.apim_request_id,
            "location": location,
            "Tenant": location,
            "properties": msgspec.json.encode(properties).decode(),
        },
    )


def render_audit(event: AuditEvent, resource_id: str) -> Event:
    """`resource_id` is the resource that it was done to, or inside of."""
    name = event.action.lower().removesuffix("/action").rpartition("/")[2]
    return Event(
        category="Audit",
        resource_id=resource_id,
        time=event.time,
        document={
            "time": render_time(event.time),
            "resourceId": resource_id.upper(),
            "category": "Audit",
            "event": "ShoeboxAuditEvent",
            "operationName": _AUDIT_NAMES.get(name, event.action),
            "resultSignature": str(event.status),
            "callerIpAddress": _mask(event.caller_address),
            "correlationId": event.correlation_id,
            "Tenant": "",
            "properties": msgspec.json.encode({"objectId": event.actor_id}).decode(),
        },
    )


def render_time(time: datetime) -> str:
    """To 100 ns, as Azure writes times."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def _render_ticks(time: float) -> int:
    return round(time * 1_000_000) * 10 + _EPOCH_TICKS


def _mask(address: str | None) -> str:
    return _LAST_PART.sub("***", address or "")
