"""Whose costs a request is about: a subscription's, a resource group's or a resource's, and everything below."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.charge import Charge, ResourceFacts, list_charges
from ingate.domain.cost import CostRow, CostRows
from ingate.domain.naming import fold_name
from ingate.domain.permission import covers
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription
from ingate.management.control_plane import ControlPlane, Handler, mount
from ingate.management.refusals import LookupRefusal
from ingate.management.scopes import (
    ACCOUNT_PATH,
    RESOURCE_GROUP_PATH,
    SUBSCRIPTION_PATH,
    find_resource,
    find_resource_group,
    find_subscription,
)
from ingate.wire.arm.documents import get_object
from ingate.wire.arm.ids import render_resource_group_id, render_subscription_id

from .cost_refusals import CostsUnavailable

COST_SCOPES = (SUBSCRIPTION_PATH, RESOURCE_GROUP_PATH, ACCOUNT_PATH)
COST_MANAGEMENT = "/providers/Microsoft.CostManagement"
CONSUMPTION = "/providers/Microsoft.Consumption"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostScope:
    scope_id: str
    """In the spelling of whoever created it."""
    subscription: Subscription
    facts: Mapping[str, ResourceFacts]
    """By folded resource id, of the subscription's resources, deleted ones too."""


def mount_on_scopes(plane: ControlPlane, path: str, handlers: Mapping[str, Handler]) -> list[BaseRoute]:
    return [mount(plane, scope + path, handlers) for scope in COST_SCOPES]


async def find_cost_scope(session: StateSession, request: Request) -> CostScope | LookupRefusal:
    subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    scope_id = render_subscription_id(subscription.subscription_id)
    if "account" in request.path_params:
        resource = await find_resource(session, request)
        if not isinstance(resource, FoundryResource):
            return resource
        scope_id = resource.resource_id
    elif "group" in request.path_params:
        group = await find_resource_group(session, request)
        if not isinstance(group, ResourceGroup):
            return group
        scope_id = render_resource_group_id(group.subscription_id, group.name)
    facts = await read_facts(session, subscription)
    return CostScope(scope_id=scope_id, subscription=subscription, facts=facts)


async def read_facts(session: StateSession, subscription: Subscription) -> dict[str, ResourceFacts]:
    resources = [
        *await session.resources.list_deleted_resources(subscription.subscription_id),
        *await session.resources.list_resources(subscription.subscription_id),
    ]
    return {
        fold_name(resource.resource_id): ResourceFacts(
            subscription_name=subscription.display_name, tags=_read_tags(resource)
        )
        for resource in resources
    }


def _read_tags(resource: FoundryResource) -> dict[str, str]:
    tags = get_object(resource.document, "tags")
    return {name: value for name, value in tags.items() if isinstance(value, str)}


async def read_charges(
    plane: ControlPlane, scope: CostScope, first: date, last: date
) -> list[Charge] | CostsUnavailable:
    """What was spent in the scope on these days, both included. Reads and sums in a thread."""
    rows = plane.cost_rows
    if rows is None:
        return CostsUnavailable()
    return await asyncio.to_thread(_collect, rows, scope, first, last)


def _collect(source: CostRows, scope: CostScope, first: date, last: date) -> list[Charge]:
    covered: dict[str, bool] = {}
    rows: list[CostRow] = []
    for row in source.list_cost_rows(first, last):
        is_covered = covered.get(row.resource_id)
        if is_covered is None:
            is_covered = covered[row.resource_id] = covers(scope.scope_id, row.resource_id)
        if is_covered:
            rows.append(row)
    return list(list_charges(rows, scope.facts))
