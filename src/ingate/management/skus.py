"""SKUs: S0 for accounts, the deployment types for deployments."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.deployment import Deployment
from ingate.domain.naming import parse_location
from ingate.domain.quota_allocation import find_version
from ingate.domain.resource import RESOURCE_KIND, FoundryResource
from ingate.domain.subscription import Subscription
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.ids import ACCOUNT_TYPE, DEPLOYMENT_TYPE

from .account_bodies import ACCOUNT_SKU
from .account_models import CAPACITY
from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .deployment_changes import find_deployment
from .model_capacities import CLAUDE_LOCATIONS
from .paging import render_list
from .refusals import LocationInvalid
from .scopes import (
    ACCOUNT_PATH,
    DEPLOYMENT_PATH,
    LOCATION_PATH,
    PROVIDER,
    SUBSCRIPTION_PATH,
    find_resource,
    find_subscription,
    path_part,
)


class SkuQuestion(msgspec.Struct):
    skus: list[str]
    kind: str
    type: str


def sku_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, SUBSCRIPTION_PATH + PROVIDER + "/skus", {"GET": list_subscription_skus}),
        mount(plane, LOCATION_PATH + "/checkSkuAvailability", {"POST": check_sku_availability}),
        mount(plane, ACCOUNT_PATH + "/skus", {"GET": list_account_skus}),
        mount(plane, DEPLOYMENT_PATH + "/skus", {"GET": list_deployment_skus}),
    ]


async def list_subscription_skus(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        resources = await session.resources.list_resources(subscription.subscription_id)
    locations = sorted({*CLAUDE_LOCATIONS, *(resource.location for resource in resources)})
    return render_list(request, locations, str, _render_resource_sku)


def _render_resource_sku(location: str) -> JsonObject:
    return {
        "resourceType": "accounts",
        "name": ACCOUNT_SKU,
        "tier": "Standard",
        "kind": RESOURCE_KIND,
        "locations": [location.upper()],
        "restrictions": [],
    }


async def check_sku_availability(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, SkuQuestion)
    if not isinstance(body, Body):
        return body
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    given = path_part(request, "location")
    if parse_location(given) is None:
        return LocationInvalid(given=given)
    return Answer(document={"value": [_check(body.content, sku) for sku in body.content.skus]})


def _check(question: SkuQuestion, sku: str) -> JsonObject:
    is_kind = question.kind.lower() == RESOURCE_KIND.lower() and question.type.lower() == ACCOUNT_TYPE.lower()
    answer: JsonObject = {"kind": question.kind, "type": question.type, "skuName": sku}
    if is_kind and sku.upper() == ACCOUNT_SKU:
        return answer | {"skuAvailable": True}
    wanted = f"accounts of kind {RESOURCE_KIND} with SKU {ACCOUNT_SKU}"
    return answer | {
        "skuAvailable": False,
        "reason": "NotAvailableForSubscription",
        "message": f"Only {wanted} are available.",
    }


async def list_account_skus(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    sku = {"resourceType": ACCOUNT_TYPE, "sku": {"name": ACCOUNT_SKU, "tier": "Standard"}}
    return Answer(document={"value": [sku]})


async def list_deployment_skus(plane: ControlPlane, request: Request) -> Outcome:
    """The types that the deployment could have: those that its version of the model is sold as."""
    async with plane.state.reading() as session:
        found = await find_deployment(session, request)
    if not isinstance(found, Deployment):
        return found
    version = find_version(plane.catalog, found)
    types = (found.deployment_type,) if version is None else version.deployment_types
    return render_list(
        request,
        types,
        str,
        lambda name: {"resourceType": DEPLOYMENT_TYPE, "sku": {"name": name}, "capacity": CAPACITY},
    )
