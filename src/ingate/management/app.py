"""The management API as one ASGI application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from .account_keys import account_key_routes
from .account_models import account_model_routes
from .accounts import account_routes
from .control_plane import ControlPlane, render_error_response, render_outcome
from .deployments import deployment_routes
from .guards import Guard, RequestIds
from .health import health_routes
from .refusals import MethodNotAllowed, RouteNotFound
from .render_refusal import INTERNAL_ERROR
from .resource_groups import resource_group_routes
from .subscriptions import subscription_routes
from .upstreams import upstream_routes


def create_management_app(plane: ControlPlane, *, admin_token: str) -> ASGIApp:
    """Every route behind the administrator's token, but for the health checks. Raises ValueError when the token
    is empty."""
    app = Starlette(
        routes=[
            *health_routes(plane),
            *subscription_routes(plane),
            *resource_group_routes(plane),
            *account_routes(plane),
            *account_key_routes(plane),
            *account_model_routes(plane),
            *deployment_routes(plane),
            *upstream_routes(plane),
        ],
        exception_handlers={
            404: _answer_not_found,
            405: _answer_method_not_allowed,
            ClientDisconnect: _answer_nobody,
            Exception: _answer_internal_error,
        },
    )
    app.router.redirect_slashes = False
    return RequestIds(Guard(app, admin_token), plane.new_id)


async def _answer_not_found(request: Request, error: Exception) -> Response:
    return render_outcome(RouteNotFound(path=request.url.path))


async def _answer_method_not_allowed(request: Request, error: Exception) -> Response:
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    allowed = ", ".join(sorted(headers.get("Allow", "").split(", ")))
    response = render_outcome(MethodNotAllowed(method=request.method, allowed=allowed))
    response.headers["allow"] = allowed
    return response


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """The client left before its body was read. Nothing was changed, and nobody reads this."""
    return Response(status_code=400)


async def _answer_internal_error(request: Request, error: Exception) -> Response:
    return render_error_response(500, INTERNAL_ERROR)
