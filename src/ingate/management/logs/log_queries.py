"""Queries over the logs, as `api.loganalytics.io` and `api.loganalytics.azure.com` take them.

https://learn.microsoft.com/rest/api/loganalytics/query
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ingate.domain.log_query import DEFAULT_SECONDS, MOST_SECONDS, LogAnswer, LogQuery, LogTimeRange
from ingate.domain.state import StateSession
from ingate.management.bodies import Body, read_body
from ingate.management.control_plane import ArmRoute, ControlPlane
from ingate.management.request_context import get_access
from ingate.wire.arm.documents import JsonObject
from ingate.wire.monitor.log_answer import Preferences, parse_preferences
from ingate.wire.monitor.timespan import parse_timespan

from .brought_rows import bring_rows
from .log_envelope import render_log_answer, render_log_refusal, render_log_response
from .log_refusals import ArgumentInvalid, LogRefusal, LogsNotKept
from .log_scope import LogScope, find_resource_scope, find_workspace_scope, intersect, list_ids

MOST_BATCHED = 100
"""Queries in one batch, as documented."""
BATCHED_AT_ONCE = 2
"""Of a batch; as many as there are query processes. The others do not take the places of those who wait."""
USUAL_EVENTS = timedelta(days=30)
"""How far back the audit trail goes with a query that says its time in its own text."""


class QueryBody(msgspec.Struct):
    query: str
    timespan: str | None = None
    workspaces: list[str] | None = None


class BatchedQuery(msgspec.Struct):
    id: str
    workspace: str
    body: QueryBody
    headers: dict[str, str] | None = None
    path: str = "/query"
    method: str = "POST"


class BatchBody(msgspec.Struct):
    requests: list[BatchedQuery]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a query is sent to: a workspace, or a resource's id."""

    workspace: str | None = None
    resource_id: str = ""


def log_query_routes(plane: ControlPlane) -> list[BaseRoute]:
    async def query_workspace(request: Request) -> Response:
        return await _answer(plane, request, _Place(workspace=str(request.path_params["workspace"])))

    async def query_resource(request: Request) -> Response:
        return await _answer(plane, request, _Place(resource_id="/" + str(request.path_params["resource"])))

    async def query_batch(request: Request) -> Response:
        return await _answer_batch(plane, request)

    return [
        ArmRoute("/v1/workspaces/{workspace}/query", query_workspace, ["GET", "POST"]),
        ArmRoute("/v1/$batch", query_batch, ["POST"]),
        ArmRoute("/v1/{resource:path}/query", query_resource, ["GET", "POST"]),
    ]


async def _answer(plane: ControlPlane, request: Request, place: _Place) -> Response:
    body = await _read_query(request)
    preferences = parse_preferences(request.headers.get("prefer", ""))
    if isinstance(body, ArgumentInvalid):
        return render_log_response(*render_log_refusal(body))
    return render_log_response(*await _run(plane, place, body, preferences))


async def _read_query(request: Request) -> QueryBody | ArgumentInvalid:
    if request.method == "POST":
        read = await read_body(request, QueryBody)
        return read.content if isinstance(read, Body) else ArgumentInvalid(reason="The body must have a 'query'.")
    query = request.query_params.get("query")
    if query is None:
        return ArgumentInvalid(reason="The parameter 'query' is missing.")
    return QueryBody(query=query, timespan=request.query_params.get("timespan"))


async def _answer_batch(plane: ControlPlane, request: Request) -> Response:
    read = await read_body(request, BatchBody)
    if not isinstance(read, Body):
        refusal = ArgumentInvalid(reason="The body must have 'requests', each with 'id', 'workspace' and 'body'.")
        return render_log_response(*render_log_refusal(refusal))
    queries = read.content.requests
    if not 0 < len(queries) <= MOST_BATCHED:
        refusal = ArgumentInvalid(reason=f"A batch has from 1 to {MOST_BATCHED} requests.")
        return render_log_response(*render_log_refusal(refusal))
    places = asyncio.Semaphore(BATCHED_AT_ONCE)
    answers = await asyncio.gather(*(_answer_batched(plane, query, places) for query in queries))
    return render_log_response(200, {"responses": answers})


async def _answer_batched(plane: ControlPlane, query: BatchedQuery, places: asyncio.Semaphore) -> JsonObject:
    headers = {name.lower(): value for name, value in (query.headers or {}).items()}
    place = _find_batched_place(query)
    async with places:
        status, document = await _run(plane, place, query.body, parse_preferences(headers.get("prefer", "")))
    return {"id": query.id, "status": status, "headers": {}, "body": document}


def _find_batched_place(query: BatchedQuery) -> _Place:
    """Clients name a workspace; of a resource they give its id in its place, or in the path."""
    path = unquote(urlsplit(query.path).path).removesuffix("/query").removesuffix("/api")
    if query.workspace.startswith("/"):
        return _Place(resource_id=query.workspace)
    return (
        _Place(resource_id=path) if path.lower().startswith("/subscriptions/") else _Place(workspace=query.workspace)
    )


async def _run(
    plane: ControlPlane, place: _Place, body: QueryBody, preferences: Preferences
) -> tuple[int, JsonObject]:
    if plane.logs is None:
        return render_log_refusal(LogsNotKept())
    query = await _make_query(plane, place, body, preferences)
    if not isinstance(query, LogQuery):
        return render_log_refusal(query)
    outcome = await plane.logs.run(query)
    if not isinstance(outcome, LogAnswer):
        return render_log_refusal(outcome)
    return 200, render_log_answer(outcome, preferences)


async def _make_query(
    plane: ControlPlane, place: _Place, body: QueryBody, preferences: Preferences
) -> LogQuery | LogRefusal:
    now = plane.clock()
    span: LogTimeRange | None = None
    if body.timespan is not None:
        interval = parse_timespan(body.timespan, now)
        if interval is None:
            return ArgumentInvalid(
                reason=f"The timespan '{body.timespan[:100]}' is no ISO 8601 duration or interval."
            )
        span = LogTimeRange(start=interval[0], end=interval[1])
    async with plane.state.reading() as session:
        scope = await _find_scope(session, place, body)
        if not isinstance(scope, LogScope):
            return scope
        events_span = span or LogTimeRange(start=now - USUAL_EVENTS, end=now + timedelta(minutes=1))
        rows = await bring_rows(plane, session, body.query, scope, events_span, now=now)
        if isinstance(rows, ArgumentInvalid):
            return rows
    seconds = DEFAULT_SECONDS if preferences.wait is None else min(max(preferences.wait, 1.0), MOST_SECONDS)
    return LogQuery(
        text=body.query,
        now=now,
        time_range=span,
        resource_ids=list_ids(scope),
        oldest=_find_oldest(now, scope),
        rows=rows,
        includes_content=scope.shows_content,
        seconds=seconds,
    )


async def _find_scope(session: StateSession, place: _Place, body: QueryBody) -> LogScope | LogRefusal:
    access = get_access()
    if place.workspace is None:
        return await find_resource_scope(session, access, place.resource_id)
    scopes: list[LogScope] = []
    for workspace in (place.workspace, *(body.workspaces or ())):
        scope = await find_workspace_scope(session, access, workspace)
        if not isinstance(scope, LogScope):
            return scope
        scopes.append(scope)
    return intersect(scopes)


def _find_oldest(now: datetime, scope: LogScope) -> datetime | None:
    return None if scope.retention_days is None else now - timedelta(days=scope.retention_days)
