"""The identity endpoints as one ASGI application."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ingate.wire.entra.errors import request_not_posted, service_failed

from .answers import answer_error, finish_answer
from .authorize_endpoint import show_sign_in, take_sign_in
from .device_endpoint import PAGE_PATH, answer_device_code, show_code_entry, take_code
from .discovery_endpoints import answer_instance, answer_keys, answer_openid_configuration, answer_user_realm
from .entra import Entra, open_entra
from .identity_plane import IdentityPlane
from .managed_identity import answer_app_service, answer_instance_metadata
from .token_endpoint import answer_token
from .turn import begin_turn
from .userinfo_endpoint import answer_userinfo, show_signed_out

INSTANCE_METADATA_PATH = "/metadata/identity/oauth2/token"
APP_SERVICE_PATH = "/msi/token"

_OWN = re.compile(
    r"/(common|organizations)(/.*)?"
    r"|/[^/]+/(oauth2|discovery|openid)/.*"
    r"|/[^/]+/(v2\.0/)?\.well-known/.*",
    re.IGNORECASE,
)
_MANAGED_IDENTITY = re.compile(r"/metadata/identity(/.*)?|/msi/token/?", re.IGNORECASE)

Handler: TypeAlias = Callable[[Entra, Request], Awaitable[Response]]


def owns(path: str) -> bool:
    """Whether a path is for this application; every other one is Resource Manager's or Microsoft Graph's."""
    return _OWN.fullmatch(path) is not None or is_managed_identity(path)


def is_managed_identity(path: str) -> bool:
    """Of ours, the paths that clients ask over plain http."""
    return _MANAGED_IDENTITY.fullmatch(path) is not None


def create_identity_app(plane: IdentityPlane) -> ASGIApp:
    entra = open_entra(plane)
    app = Starlette(
        routes=[
            *_versioned_routes(entra, "oauth2", is_v2=False),
            *_versioned_routes(entra, "oauth2/v2.0", is_v2=True),
            *_discovery_routes(entra),
            _mount(entra, PAGE_PATH, get=show_code_entry, post=take_code),
            _mount(entra, "/{tenant}/openid/userinfo", get=answer_userinfo, post=answer_userinfo),
            _mount(entra, INSTANCE_METADATA_PATH, get=answer_instance_metadata),
            _mount(entra, APP_SERVICE_PATH, get=answer_app_service),
        ],
        exception_handlers={
            404: partial(_answer_not_found, plane),
            405: partial(_answer_method_not_allowed, plane),
            ClientDisconnect: _answer_nobody,
            Exception: partial(_answer_failure, plane),
        },
    )
    app.router.redirect_slashes = False
    return app


def _versioned_routes(entra: Entra, path: str, *, is_v2: bool) -> list[Route]:
    return [
        _mount(entra, f"/{{tenant}}/{path}/token", post=partial(answer_token, is_v2=is_v2)),
        _mount(entra, f"/{{tenant}}/{path}/devicecode", post=partial(answer_device_code, is_v2=is_v2)),
        _mount(
            entra,
            f"/{{tenant}}/{path}/authorize",
            get=partial(show_sign_in, is_v2=is_v2),
            post=partial(take_sign_in, is_v2=is_v2),
        ),
        _mount(entra, f"/{{tenant}}/{path}/logout", get=show_signed_out),
    ]


def _discovery_routes(entra: Entra) -> list[Route]:
    configuration, keys = answer_openid_configuration, answer_keys
    return [
        _mount(entra, "/{tenant}/.well-known/openid-configuration", get=partial(configuration, is_v2=False)),
        _mount(entra, "/{tenant}/v2.0/.well-known/openid-configuration", get=partial(configuration, is_v2=True)),
        _mount(entra, "/{tenant}/discovery/keys", get=partial(keys, is_v2=False)),
        _mount(entra, "/{tenant}/discovery/v2.0/keys", get=partial(keys, is_v2=True)),
        _mount(entra, "/{tenant}/discovery/instance", get=answer_instance),
        _mount(entra, "/common/userrealm/{user}", get=answer_user_realm),
    ]


class _EntraRoute(Route):
    """Compared without regard to case; a final slash does not matter (MSAL for Node adds one to IMDS's path)."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], methods: list[str]) -> None:
        super().__init__(path, endpoint, methods=methods)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + "/?$", re.IGNORECASE)


def _mount(entra: Entra, path: str, *, get: Handler | None = None, post: Handler | None = None) -> Route:
    handlers = {method: handler for method, handler in (("GET", get), ("POST", post)) if handler is not None}

    async def endpoint(request: Request) -> Response:
        # Starlette answers HEAD wherever there is a GET.
        return await (handlers.get(request.method) or handlers["GET"])(entra, request)

    return _EntraRoute(path, endpoint, list(handlers))


async def _answer_not_found(plane: IdentityPlane, request: Request, error: Exception) -> Response:
    return finish_answer(begin_turn(plane, request), Response(status_code=404))


async def _answer_method_not_allowed(plane: IdentityPlane, request: Request, error: Exception) -> Response:
    response = answer_error(begin_turn(plane, request), request_not_posted(request.method))
    headers = error.headers if isinstance(error, HTTPException) else None
    response.headers["allow"] = (headers or {}).get("Allow", "POST")
    return response


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """The client left before its form was read."""
    return Response(status_code=400)


async def _answer_failure(plane: IdentityPlane, request: Request, error: Exception) -> Response:
    return answer_error(begin_turn(plane, request), service_failed())
