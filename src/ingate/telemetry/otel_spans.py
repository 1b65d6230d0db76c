"""Spans of exchanges, by OpenTelemetry's conventions for generative AI and for HTTP servers.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/anthropic.md. Imported only when an
endpoint is set.
"""

from __future__ import annotations

import hashlib
import re

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.usage import TokenUsage
from ingate.wire.trace_context import make_span_id

PROVIDER = "anthropic"
"""The conventions' flavour. It says whose API it is, not who hosts it."""
HOST_SUFFIX = ".services.ai.azure.com"
_SCOPE = InstrumentationScope("ingate")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_OPERATIONS = {"messages": "chat"}

Attributes = dict[str, AttributeValue]


def render_span(record: ExchangeRecord, resource: Resource) -> ReadableSpan:
    """The exchange as its server saw it. The same record gives the same ids, so that a repetition can be told."""
    trace_id = _parse_id(record.trace_id or record.apim_request_id.replace("-", ""), 32)
    start = round(record.time * 1_000_000) * 1000
    parent = None
    if record.trace_id is not None and record.parent_span_id is not None:
        parent = SpanContext(trace_id, _parse_id(record.parent_span_id, 16), is_remote=True, trace_flags=_SAMPLED)
    operation = name_operation(record)
    return ReadableSpan(
        name=f"{operation} {record.deployment}" if record.deployment else operation,
        context=SpanContext(
            trace_id,
            _parse_id(make_span_id(record.apim_request_id), 16),
            is_remote=False,
            trace_flags=_SAMPLED,
        ),
        parent=parent,
        resource=resource,
        attributes=_describe(record),
        kind=SpanKind.SERVER,
        status=_decide_status(record),
        start_time=start,
        end_time=start + max(0, round(record.duration_ms * 1_000_000)),
        instrumentation_scope=_SCOPE,
    )


def name_operation(record: ExchangeRecord) -> str:
    return _OPERATIONS.get(record.operation, record.operation)


def describe_server(record: ExchangeRecord) -> Attributes:
    """The resource's own name on Foundry, whichever name the client called it by."""
    if record.resource is None:
        return {}
    return {"server.address": record.resource + HOST_SUFFIX, "server.port": 443}


def name_error(record: ExchangeRecord) -> str | None:
    """None when all went well."""
    if record.status >= 400:
        return record.error_code or str(record.status)
    return None if record.outcome == "completed" else record.outcome


def count_input(usage: TokenUsage) -> int:
    """Anthropic's own `input_tokens` leaves out what the cache served and took; the conventions' does not."""
    return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens


def _describe(record: ExchangeRecord) -> Attributes:
    found: dict[str, AttributeValue | None] = {
        "gen_ai.operation.name": name_operation(record),
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.request.model": record.deployment,
        "gen_ai.request.stream": record.streaming or None,
        "gen_ai.response.model": record.response_model,
        "gen_ai.response.finish_reasons": (record.stop_reason,) if record.stop_reason else None,
        "gen_ai.response.time_to_first_chunk": None
        if record.first_token_ms is None
        else record.first_token_ms / 1000,
        **describe_server(record),
        "http.response.status_code": record.status,
        "error.type": name_error(record),
        "client.address": record.caller_address,
        "user_agent.original": record.user_agent,
        "enduser.id": record.principal_id,
        "cloud.resource_id": record.resource_id,
        "ingate.request_id": record.request_id,
        "ingate.apim_request_id": record.apim_request_id,
        "ingate.model": record.model,
        "ingate.upstream": record.upstream,
        "ingate.outcome": record.outcome,
        "ingate.authentication": record.authentication,
        "ingate.usage_is_estimate": record.usage_is_estimate or None,
        "ingate.price": record.price,
        **_describe_usage(record.usage),
    }
    return {name: value for name, value in found.items() if value is not None}


def _describe_usage(usage: TokenUsage | None) -> Attributes:
    if usage is None:
        return {}
    return {
        "gen_ai.usage.input_tokens": count_input(usage),
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_input_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_creation_input_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.thinking_tokens,
        "ingate.usage.web_search_requests": usage.web_search_requests,
    }


def _decide_status(record: ExchangeRecord) -> Status:
    """A server's span has failed when the server has; what the client did wrong is no failure of ours
    (https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status)."""
    if record.status >= 500 or record.outcome in {"upstream-failed", "shut-down"}:
        return Status(StatusCode.ERROR)
    return Status(StatusCode.UNSET)


def _parse_id(text: str, digits: int) -> int:
    """Never 0, which stands for none."""
    found = int(text, 16) if re.fullmatch(rf"[0-9a-f]{{{digits}}}", text) else 0
    return found or int.from_bytes(hashlib.blake2b(text.encode(), digest_size=digits // 2).digest()) or 1
