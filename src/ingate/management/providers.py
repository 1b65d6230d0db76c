"""Resource providers and locations of a subscription: what there is to manage here, and where."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.subscription import Subscription
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.ids import render_subscription_id

from .control_plane import Answer, ControlPlane, Outcome, mount
from .location_names import REGIONS
from .paging import render_list
from .refusals import ProviderNotFound
from .scopes import SUBSCRIPTION_PATH, find_subscription, path_part

COGNITIVE_VERSIONS = ("2025-12-01", "2025-09-01", "2025-06-01", "2026-09-15-preview", "2026-05-15-preview")
"""Those that are known to be used. Any other date is accepted too."""

RESOURCE_TYPES: dict[str, dict[str, tuple[str, ...]]] = {
    "Microsoft.CognitiveServices": dict.fromkeys(
        (
            "accounts",
            "accounts/deployments",
            "accounts/projects",
            "deletedAccounts",
            "locations",
            "locations/resourceGroups/deletedAccounts",
            "locations/operationStatuses",
            "locations/operationResults",
            "locations/models",
            "locations/usages",
            "locations/modelCapacities",
            "modelCapacities",
            "skus",
        ),
        COGNITIVE_VERSIONS,
    ),
    "Microsoft.Authorization": {
        "roleAssignments": ("2022-04-01", "2022-05-01-preview"),
        "roleDefinitions": ("2022-04-01", "2022-05-01-preview"),
    },
    "Microsoft.Resources": {
        "subscriptions": ("2022-12-01",),
        "resourceGroups": ("2025-04-01", "2024-11-01", "2022-09-01"),
        "tenants": ("2022-12-01",),
        "providers": ("2025-04-01", "2024-11-01", "2022-09-01"),
    },
    "Microsoft.Insights": {
        "eventtypes": ("2015-04-01",),
        "diagnosticSettings": ("2021-05-01-preview",),
        "diagnosticSettingsCategories": ("2021-05-01-preview",),
        "metrics": ("2024-02-01", "2023-10-01", "2018-01-01"),
        "metricDefinitions": ("2024-02-01", "2023-10-01", "2018-01-01"),
        "metricNamespaces": ("2024-02-01", "2017-12-01-preview"),
    },
    "Microsoft.OperationalInsights": {"workspaces": ("2025-07-01", "2025-02-01", "2023-09-01")},
    "Ingate.Gateway": {"upstreams": ("2025-12-01",)},
}
"""By namespace: the types, and the api-versions to name when somebody asks which there are."""


def provider_routes(plane: ControlPlane) -> list[BaseRoute]:
    path = SUBSCRIPTION_PATH + "/providers"
    return [
        mount(plane, SUBSCRIPTION_PATH + "/locations", {"GET": list_locations}),
        mount(plane, path, {"GET": list_providers}),
        mount(plane, path + "/{namespace}", {"GET": get_provider}),
        mount(plane, path + "/{namespace}/register", {"POST": get_provider}),
    ]


async def list_locations(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    scope = render_subscription_id(subscription.subscription_id)
    return render_list(request, REGIONS, str, lambda name: _render_location(scope, name))


def _render_location(scope: str, name: str) -> JsonObject:
    display_name, group = REGIONS[name]
    return {
        "id": f"{scope}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": display_name,
        "regionalDisplayName": f"({group}) {display_name}",
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended", "geographyGroup": group},
    }


async def list_providers(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    return render_list(request, RESOURCE_TYPES, str, lambda name: _render_provider(subscription, name))


async def get_provider(plane: ControlPlane, request: Request) -> Outcome:
    """Also the answer to `register`: every provider is registered from the beginning."""
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    given = path_part(request, "namespace")
    found = next((name for name in RESOURCE_TYPES if name.lower() == given.lower()), None)
    if found is None:
        return ProviderNotFound(namespace=given)
    return Answer(document=_render_provider(subscription, found))


def _render_provider(subscription: Subscription, namespace: str) -> JsonObject:
    locations = [display_name for display_name, _ in REGIONS.values()]
    return {
        "id": f"{render_subscription_id(subscription.subscription_id)}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": [
            {"resourceType": name, "locations": locations, "apiVersions": list(versions), "capabilities": "None"}
            for name, versions in RESOURCE_TYPES[namespace].items()
        ],
    }
