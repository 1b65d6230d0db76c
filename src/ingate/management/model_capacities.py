"""Model capacities: what of a model can still be deployed, and where."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.deployment import MAXIMUM_CAPACITY, MODEL_FORMAT
from ingate.domain.naming import parse_location
from ingate.domain.quota_allocation import QuotaUse
from ingate.domain.subscription import Subscription
from ingate.wire.arm.documents import JsonObject

from .control_plane import ControlPlane, Outcome, mount
from .paging import get_query, render_list
from .refusals import LocationInvalid, QueryParameterInvalid
from .scopes import LOCATION_PATH, PROVIDER, SUBSCRIPTION_PATH, find_subscription, path_part
from .usages import list_uses

CLAUDE_LOCATIONS = ("eastus2", "swedencentral")
"""Where Foundry offers Claude. Ingate has it everywhere, and lists these where a list by location is asked for."""

_TYPE = "Microsoft.CognitiveServices/locations/modelCapacities"


def model_capacity_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, SUBSCRIPTION_PATH + PROVIDER + "/modelCapacities", {"GET": list_model_capacities}),
        mount(plane, LOCATION_PATH + "/modelCapacities", {"GET": list_location_capacities}),
    ]


async def list_model_capacities(plane: ControlPlane, request: Request) -> Outcome:
    return await _list(plane, request, CLAUDE_LOCATIONS)


async def list_location_capacities(plane: ControlPlane, request: Request) -> Outcome:
    given = path_part(request, "location")
    location = parse_location(given)
    return LocationInvalid(given=given) if location is None else await _list(plane, request, (location,))


async def _list(plane: ControlPlane, request: Request, locations: tuple[str, ...]) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        uses = await list_uses(plane, session, subscription.subscription_id)
    wanted = _parse_model(request)
    if isinstance(wanted, QueryParameterInvalid):
        return wanted
    items = [
        _render(subscription, location, use)
        for use in uses
        if (use.model.model_id, use.version.version) == wanted
        for location in locations
    ]
    return render_list(request, items, lambda item: item["id"], lambda item: item)


def _parse_model(request: Request) -> tuple[str, str] | QueryParameterInvalid:
    """All three are required, as on Azure. A model that nobody knows has no capacity anywhere: an empty list."""
    values: list[str] = []
    for name in ("modelFormat", "modelName", "modelVersion"):
        value = get_query(request, name)
        if not value:
            return QueryParameterInvalid(name=name, reason="it is required")
        values.append(value)
    if values[0].lower() != MODEL_FORMAT.lower():
        return "", ""
    return values[1], values[2]


def _render(subscription: Subscription, location: str, use: QuotaUse) -> JsonObject:
    name = f"{MODEL_FORMAT}.{use.model.model_id}.{use.version.version}.{use.deployment_type}"
    scope = f"/subscriptions/{subscription.subscription_id}{PROVIDER}/locations/{location}"
    return {
        "id": f"{scope}/modelCapacities/{name}",
        "name": name,
        "type": _TYPE,
        "location": location,
        "properties": {
            "model": {"format": MODEL_FORMAT, "name": use.model.model_id, "version": use.version.version},
            "skuName": use.deployment_type,
            "availableCapacity": MAXIMUM_CAPACITY if use.available is None else use.available,
            "availableFinetuneCapacity": 0,
        },
    }
