"""Microsoft.Insights/metrics of a subscription: all its accounts in one region, together or told apart.

https://learn.microsoft.com/rest/api/monitor/metrics/list-at-subscription-scope
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ingate.domain.metric import METRIC_NAMESPACE, Measurement, MetricSeries, MetricStore
from ingate.domain.metric_definitions import METRIC_DEFINITIONS
from ingate.domain.naming import parse_location
from ingate.domain.resource import FoundryResource
from ingate.domain.subscription import Subscription
from ingate.management.control_plane import Answer, ArmRoute, ControlPlane
from ingate.management.scopes import SUBSCRIPTION_PATH, find_subscription
from ingate.wire.arm.ids import render_subscription_id

from .metric_documents import render_definition, render_metrics
from .metric_query import (
    RESOURCE_DIMENSIONS,
    MetricQuery,
    MetricQueryInvalid,
    check_namespace,
    parse_metric_query,
)
from .metrics import INSIGHTS, MetricOutcome, MetricsUnavailable, get_parameters, render_metric_outcome

REGION_MISSING = MetricQueryInvalid(message="The query parameter 'region' must be provided, the name of one region")


def subscription_metric_routes(plane: ControlPlane) -> list[BaseRoute]:
    async def list_of_subscription(request: Request) -> Response:
        return render_metric_outcome(request, await list_metrics(plane, request))

    async def list_definitions_of_subscription(request: Request) -> Response:
        return render_metric_outcome(request, await list_definitions(plane, request))

    path = SUBSCRIPTION_PATH + INSIGHTS
    return [
        ArmRoute(f"{path}/metrics", list_of_subscription, ["GET"]),
        ArmRoute(f"{path}/metricDefinitions", list_definitions_of_subscription, ["GET"]),
    ]


async def list_metrics(plane: ControlPlane, request: Request) -> MetricOutcome:
    parameters = get_parameters(request)
    region = parse_location(parameters.get("region", ""))
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        resources = await session.resources.list_resources(subscription.subscription_id)
    if region is None:
        return REGION_MISSING
    query = parse_metric_query(parameters, plane.clock(), more_dimensions=RESOURCE_DIMENSIONS)
    if isinstance(query, MetricQueryInvalid):
        return query
    store = plane.metrics
    if store is None:
        return MetricsUnavailable()
    scope = render_subscription_id(subscription.subscription_id)
    chosen = [resource for resource in resources if resource.location == region and _fits(query, resource)]
    series = await asyncio.to_thread(_list_series, store, query, chosen)
    return Answer(document=await asyncio.to_thread(render_metrics, query, scope, region, series))


async def list_definitions(plane: ControlPlane, request: Request) -> MetricOutcome:
    parameters = get_parameters(request)
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    wrong = check_namespace(parameters.get("metricnamespace"))
    if wrong is not None:
        return wrong
    if parse_location(parameters.get("region", "")) is None:
        return REGION_MISSING
    scope = render_subscription_id(subscription.subscription_id)
    items = [
        render_definition(scope, definition, more_dimensions=RESOURCE_DIMENSIONS) for definition in METRIC_DEFINITIONS
    ]
    return Answer(document={"value": items})


def _get_value(resource: FoundryResource, dimension: str) -> str:
    """Of one of RESOURCE_DIMENSIONS."""
    match dimension:
        case "Microsoft.ResourceId":
            return resource.resource_id
        case "Microsoft.ResourceGroupName":
            return resource.resource_group
        case _:
            return METRIC_NAMESPACE


def _fits(query: MetricQuery, resource: FoundryResource) -> bool:
    return all(
        query.has(group[0].dimension)
        or any(condition.fits(_get_value(resource, condition.dimension)) for condition in group)
        for group in query.filter
    )


def _list_series(
    store: MetricStore, query: MetricQuery, resources: Sequence[FoundryResource]
) -> Sequence[MetricSeries]:
    """What is told apart by neither resource nor dimension is added up."""
    by_id = {resource.resource_id: resource for resource in resources}
    merged: dict[tuple[str, tuple[str, ...]], dict[int, Measurement]] = {}
    for series in store.list_series(query.make_question([*by_id])):
        own = iter(series.values)
        resource = by_id[series.resource_id]
        values = tuple(next(own) if query.has(name) else _get_value(resource, name) for name in query.split_by)
        points = merged.setdefault((series.metric, values), {})
        for number, point in series.points.items():
            points[number] = points[number] + point if number in points else point
    return [
        MetricSeries(metric=metric, resource_id="", values=values, points=points)
        for (metric, values), points in merged.items()
    ]
