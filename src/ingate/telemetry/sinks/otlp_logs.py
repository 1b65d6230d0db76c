"""OTLP/HTTP log records, in the protocol's JSON encoding.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from ingate.domain.diagnostic_setting import OtlpSink
from ingate.wire.arm.documents import JsonObject

from .events import Event
from .http_post import Poster

LOGS_PATH = "/v1/logs"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INFO, _ERROR = 9, 17
_ATTRIBUTES = {
    "azure.operation.name": "operationName",
    "azure.result.signature": "resultSignature",
    "azure.correlation_id": "correlationId",
    "azure.metric.name": "metricName",
}


class _PartialSuccess(msgspec.Struct, rename="camel"):
    rejected_log_records: int | str = 0


class _Answer(msgspec.Struct, rename="camel"):
    partial_success: _PartialSuccess | None = None


class OtlpLogs:
    """Implements Destination."""

    def __init__(self, find: Callable[[], OtlpSink], poster: Poster, *, wall_clock: Callable[[], float]) -> None:
        """`find` tells where it leads now."""
        self._find = find
        self._poster = poster
        self._wall_clock = wall_clock

    def deliver(self, events: Sequence[Event]) -> int:
        sink = self._find()
        body = msgspec.json.encode(render_logs(events, observed=self._wall_clock()))
        answer = self._poster.post(sink.endpoint.rstrip("/") + LOGS_PATH, body, sink.credential)
        return min(_count_rejected(answer), len(events))

    def close(self) -> None:
        self._poster.close()


def render_logs(events: Sequence[Event], *, observed: float) -> JsonObject:
    """An ExportLogsServiceRequest; `observed` in seconds since 1970. One resource for each of ours."""
    by_resource: dict[str, list[Event]] = {}
    for event in events:
        by_resource.setdefault(event.resource_id, []).append(event)
    return {
        "resourceLogs": [
            {
                "resource": {
                    "attributes": _render_attributes(
                        {"service.name": "ingate", "cloud.provider": "azure", "cloud.resource_id": resource_id}
                    )
                },
                "scopeLogs": [
                    {
                        "scope": {"name": "ingate.diagnostics"},
                        "logRecords": [_render_record(event, observed) for event in those],
                    }
                ],
            }
            for resource_id, those in by_resource.items()
        ]
    }


def _render_record(event: Event, observed: float) -> JsonObject:
    document = event.document
    has_failed = int(document.get("resultSignature", 0)) >= 400
    record: JsonObject = {
        "timeUnixNano": str((event.time - _EPOCH) // timedelta(microseconds=1) * 1000),
        "observedTimeUnixNano": str(round(observed * 1_000_000) * 1000),
        "severityNumber": _ERROR if has_failed else _INFO,
        "severityText": "ERROR" if has_failed else "INFO",
        "eventName": f"azure.resource.{event.category}",
        "body": {"stringValue": msgspec.json.encode(document).decode()},
        "attributes": _render_attributes(
            {"azure.category": event.category}
            | {name: document[member] for name, member in _ATTRIBUTES.items() if member in document}
        ),
    }
    if event.trace_id is not None and event.span_id is not None:
        record |= {"traceId": event.trace_id, "spanId": event.span_id}
    return record


def _render_attributes(values: Mapping[str, str]) -> list[JsonObject]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def _count_rejected(answer: bytes) -> int:
    """Those must not be sent again. An answer that cannot be read rejects none."""
    try:
        partial = msgspec.json.decode(answer, type=_Answer).partial_success
        return max(0, int(partial.rejected_log_records)) if partial is not None else 0
    except (msgspec.DecodeError, ValueError):
        return 0
