"""The management API as one ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from .account_keys import account_key_routes
from .account_models import account_model_routes
from .accounts import account_routes
from .activity_log import activity_log_routes
from .cloud_metadata import cloud_metadata_routes
from .control_plane import ControlPlane, render_error_response, render_outcome
from .costs.routes import cost_routes
from .deleted_accounts import deleted_account_routes
from .deployment_pausing import deployment_pausing_routes
from .deployments import deployment_routes
from .directory_refusals import GraphReadOnly
from .domain_availability import domain_availability_routes
from .graph import GRAPH_PATH, graph_routes
from .graph_envelope import render_graph_outcome
from .guards import Guard, RequestIds
from .health import health_routes
from .logs.log_queries import log_query_routes
from .long_running_results import long_running_routes
from .model_capacities import model_capacity_routes
from .monitor.diagnostic_settings import diagnostic_setting_routes
from .monitor.metrics import metric_routes
from .monitor.prometheus import prometheus_routes
from .monitor.subscription_metrics import subscription_metric_routes
from .monitor.workspaces import workspace_routes
from .operations import collect_spelling
from .principal_credentials import principal_credential_routes
from .principal_members import principal_member_routes
from .principals import principal_routes
from .projects import project_routes
from .providers import provider_routes
from .refusals import MethodNotAllowed, RouteNotFound
from .render_refusal import INTERNAL_ERROR
from .resource_groups import resource_group_routes
from .resources import resource_routes
from .role_assignments import role_assignment_routes
from .roles import role_routes
from .skus import sku_routes
from .subscriptions import subscription_routes
from .upstreams import upstream_routes
from .usages import usage_routes


def create_management_app(plane: ControlPlane, *, admin_token: str) -> ASGIApp:
    """Every route behind the guard, but for those that anybody may ask. Raises ValueError when the administrator's
    token is empty."""
    app = Starlette(
        routes=[
            *health_routes(plane),
            *subscription_routes(plane),
            *resource_group_routes(plane),
            *account_routes(plane),
            *account_key_routes(plane),
            *account_model_routes(plane),
            *deployment_routes(plane),
            *deployment_pausing_routes(plane),
            *project_routes(plane),
            *deleted_account_routes(plane),
            *usage_routes(plane),
            *sku_routes(plane),
            *model_capacity_routes(plane),
            *domain_availability_routes(plane),
            *provider_routes(plane),
            *resource_routes(plane),
            *long_running_routes(plane),
            *upstream_routes(plane),
            *role_routes(plane),
            *role_assignment_routes(plane),
            *principal_routes(plane),
            *principal_credential_routes(plane),
            *principal_member_routes(plane),
            *graph_routes(plane),
            *activity_log_routes(plane),
            *workspace_routes(plane),
            *metric_routes(plane),
            *subscription_metric_routes(plane),
            *prometheus_routes(plane),
            *log_query_routes(plane),
            *diagnostic_setting_routes(plane),
            *cost_routes(plane),
            *cloud_metadata_routes(plane),
        ],
        exception_handlers={
            404: _answer_not_found,
            405: _answer_method_not_allowed,
            ClientDisconnect: _answer_nobody,
            Exception: _answer_internal_error,
        },
    )
    app.router.redirect_slashes = False
    spelling = collect_spelling(route.path for route in app.routes if isinstance(route, Route))
    return RequestIds(Guard(app, plane, admin_token=admin_token, spelling=spelling), plane.new_id)


async def _answer_not_found(request: Request, error: Exception) -> Response:
    refusal = RouteNotFound(path=request.url.path)
    if request.url.path.startswith(f"{GRAPH_PATH}/"):
        return render_graph_outcome(request, refusal)
    return render_outcome(refusal)


async def _answer_method_not_allowed(request: Request, error: Exception) -> Response:
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    allowed = ", ".join(sorted(headers.get("Allow", "").split(", ")))
    if request.url.path.startswith(f"{GRAPH_PATH}/"):
        response = render_graph_outcome(request, GraphReadOnly())
    else:
        response = render_outcome(MethodNotAllowed(method=request.method, allowed=allowed))
    response.headers["allow"] = allowed
    return response


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """The client left before its body was read. Nothing was changed, and nobody reads this."""
    return Response(status_code=400)


async def _answer_internal_error(request: Request, error: Exception) -> Response:
    return render_error_response(500, INTERNAL_ERROR)
