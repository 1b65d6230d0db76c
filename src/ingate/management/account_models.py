"""The models that can be deployed, out of the catalogue: in an account, and in a location."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.catalog import Catalog, CatalogModel, ModelVersion
from ingate.domain.deployment import DEFAULT_CAPACITY, MAXIMUM_CAPACITY, MODEL_FORMAT
from ingate.domain.naming import parse_location
from ingate.domain.quota import QuotaLimits
from ingate.domain.quota_allocation import render_usage_name
from ingate.domain.resource import RESOURCE_KIND, FoundryResource
from ingate.domain.subscription import Subscription
from ingate.wire.arm.documents import JsonObject

from .control_plane import ControlPlane, Outcome, mount
from .paging import render_list
from .refusals import LocationInvalid
from .scopes import ACCOUNT_PATH, LOCATION_PATH, find_resource, find_subscription, path_part

CAPACITY: JsonObject = {"minimum": 1, "maximum": MAXIMUM_CAPACITY, "step": 1, "default": DEFAULT_CAPACITY}


def account_model_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, ACCOUNT_PATH + "/models", {"GET": list_account_models}),
        mount(plane, LOCATION_PATH + "/models", {"GET": list_location_models}),
    ]


async def list_account_models(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
    return _list(plane, request, render_account_model) if isinstance(resource, FoundryResource) else resource


async def list_location_models(plane: ControlPlane, request: Request) -> Outcome:
    """The same in every location: no location is without a model here."""
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    given = path_part(request, "location")
    return LocationInvalid(given=given) if parse_location(given) is None else _list(plane, request, render_model)


def _list(
    plane: ControlPlane, request: Request, render: Callable[[Catalog, CatalogModel, ModelVersion], JsonObject]
) -> Outcome:
    items = [(model, version) for model in plane.catalog.models for version in model.versions]
    return render_list(
        request,
        items,
        lambda item: f"{item[0].model_id}/{item[1].version}",
        lambda item: render(plane.catalog, *item),
    )


def render_model(catalog: Catalog, model: CatalogModel, version: ModelVersion) -> JsonObject:
    return {
        "kind": RESOURCE_KIND,
        "skuName": "S0",
        "description": model.display_name,
        "model": render_account_model(catalog, model, version),
    }


def render_account_model(catalog: Catalog, model: CatalogModel, version: ModelVersion) -> JsonObject:
    """An account's list has the model itself, a location's has it as a member (`AccountModel` and `Model` of
    Azure's specification)."""
    return {
        "format": MODEL_FORMAT,
        "publisher": MODEL_FORMAT,
        "name": model.model_id,
        "version": version.version,
        "isDefaultVersion": version.version == model.default_version,
        "lifecycleStatus": "GenerallyAvailable" if version.hosting == "azure" else "Preview",
        "maxCapacity": MAXIMUM_CAPACITY,
        "capabilities": render_capabilities(catalog, model, version),
        "skus": [_render_sku(model, version, name) for name in version.deployment_types],
    }


def render_capabilities(catalog: Catalog, model: CatalogModel, version: ModelVersion) -> JsonObject:
    """Azure's are strings throughout."""
    return {
        "hostedOn": version.hosting,
        "maxContextToken": str(model.context_window),
        "maxOutputToken": str(model.max_output),
        "thinking": ",".join(model.thinking),
        "entraOnly": str(model.entra_only).lower(),
        "features": ",".join(catalog.get_features(version.hosting)),
    }


def _render_sku(model: CatalogModel, version: ModelVersion, name: str) -> JsonObject:
    """Rate limits are those of one unit of capacity."""
    unit = QuotaLimits.of_capacity(1)
    return {
        "name": name,
        "usageName": render_usage_name(model.model_id, version, name),
        "capacity": CAPACITY,
        "rateLimits": [
            {"key": "request", "renewalPeriod": 60, "count": unit.requests},
            {"key": "token", "renewalPeriod": 60, "count": unit.input_tokens},
        ],
    }
