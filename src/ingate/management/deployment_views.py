"""How a deployment is shown."""

from __future__ import annotations

from ingate.domain.deployment import MODEL_FORMAT, Deployment
from ingate.wire.arm.documents import JsonObject, get_object
from ingate.wire.arm.envelopes import render_system_data
from ingate.wire.arm.ids import DEPLOYMENT_TYPE

from .account_models import render_capabilities
from .control_plane import ControlPlane
from .deployment_limits import render_call_rate_limit, render_limits, render_rate_limits
from .deployment_options import UPGRADE_OPTIONS
from .deployment_recording import render_record_content
from .long_running import get_provisioning_state


def render_deployment(plane: ControlPlane, deployment: Deployment) -> JsonObject:
    document = deployment.document
    sku = get_object(document, "sku")
    properties: JsonObject = {
        "versionUpgradeOption": UPGRADE_OPTIONS[0],
        **get_object(document, "properties"),
        **_render_computed(plane, deployment),
    }
    return {
        "id": deployment.deployment_id,
        "name": deployment.name,
        "type": DEPLOYMENT_TYPE,
        "etag": deployment.etag,
        **document,
        "sku": sku | {"name": deployment.deployment_type, "capacity": deployment.capacity},
        "systemData": render_system_data(deployment.system_data),
        "properties": properties,
    }


def _render_computed(plane: ControlPlane, deployment: Deployment) -> JsonObject:
    written = get_object(get_object(deployment.document, "properties"), "model")
    model = {"format": MODEL_FORMAT, "name": deployment.model_id, "version": deployment.model_version}
    return {
        "provisioningState": get_provisioning_state(plane, deployment.system_data),
        "deploymentState": "Paused" if deployment.is_paused else "Running",
        "model": written | model,
        "capabilities": _render_capabilities(plane, deployment),
        "currentCapacity": deployment.capacity,
        "dynamicThrottlingEnabled": False,
        "callRateLimit": render_call_rate_limit(deployment.capacity, deployment.limits),
        "rateLimits": render_rate_limits(deployment.capacity, deployment.limits),
        "ingate": {
            "upstream": deployment.upstream,
            "upstreamModel": deployment.upstream_model,
            **render_limits(deployment.limits),
            **render_record_content(deployment.record_content),
        },
    }


def _render_capabilities(plane: ControlPlane, deployment: Deployment) -> JsonObject:
    """None of a model that the catalogue no longer has."""
    model = plane.catalog.get_model(deployment.model_id)
    version = None if model is None else model.get_version(deployment.model_version)
    return {} if model is None or version is None else render_capabilities(plane.catalog, model, version)
