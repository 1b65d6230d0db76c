"""The models that an account can deploy: GET models, out of the catalogue."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.catalog import Catalog, CatalogModel, ModelVersion
from ingate.domain.deployment import DEFAULT_CAPACITY, MAXIMUM_CAPACITY, MODEL_FORMAT
from ingate.domain.resource import RESOURCE_KIND, FoundryResource
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_page

from .accounts import ACCOUNT_PATH
from .control_plane import Answer, ControlPlane, Outcome, mount
from .scopes import find_resource


def account_model_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [mount(plane, ACCOUNT_PATH + "/models", {"GET": list_models})]


async def list_models(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        resource = await find_resource(session, request)
    if not isinstance(resource, FoundryResource):
        return resource
    items = [
        render_model(plane.catalog, model, version) for model in plane.catalog.models for version in model.versions
    ]
    return Answer(document=render_page(items))


def render_model(catalog: Catalog, model: CatalogModel, version: ModelVersion) -> JsonObject:
    return {
        "kind": RESOURCE_KIND,
        "skuName": "S0",
        "description": model.display_name,
        "model": {
            "format": MODEL_FORMAT,
            "publisher": MODEL_FORMAT,
            "name": model.model_id,
            "version": version.version,
            "isDefaultVersion": version.version == model.default_version,
            "maxCapacity": MAXIMUM_CAPACITY,
            "capabilities": _render_capabilities(catalog, model, version),
            "skus": [_render_sku(model, version, name) for name in version.deployment_types],
        },
    }


def _render_capabilities(catalog: Catalog, model: CatalogModel, version: ModelVersion) -> JsonObject:
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
    suffix = ".Azure" if version.hosting == "azure" else ""
    capacity = {"minimum": 1, "maximum": MAXIMUM_CAPACITY, "step": 1, "default": DEFAULT_CAPACITY}
    return {
        "name": name,
        "usageName": f"{RESOURCE_KIND}.{name}.{model.model_id}{suffix}",
        "capacity": capacity,
    }
