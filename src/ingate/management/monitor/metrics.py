"""Microsoft.Insights/metrics, metricDefinitions and metricNamespaces of an account, and the batch form of metrics.

https://learn.microsoft.com/rest/api/monitor/metrics/list
https://learn.microsoft.com/rest/api/monitor/metrics-data-plane/metrics/batch
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ingate.domain.metric import MetricSeries, MetricStore
from ingate.domain.metric_definitions import METRIC_DEFINITIONS
from ingate.domain.resource import FoundryResource
from ingate.domain.subscription import Subscription
from ingate.management.access_refusals import NotAuthorized
from ingate.management.bodies import Body, read_body
from ingate.management.control_plane import (
    Answer,
    ArmRoute,
    ControlPlane,
    Outcome,
    mount,
    render_json,
    render_outcome,
)
from ingate.management.operations import METRICS_BATCH, METRICS_READ
from ingate.management.refusals import ResourceNotFound
from ingate.management.request_context import current, get_access
from ingate.management.request_ids import get_ids
from ingate.management.scopes import ACCOUNT_PATH, SUBSCRIPTION_PATH, find_resource, find_subscription
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.ids import ACCOUNT_TYPE

from .metric_documents import render_batch_entry, render_definition, render_metrics, render_namespace
from .metric_query import MetricQuery, MetricQueryInvalid, check_namespace, parse_metric_query

INSIGHTS = "/providers/Microsoft.Insights"
MOST_RESOURCES = 50
"""In one batch."""


class MetricsUnavailable:
    """Nothing is counted in this process."""


MetricOutcome: TypeAlias = Outcome | MetricQueryInvalid | MetricsUnavailable


def metric_routes(plane: ControlPlane) -> list[BaseRoute]:
    async def list_of_account(request: Request) -> Response:
        return render_metric_outcome(request, await list_metrics(plane, request))

    async def list_definitions_of_account(request: Request) -> Response:
        return render_metric_outcome(request, await list_definitions(plane, request))

    async def get_batch_of_subscription(request: Request) -> Response:
        return render_metric_outcome(request, await get_batch(plane, request), is_batch=True)

    return [
        ArmRoute(f"{ACCOUNT_PATH}{INSIGHTS}/metrics", list_of_account, ["GET"]),
        ArmRoute(f"{ACCOUNT_PATH}{INSIGHTS}/metricDefinitions", list_definitions_of_account, ["GET"]),
        mount(plane, f"{ACCOUNT_PATH}{INSIGHTS}/metricNamespaces", {"GET": list_namespaces}),
        ArmRoute(f"{SUBSCRIPTION_PATH}/{METRICS_BATCH}", get_batch_of_subscription, ["POST"]),
    ]


def render_metric_outcome(request: Request, outcome: MetricOutcome, *, is_batch: bool = False) -> Response:
    """Azure Monitor's own errors stand bare in Resource Manager's answers, and wrapped in the batch's."""
    match outcome:
        case MetricQueryInvalid():
            message = f"{outcome.message}, TraceId: {{{get_ids(request.scope).request_id}}}"
            error = {"code": "BadRequest", "message": message}
            return render_json(400, {"error": error} if is_batch else error)
        case MetricsUnavailable():
            error = {"code": "ServiceUnavailable", "message": "Metrics are not kept by this process."}
            return render_json(503, {"error": error} if is_batch else error)
        case _:
            return render_outcome(outcome)


async def list_metrics(plane: ControlPlane, request: Request) -> MetricOutcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    query = parse_metric_query(get_parameters(request), plane.clock())
    if isinstance(query, MetricQueryInvalid):
        return query
    store = plane.metrics
    if store is None:
        return MetricsUnavailable()

    def answer() -> JsonObject:
        series = store.list_series(query.make_question([resource.resource_id]))
        return render_metrics(query, resource.resource_id, resource.location, series)

    return Answer(document=await asyncio.to_thread(answer))


def get_parameters(request: Request) -> Mapping[str, str]:
    """By their names in lower case; of one that is there twice, the first."""
    return {name.lower(): value for name, value in reversed(request.query_params.multi_items())}


async def list_definitions(plane: ControlPlane, request: Request) -> MetricOutcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    wrong = check_namespace(get_parameters(request).get("metricnamespace"))
    if wrong is not None:
        return wrong
    items = [render_definition(resource.resource_id, definition) for definition in METRIC_DEFINITIONS]
    return Answer(document={"value": items})


async def list_namespaces(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    return Answer(document={"value": [render_namespace(resource.resource_id)]})


class MetricsBatchBody(msgspec.Struct):
    resourceids: list[str]


async def get_batch(plane: ControlPlane, request: Request) -> MetricOutcome:
    """Several accounts of one subscription at once. All or none: whoever may not read one of them is refused."""
    body = await read_body(request, MetricsBatchBody)
    if not isinstance(body, Body):
        return body
    resource_ids = list(dict.fromkeys(resource_id.rstrip("/") for resource_id in body.content.resourceids))
    if not 0 < len(resource_ids) <= MOST_RESOURCES:
        return MetricQueryInvalid(message=f"The number of resource ids must be from 1 to {MOST_RESOURCES}")
    resources = await _find_resources(plane, request, resource_ids)
    if not isinstance(resources, list):
        return resources
    parameters = get_parameters(request)
    if not parameters.get("metricnames"):
        return MetricQueryInvalid(message="The query parameter 'metricnames' must be provided")
    query = parse_metric_query(parameters, plane.clock())
    if isinstance(query, MetricQueryInvalid):
        return query
    store = plane.metrics
    if store is None:
        return MetricsUnavailable()
    return Answer(document=await asyncio.to_thread(_answer_batch, store, query, resources))


async def _find_resources(
    plane: ControlPlane, request: Request, resource_ids: Sequence[str]
) -> list[FoundryResource] | Outcome | MetricQueryInvalid:
    found: list[FoundryResource] = []
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        for resource_id in resource_ids:
            if not resource_id.lower().startswith(f"/subscriptions/{subscription.subscription_id}/".lower()):
                return MetricQueryInvalid(message="All resource ids must be of the subscription in the path")
            if not get_access().permits(METRICS_READ, resource_id):
                return _refuse(resource_id)
            resource = await session.resources.get_resource(resource_id)
            if resource is None:
                name, group = resource_id.rpartition("/")[2], (resource_id.split("/") + [""] * 5)[4]
                return ResourceNotFound(type=ACCOUNT_TYPE, name=name, resource_group=group)
            found.append(resource)
    return found


def _refuse(resource_id: str) -> NotAuthorized:
    context = current.get()
    return NotAuthorized(
        client=context.actor.name if context else "",
        object_id=context.object_id if context else "",
        action=METRICS_READ,
        scope=resource_id,
    )


def _answer_batch(store: MetricStore, query: MetricQuery, resources: Sequence[FoundryResource]) -> JsonObject:
    series = store.list_series(query.make_question([resource.resource_id for resource in resources]))
    by_resource: dict[str, list[MetricSeries]] = {}
    for entry in series:
        by_resource.setdefault(entry.resource_id, []).append(entry)
    return {
        "values": [
            render_batch_entry(
                query, resource.resource_id, resource.location, by_resource.get(resource.resource_id, [])
            )
            for resource in resources
        ]
    }
