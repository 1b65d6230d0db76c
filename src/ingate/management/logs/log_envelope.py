"""The log query API's answers and errors.

https://learn.microsoft.com/azure/azure-monitor/logs/api/errors
"""

from __future__ import annotations

from typing import Any, assert_never

from starlette.responses import Response

from ingate.domain.log_query import (
    LogAnswer,
    LogQueriesBusy,
    LogQueryExceeded,
    LogQueryFailed,
    LogQueryInvalid,
)
from ingate.management.access_refusals import NotAuthorized, TokenAudienceWrong, TokenMissing
from ingate.management.control_plane import render_json
from ingate.management.refusals import ManagementRefusal
from ingate.management.render_refusal import render_refusal
from ingate.wire.arm.documents import JsonObject
from ingate.wire.monitor.log_answer import Preferences, render_log_error, render_log_table

from .log_refusals import ArgumentInvalid, LogRefusal, LogsNotKept, LogsNotReadable, WorkspaceNotFound

_INVALID = "The request had some invalid properties"
_PARTIAL = "There were some errors when processing your query."
_LIMITS = {
    "rows": ("E_QUERY_RESULT_SET_TOO_LARGE", "Query result set has exceeded the internal record count limit"),
    "bytes": ("E_QUERY_RESULT_SET_TOO_LARGE", "Query result set has exceeded the internal data size limit"),
}
_RETRY_SECONDS = "5"


def render_log_answer(answer: LogAnswer, preferences: Preferences) -> JsonObject:
    table, statistics = answer.table, answer.statistics
    columns = [(column.name, column.type) for column in table.columns]
    document: JsonObject = {"tables": [render_log_table(table.name, columns, table.rows)]}
    if preferences.statistics:
        document["statistics"] = {
            "query": {
                "executionTime": statistics.seconds,
                "resourceUsage": {
                    "cpu": {"totalCpu": f"{statistics.cpu_seconds:.6f} s"},
                    "memory": {"peakPerNode": statistics.peak_memory_bytes},
                },
                "inputDatasetStatistics": {
                    "extents": {"scanned": statistics.scanned_segments, "hot": statistics.scanned_journals},
                    "bytes": {"scanned": statistics.scanned_bytes},
                },
                "datasetStatistics": [{"tableRowCount": table.row_count, "tableSize": len(table.rows)}],
            }
        }
    if preferences.render:
        document["render"] = {"visualization": None, **(answer.render or {})}
    if answer.cut_at is not None:
        code, message = _LIMITS[answer.cut_at]
        inner = {"code": code, "message": f"{message}.", "severity": 2, "severityName": "Error"}
        document["error"] = {
            "code": "PartialError",
            "message": _PARTIAL,
            "details": [{"code": "EngineError", "message": "Something went wrong.", "innererror": inner}],
        }
    return document


def render_log_refusal(refusal: LogRefusal) -> tuple[int, JsonObject]:
    match refusal:
        case ArgumentInvalid(reason=reason):
            inner = {"code": "QueryValidationError", "message": reason}
            return 400, render_log_error("BadArgumentError", _INVALID, inner)
        case WorkspaceNotFound(workspace=workspace):
            return 404, render_log_error("WorkspaceNotFoundError", f"The workspace '{workspace}' could not be found.")
        case LogsNotReadable():
            return 403, render_log_error(
                "InsufficientAccessError",
                "The provided credentials have insufficient access to perform the requested operation",
            )
        case LogsNotKept():
            return 503, render_log_error("ServiceUnavailable", "This Ingate keeps no logs.")
        case LogQueryInvalid():
            return 400, render_log_error("BadArgumentError", _INVALID, _render_fault(refusal))
        case LogQueryExceeded(limit="time"):
            return 504, render_log_error("GatewayTimeout", "Query execution has exceeded the allowed limits (time).")
        case LogQueryExceeded():
            inner = {
                "code": "E_LOW_MEMORY_CONDITION",
                "message": "Query execution has exceeded the allowed limits (memory). Narrow its time range, or keep "
                "fewer columns and groups.",
            }
            return 400, render_log_error("BadArgumentError", _INVALID, inner)
        case LogQueryFailed(reason=reason):
            return 500, render_log_error("InternalServerError", reason)
        case LogQueriesBusy():
            return 429, render_log_error("TooManyRequests", "Too many queries wait already. Please retry.")
        case _:
            assert_never(refusal)


def _render_fault(fault: LogQueryInvalid) -> JsonObject:
    """Where in the query, as far as one place can be named."""
    place: dict[str, Any] = {"line": fault.line, "pos": fault.column, "token": fault.token}
    inner = {"message": fault.message, **{name: value for name, value in place.items() if value is not None}}
    summary = {
        "SyntaxError": "A recognition error occurred in the query.",
        "SemanticError": "A semantic error occurred.",
        "NotSupported": "The query uses what Ingate does not support.",
        "TooComplex": "The query is too complex.",
    }
    code = fault.code if fault.code in {"SyntaxError", "SemanticError"} else "SemanticError"
    return {"code": code, "message": summary[fault.code], "innererror": {"code": fault.code, **inner}}


def render_log_response(status: int, document: JsonObject) -> Response:
    response = render_json(status, document)
    if status in {429, 503}:
        response.headers["retry-after"] = _RETRY_SECONDS
    return response


def render_guard_refusal(refusal: ManagementRefusal) -> Response:
    """Of who is not let in, before there is a query."""
    match refusal:
        case TokenMissing():
            code, message = "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            status = 401
        case TokenAudienceWrong():
            code, status = "InvalidAuthenticationTokenAudience", 403
            message = "The access token has been obtained for wrong audience or resource."
        case NotAuthorized():
            status, document = render_log_refusal(LogsNotReadable())
            return render_log_response(status, document)
        case _:
            status, error = render_refusal(refusal)
            code, message = error.code, error.message
    return render_log_response(status, render_log_error(code, message))
