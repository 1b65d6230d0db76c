"""The tables as a query sees them: views over the files of a plan, with only the rows that its caller may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingate.kql.rendering import SQL_TYPES

from .log_columns import (
    AZURE_DIAGNOSTICS,
    BROUGHT_TABLES,
    FOUNDRY_CONTENT,
    FOUNDRY_REQUESTS,
    TABLES,
    TableColumns,
)
from .log_plan import ReadPlan
from .log_rows import DERIVED, quote, quote_paths, render_rows

CONTENT_LINE_BYTES = 32 * 1024 * 1024
"""DuckDB takes several times as much memory to read such lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """Which rows there are for a query."""

    resource_ids: frozenset[str] | None
    """In lower case; None is for all."""
    oldest: datetime | None
    """UTC, without zone."""

    def render(self) -> str:
        """As a condition."""
        conditions: list[str] = []
        if self.resource_ids is not None:
            ids = ", ".join(quote(one) for one in sorted(self.resource_ids))
            conditions.append(f"_ResourceId IN ({ids})" if ids else "false")
        if self.oldest is not None:
            conditions.append(f"TimeGenerated >= TIMESTAMP {quote(self.oldest.isoformat(sep=' '))}")
        return " AND ".join(conditions) or "true"


def render_requests(plan: ReadPlan, visibility: Visibility) -> str:
    columns = ", ".join(
        f"{DERIVED[column.name]} AS {column.name}" if column.name in DERIVED else column.name
        for column in FOUNDRY_REQUESTS
    )
    rows = render_rows(plan.segments, plan.journals)
    return f"SELECT {columns} FROM ({rows}) WHERE {visibility.render()}"  # noqa: S608 - all of it is ours, or quoted


_TICKS = "(epoch_us({}) * 10 + 621355968000000000)"
"""Of 100 ns, since the year 1."""
_ENDED = "TimeGenerated + to_microseconds(CAST(DurationMs * 1000 AS BIGINT))"
_COMMON = f"""'requestTime', {_TICKS.format("TimeGenerated")}, 'requestLength', RequestBytes,
  'responseTime', {_TICKS.format(_ENDED)}, 'responseLength', ResponseBytes, 'objectId', PrincipalId,
  'streamType', CASE WHEN IsStreaming THEN 'Streaming' ELSE 'Non-Streaming' END,
  'modelDeploymentName', DeploymentName, 'modelName', ModelName, 'modelVersion', ModelVersion"""
_CALL = f"json_object('apiName', 'Anthropic API', {_COMMON})"
_CONSUMPTION = f"""json_object('apiName', '', {_COMMON},
  'promptTokens', InputTokens, 'completionTokens', OutputTokens)"""
_MASKED = "regexp_replace({}, '[^.:]+$', '***')"
_CALL_NAMES = """CASE OperationName WHEN 'messages' THEN 'Messages_Create'
  WHEN 'count_tokens' THEN 'Messages_CountTokens' ELSE OperationName END"""
_AUDIT_NAMES = """CASE WHEN OperationName ILIKE '%/listKeys/action' THEN 'ListKey'
  WHEN OperationName ILIKE '%/regenerateKey/action' THEN 'RegenerateKey' ELSE OperationName END"""


def render_diagnostics(tables: frozenset[str]) -> str:
    """Two rows of a call that consumed something, one of another, as Azure writes them for Claude
    ([observed](https://github.com/elastic/integrations/tree/main/packages/azure_openai)); and one of an audit event,
    when `AuditEvents` is among the tables."""
    calls = "\nUNION ALL ".join(
        _render_diagnostic("FoundryRequests", f"_ResourceId != '' AND {condition}", columns)
        for condition, columns in (
            ("true", _call_columns(_CALL)),
            ("InputTokens IS NOT NULL", _call_columns(_CONSUMPTION)),
        )
    )
    if "AuditEvents" not in tables:
        return calls
    audit = _render_diagnostic("AuditEvents", "_ResourceId != ''", _AUDIT_COLUMNS)
    return f"{calls}\nUNION ALL {audit}"


def _call_columns(properties: str) -> dict[str, str]:
    location = "coalesce(Properties ->> '$.location', '')"
    return {
        "Category": "'RequestResponse'",
        "OperationName": _CALL_NAMES,
        "DurationMs": "CAST(round(DurationMs) AS BIGINT)",
        "CallerIPAddress": _MASKED.format("CallerIpAddress"),
        "ResultSignature": "CAST(StatusCode AS VARCHAR)",
        "properties_s": f"CAST({properties} AS VARCHAR)",
        "event_s": "'ShoeboxCallResult'",
        "location_s": location,
        "Tenant_s": location,
    }


_AUDIT_COLUMNS = {
    "Category": "'Audit'",
    "OperationName": _AUDIT_NAMES,
    "DurationMs": "CAST(NULL AS BIGINT)",
    "CallerIPAddress": _MASKED.format("CallerIpAddress"),
    "ResultSignature": "CAST(StatusCode AS VARCHAR)",
    "properties_s": "CAST(json_object('objectId', ActorId) AS VARCHAR)",
    "event_s": "'ShoeboxAuditEvent'",
    "location_s": "''",
    "Tenant_s": "''",
}
_RESOURCE_COLUMNS = {
    "TimeGenerated": "TimeGenerated",
    "ResourceId": "upper(_ResourceId)",
    "ResourceGroup": "upper(split_part(_ResourceId, '/', 5))",
    "SubscriptionId": "split_part(_ResourceId, '/', 3)",
    "ResourceProvider": "upper(split_part(_ResourceId, '/', 7))",
    "Resource": "upper(split_part(_ResourceId, '/', 9))",
    "ResourceType": "upper(split_part(_ResourceId, '/', 8))",
    "CorrelationId": "CorrelationId",
    "SourceSystem": "'Azure'",
    "_ResourceId": "_ResourceId",
    "Type": "'AzureDiagnostics'",
}


def _render_diagnostic(table: str, condition: str, own: Mapping[str, str]) -> str:
    values = _RESOURCE_COLUMNS | dict(own)
    columns = ", ".join(f"{values[column.name]} AS {column.name}" for column in AZURE_DIAGNOSTICS)
    return f'SELECT {columns} FROM "{table}" WHERE {condition}'  # noqa: S608 - all of it is ours


_CONTENT_FIELDS = {
    "time": "DOUBLE",
    "apim_request_id": "VARCHAR",
    "resource": "VARCHAR",
    "resource_id": "VARCHAR",
    "deployment": "VARCHAR",
    "operation": "VARCHAR",
    "status": "INTEGER",
    "ended": "VARCHAR",
    "request": "JSON",
    "answer": "JSON",
}
_CONTENT_COLUMNS = {
    "TimeGenerated": "make_timestamp(CAST(round(time * 1e6) AS BIGINT))",
    "CorrelationId": "apim_request_id",
    "ResourceName": "coalesce(resource, '')",
    "DeploymentName": "coalesce(deployment, '')",
    "OperationName": "coalesce(operation, '')",
    "StatusCode": "status",
    "Outcome": "coalesce(ended, '')",
    "Request": "request",
    "Answer": "answer",
    "_ResourceId": "lower(coalesce(resource_id, ''))",
    "Type": "'FoundryContent'",
}


def render_content(paths: Sequence[Path], visibility: Visibility) -> str:
    if not paths:
        return render_nothing(FOUNDRY_CONTENT)
    fields = ", ".join(f"{name}: {quote(kind)}" for name, kind in _CONTENT_FIELDS.items())
    columns = ", ".join(f"{_CONTENT_COLUMNS[column.name]} AS {column.name}" for column in FOUNDRY_CONTENT)
    source = (
        f"read_json({quote_paths(paths)}, format='newline_delimited', compression='uncompressed', "
        f"maximum_object_size={CONTENT_LINE_BYTES}, columns={{{fields}}}, ignore_errors=true)"
    )
    rows = f"SELECT {columns} FROM {source} WHERE time IS NOT NULL AND apim_request_id IS NOT NULL"  # noqa: S608
    return f"SELECT * FROM ({rows}) WHERE {visibility.render()}"  # noqa: S608 - likewise


def render_nothing(columns: TableColumns) -> str:
    values = ", ".join(f"CAST(NULL AS {SQL_TYPES[column.type]}) AS {column.name}" for column in columns)
    return f"SELECT {values} LIMIT 0"


def render_brought(table: str, visibility: Visibility) -> str:
    """Of rows that came with the query, as a JSON array in a parameter `rows`. `Type` and empty texts are added."""
    columns = BROUGHT_TABLES[table]
    shape = ", ".join(f'"{column.name}": "{SQL_TYPES[column.type]}"' for column in columns)
    values = ", ".join(
        quote(table) + " AS Type"
        if column.name == "Type"
        else f"lower(coalesce({column.name}, '')) AS {column.name}"
        if column.name == "_ResourceId"
        else f"coalesce({column.name}, '') AS {column.name}"
        if column.type == "string"
        else column.name
        for column in columns
    )
    rows = f"SELECT unnest(from_json(CAST($rows AS JSON), '[{{{shape}}}]'), recursive := true)"
    return f"SELECT * FROM (SELECT {values} FROM ({rows})) WHERE {visibility.render()}"  # noqa: S608 - likewise


def list_tables(brought: frozenset[str], *, includes_content: bool) -> dict[str, TableColumns]:
    """What a query may name."""
    wanted = {"FoundryRequests", "AzureDiagnostics", *brought, *(("FoundryContent",) if includes_content else ())}
    return {name: columns for name, columns in TABLES.items() if name in wanted}
