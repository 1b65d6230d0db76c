"""Usages: how much of its quota a subscription has taken, in an account's view and in a location's."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import parse_location
from ingate.domain.quota_allocation import UNLIMITED_SHOWN, QuotaUse, list_quota_uses
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.subscription import Subscription
from ingate.wire.arm.documents import JsonObject

from .control_plane import ControlPlane, Outcome, mount
from .list_filters import parse_filter
from .paging import get_query, render_list
from .refusals import FilterInvalid, LocationInvalid
from .scopes import ACCOUNT_PATH, LOCATION_PATH, find_resource, find_subscription, path_part

ACCOUNT_COUNT_SHOWN = 200
"""What Azure's specification shows as the limit of accounts in one location; Ingate has none."""


def usage_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, ACCOUNT_PATH + "/usages", {"GET": list_account_usages}),
        mount(plane, LOCATION_PATH + "/usages", {"GET": list_location_usages}),
    ]


async def list_account_usages(plane: ControlPlane, request: Request) -> Outcome:
    """Capacity belongs to the subscription: every account shows the same."""
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        uses = await list_uses(plane, session, resource.subscription_id)
    return _list(request, [render_use(use) for use in uses])


async def list_location_usages(plane: ControlPlane, request: Request) -> Outcome:
    given = path_part(request, "location")
    location = parse_location(given)
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        if location is None:
            return LocationInvalid(given=given)
        uses = await list_uses(plane, session, subscription.subscription_id)
        resources = await session.resources.list_resources(subscription.subscription_id)
    accounts = sum(1 for resource in resources if resource.location == location)
    return _list(request, [_render_account_count(accounts), *(render_use(use) for use in uses)])


async def list_uses(plane: ControlPlane, session: StateSession, subscription_id: str) -> tuple[QuotaUse, ...]:
    deployments = await session.deployments.list_deployments_of_subscription(subscription_id)
    return list_quota_uses(plane.catalog, plane.subscription_quota, deployments)


def _list(request: Request, items: Sequence[JsonObject]) -> Outcome:
    conditions = parse_filter(get_query(request, "$filter"), frozenset({"name.value", "name/value"}))
    if isinstance(conditions, FilterInvalid):
        return conditions
    shown = [
        item
        for item in items
        if all(condition.fits({condition.member: item["name"]["value"]}) for condition in conditions)
    ]
    return render_list(request, shown, lambda item: item["name"]["value"], lambda item: item)


def render_use(use: QuotaUse) -> JsonObject:
    localized = f"Tokens Per Minute (thousands) - {use.model.display_name} - {use.deployment_type}"
    return {
        "name": {"value": use.usage_name, "localizedValue": localized},
        "currentValue": use.used,
        "limit": UNLIMITED_SHOWN if use.limit is None else use.limit,
        "unit": "Count",
    }


def _render_account_count(count: int) -> JsonObject:
    return {
        "name": {"value": "AccountCount", "localizedValue": "Number of accounts"},
        "currentValue": count,
        "limit": ACCOUNT_COUNT_SHOWN,
        "unit": "Count",
    }
