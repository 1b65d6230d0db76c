"""From a journal's lines to rows of `FoundryRequests`, in SQL: the same for journals that are still written and for
segments, so that a row does not change when it moves.

A column is either kept in segments (`KEPT`) or follows from those that are (`DERIVED`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_USAGE = (
    "STRUCT(input_tokens BIGINT, output_tokens BIGINT, cache_read_input_tokens BIGINT, "
    "cache_creation_5m_input_tokens BIGINT, cache_creation_1h_input_tokens BIGINT, thinking_tokens BIGINT, "
    "web_search_requests BIGINT, web_fetch_requests BIGINT, service_tier VARCHAR, inference_geo VARCHAR, "
    "speed VARCHAR, other JSON)"
)
_TEXTS = (
    "request_id",
    "apim_request_id",
    "resource",
    "resource_id",
    "location",
    "deployment",
    "model",
    "model_version",
    "deployment_type",
    "upstream",
    "response_model",
    "operation",
    "error_code",
    "outcome",
    "usage_unread",
    "authentication",
    "principal_id",
    "token_fault",
    "caller_address",
    "user_agent",
    "price",
    "trace_id",
    "parent_span_id",
    "stop_reason",
    "upstream_detail",
)
_FIELDS = {
    "time": "DOUBLE",
    "status": "INTEGER",
    "streaming": "BOOLEAN",
    "duration_ms": "DOUBLE",
    "first_token_ms": "DOUBLE",
    "usage": _USAGE,
    "usage_is_estimate": "BOOLEAN",
    "cost": "VARCHAR[]",
    "key_number": "INTEGER",
    "request_bytes": "BIGINT",
    "response_bytes": "BIGINT",
} | dict.fromkeys(_TEXTS, "VARCHAR")

_REQUIRED = (
    "time",
    "request_id",
    "apim_request_id",
    "operation",
    "status",
    "outcome",
    "duration_ms",
    "authentication",
)
"""What every record has, so a header and a damaged line are none."""


def _text(field: str) -> str:
    return f"coalesce({field}, '')"


def _count(field: str) -> str:
    """Null without a usage; what a usage leaves out is 0."""
    return f"CASE WHEN usage IS NULL THEN NULL ELSE coalesce(usage.{field}, 0) END"


_PROPERTIES = {
    "upstream": "upstream",
    "responseModel": "response_model",
    "deploymentType": "deployment_type",
    "location": "location",
    "price": "price",
    "keyNumber": "key_number",
    "tokenFault": "token_fault",
    "usageIsEstimate": "CASE WHEN usage_is_estimate THEN true END",
    "usageUnread": "usage_unread",
    "serviceTier": "usage.service_tier",
    "inferenceGeo": "usage.inference_geo",
    "speed": "usage.speed",
    "webFetchRequests": "nullif(usage.web_fetch_requests, 0)",
    "otherUsage": "usage.other",
    "upstreamDetail": "upstream_detail",
    "traceId": "trace_id",
    "parentSpanId": "parent_span_id",
}
_PAIRS = ", ".join(f"'{name}', {value}" for name, value in _PROPERTIES.items())

KEPT = {
    "TimeGenerated": "make_timestamp(CAST(round(time * 1e6) AS BIGINT))",
    "RequestId": "request_id",
    "CorrelationId": "apim_request_id",
    "ResourceName": _text("resource"),
    "DeploymentName": _text("deployment"),
    "ModelName": _text("model"),
    "ModelVersion": _text("model_version"),
    "OperationName": "operation",
    "StatusCode": "status",
    "ErrorCode": _text("error_code"),
    "Outcome": "outcome",
    "IsStreaming": "coalesce(streaming, false)",
    "DurationMs": "duration_ms",
    "TtftMs": "first_token_ms",
    "InputTokens": _count("input_tokens"),
    "OutputTokens": _count("output_tokens"),
    "CacheReadTokens": _count("cache_read_input_tokens"),
    "CacheWrite5mTokens": _count("cache_creation_5m_input_tokens"),
    "CacheWrite1hTokens": _count("cache_creation_1h_input_tokens"),
    "ThinkingTokens": _count("thinking_tokens"),
    "WebSearchRequests": _count("web_search_requests"),
    "CostUsd": "CAST(list_sum(TRY_CAST(cost AS DECIMAL(18,12)[])) AS DECIMAL(18,12))",
    "AuthType": "authentication",
    "PrincipalId": _text("principal_id"),
    "CallerIpAddress": _text("caller_address"),
    "UserAgent": _text("user_agent"),
    "StopReason": _text("stop_reason"),
    "RequestBytes": "coalesce(request_bytes, 0)",
    "ResponseBytes": "coalesce(response_bytes, 0)",
    # a merge patch leaves out what is null (RFC 7396)
    "Properties": f"json_merge_patch('{{}}', json_object({_PAIRS}))",
    "_ResourceId": "lower(coalesce(resource_id, ''))",
}

_NULLS = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in _FIELDS.items())
_COLUMNS = ", ".join(f"{value} AS {name}" for name, value in KEPT.items())
_NO_ROWS = f"SELECT {_COLUMNS} FROM (SELECT {_NULLS}) LIMIT 0"  # noqa: S608 - all of it is ours

_WHO = "CASE WHEN DeploymentName != '' THEN DeploymentName ELSE 'A request' END"
_TOOK = "format('{:,} ms', CAST(round(DurationMs) AS BIGINT))"
_ANSWER = "StatusCode || CASE WHEN ErrorCode IN ('', CAST(StatusCode AS VARCHAR)) THEN '' ELSE ' ' || ErrorCode END"
_TOKENS = """CASE WHEN InputTokens IS NULL THEN ''
  ELSE format(': {:,} input and {:,} output tokens', InputTokens, OutputTokens)
  || CASE WHEN CacheReadTokens > 0 THEN format(', {:,} read from the cache', CacheReadTokens) ELSE '' END END"""

DERIVED = {
    "CostUsd": "CAST(CostUsd AS DOUBLE)",
    "Message": f"""{_WHO} || CASE Outcome
  WHEN 'refused' THEN ' was refused with ' || {_ANSWER} || ' after ' || {_TOOK}
  WHEN 'client-gone' THEN ' lost its client after ' || {_TOOK} || {_TOKENS}
  WHEN 'upstream-failed' THEN ' failed with ' || {_ANSWER} || ' after ' || {_TOOK} || {_TOKENS}
  WHEN 'shut-down' THEN ' was cut off by a shutdown after ' || {_TOOK} || {_TOKENS}
  ELSE ' answered ' || {_ANSWER} || ' in ' || {_TOOK} || {_TOKENS} END""",
    "Type": "'FoundryRequests'",
}


def quote(text: str) -> str:
    """As a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def quote_paths(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(quote(str(path)) for path in paths) + "]"


def render_journal_rows(paths: Sequence[Path]) -> str:
    """A SELECT of the kept columns. Torn and damaged lines are passed over."""
    fields = ", ".join(f"{name}: {quote(kind)}" for name, kind in _FIELDS.items())
    whole = " AND ".join(f"{name} IS NOT NULL" for name in _REQUIRED)
    source = (
        f"read_json({quote_paths(paths)}, format='newline_delimited', compression='uncompressed', "
        f"columns={{{fields}}}, ignore_errors=true)"
    )
    return f"SELECT {_COLUMNS}\nFROM {source}\nWHERE {whole}"


def render_segment_rows(paths: Sequence[Path]) -> str:
    """A SELECT of the kept columns."""
    return f"SELECT {', '.join(KEPT)} FROM read_parquet({quote_paths(paths)})"  # noqa: S608 - all of it is ours


def render_rows(segments: Sequence[Path], journals: Sequence[Path]) -> str:
    """A SELECT of the kept columns, of all of them."""
    parts = ([render_segment_rows(segments)] if segments else []) + (
        [render_journal_rows(journals)] if journals else []
    )
    return "\nUNION ALL ".join(f"({part})" for part in parts) or _NO_ROWS
