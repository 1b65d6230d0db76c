"""What every request passes before its route: ids on the answer, the administrator's token, the api-version."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingate.wire.arm.api_version import ApiVersionFault, parse_api_version

from .control_plane import render_outcome
from .refusals import ApiVersionInvalid, ApiVersionMissing, TokenMissing, TokenWrong

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Answered without a token and without an api-version."""

GuardRefusal: TypeAlias = TokenMissing | TokenWrong | ApiVersionMissing | ApiVersionInvalid

_CORRELATION_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class RequestIds:
    """Azure's ids on every answer. A caller may bring its own correlation id."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str]) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-ms-correlation-request-id", "")
        request_id = self._new_id()
        correlation_id = given if _CORRELATION_ID.fullmatch(given) else request_id

        async def send_with_ids(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-ms-request-id"] = request_id
                headers["x-ms-correlation-request-id"] = correlation_id
                headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_ids)


class Guard:
    """Lets in whoever has the administrator's token and says which api-version they speak."""

    def __init__(self, app: ASGIApp, admin_token: str) -> None:
        if not admin_token.strip():
            raise ValueError("an empty administrator token would let everybody in")
        self._app = app
        self._token = admin_token.strip().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            refusal = self._decide(scope)
            if refusal is not None:
                await render_outcome(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _decide(self, scope: Scope) -> GuardRefusal | None:
        given = Headers(scope=scope).getlist("authorization")
        scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "bearer":
            return TokenMissing()
        if not hmac.compare_digest(token.strip().encode(), self._token):
            return TokenWrong()
        return decide_api_version(scope["query_string"])


def decide_api_version(query_string: bytes) -> ApiVersionMissing | ApiVersionInvalid | None:
    parameters = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    given = next((value for name, value in parameters if name.lower() == "api-version"), None)
    match parse_api_version(given):
        case ApiVersionFault.MISSING:
            return ApiVersionMissing()
        case ApiVersionFault.MALFORMED:
            return ApiVersionInvalid(given=given or "")
        case _:
            return None
