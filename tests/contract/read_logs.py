"""Reads Ingate's logs with azure-monitor-query.

Run by test_log_clients.py in an environment that holds Azure's SDKs. Takes its settings as JSON on standard input
and writes what it saw as one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

# By name: they are no part of the environment that this project's own checks run in.
identity: Any = import_module("azure.identity")
core: Any = import_module("azure.core.exceptions")
query: Any = import_module("azure.monitor.query")

DAY = timedelta(days=1)
BY_DEPLOYMENT = (
    "FoundryRequests | summarize Calls=count() by ResourceName, DeploymentName | order by DeploymentName asc"
)
HEAVY = (
    "range x from 1 to 10000000 step 1 | extend k = x % 10 "
    "| join kind=inner (range y from 1 to 10000000 step 1 | extend k = y % 10) on k | summarize max(x * y)"
)


class Reader:
    """One caller."""

    def __init__(self, settings: dict[str, Any], name: str) -> None:
        caller = settings["callers"][name]
        self.workspace = settings["workspace"]
        self.credential = identity.ClientSecretCredential(
            tenant_id=settings["tenant_id"],
            client_id=caller["client_id"],
            client_secret=caller["secret"],
            **settings["credential"],
        )
        self.client = query.LogsQueryClient(self.credential, retry_total=0, **settings["client"])

    def query_workspace(self, text: str, timespan: Any = DAY, **options: Any) -> Any:
        return self.client.query_workspace(self.workspace, text, timespan=timespan, **options)

    def ask_workspace(self, text: str, timespan: Any = DAY, **options: Any) -> Any:
        return attempt(lambda: self.query_workspace(text, timespan, **options))

    def ask_resource(self, resource_id: str, text: str) -> Any:
        return attempt(lambda: self.client.query_resource(resource_id, text, timespan=DAY))

    def ask_batch(self, texts: list[str]) -> list[Any]:
        requests = [
            query.LogsBatchQuery(workspace_id=self.workspace, query=text, timespan=DAY, include_statistics=True)
            for text in texts
        ]
        return [describe(result) for result in self.client.query_batch(requests)]


def attempt(ask: Callable[[], Any]) -> Any:
    try:
        return describe(ask())
    except core.HttpResponseError as error:
        return {
            "status": error.status_code,
            "code": error.error and error.error.code,
            "message": str(error),
            "inner": error.error and error.error.innererror,
        }


def describe(result: Any) -> Any:
    kind = type(result).__name__
    if kind == "LogsQueryError":
        return {"kind": kind, "code": result.code, "message": result.message}
    partial = result.partial_error if kind == "LogsQueryPartialResult" else None
    (table,) = result.partial_data if partial else result.tables
    return {
        "kind": kind,
        "columns": dict(zip(table.columns, table.columns_types, strict=True)),
        "rows": [[show(value) for value in row] for row in table.rows[:20]],
        "row count": len(table.rows),
        "statistics": result.statistics,
        "visualization": result.visualization,
        "error": partial and {"code": partial.code, "message": partial.message, "details": str(partial.details)},
    }


def show(value: Any) -> Any:
    return f"datetime {value.isoformat()}" if isinstance(value, datetime) else value


def main() -> None:
    settings = json.load(sys.stdin)
    owner, reader, nobody = (Reader(settings, name) for name in ("owner", "reader", "nobody"))
    one, other = settings["resources"]
    if settings.get("brief"):
        json.dump({"workspace": owner.ask_workspace(BY_DEPLOYMENT)}, sys.stdout)
        return
    now = datetime.now(UTC)
    types = (
        "FoundryRequests | where StatusCode == 200 | top 1 by TimeGenerated "
        "| project TimeGenerated, RequestId, StatusCode, IsStreaming, DurationMs, InputTokens, Properties, "
        "Span = 90m, Id = toguid('74be27de-1e4e-49d9-b579-fe0b331d3642')"
    )
    chart = (
        "FoundryRequests | summarize n = count() by bin(TimeGenerated, 1h) | render timechart with (title='Calls')"
    )
    json.dump(
        {
            "workspace": owner.ask_workspace(BY_DEPLOYMENT),
            "types": owner.ask_workspace(types),
            "an hour of yesterday": owner.ask_workspace(
                "FoundryRequests", (now - timedelta(hours=30), timedelta(hours=1))
            ),
            "start and end": owner.ask_workspace("FoundryRequests | count", (now - DAY, now)),
            "deployments": owner.ask_workspace(
                "Deployments | project ResourceName, DeploymentName", (now - DAY, now)
            ),
            "no timespan": owner.ask_workspace("FoundryRequests | count", None),
            "chart": owner.ask_workspace(chart, include_statistics=True, include_visualization=True),
            "partial": owner.ask_workspace("range x from 1 to 500001 step 1"),
            "too slow": owner.ask_workspace(HEAVY, server_timeout=1),
            "bad query": owner.ask_workspace("FoundryRequests\n| where Foo > 3"),
            "bad syntax": owner.ask_workspace("FoundryRequests | where ("),
            "bad workspace": attempt(
                lambda: owner.client.query_workspace(
                    "00000000-0000-0000-0000-000000000000", "FoundryRequests", timespan=None
                )
            ),
            "batch": owner.ask_batch([BY_DEPLOYMENT, "FoundryRequests | where Foo", "print 1"]),
            "resource": owner.ask_resource(one, BY_DEPLOYMENT),
            "reader: workspace": reader.ask_workspace(BY_DEPLOYMENT),
            "reader: its resource": reader.ask_resource(one, BY_DEPLOYMENT),
            "reader: another": reader.ask_resource(other, BY_DEPLOYMENT),
            "reader: audit": reader.ask_workspace("AuditEvents | distinct _ResourceId"),
            "reader: diagnostics": reader.ask_workspace("AzureDiagnostics | distinct Resource"),
            "reader: content": reader.ask_workspace("FoundryContent"),
            "nobody: workspace": nobody.ask_workspace("print 1"),
            "nobody: resource": nobody.ask_resource(one, "print 1"),
        },
        sys.stdout,
    )


main()
