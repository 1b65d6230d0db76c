"""What every request passes before its route: ids on the answer, who is asking, the api-version, the permission."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingate.domain.audit import AnonymousRefusals
from ingate.domain.change import Actor
from ingate.wire.arm.api_version import ApiVersionFault, parse_api_version

from .access_refusals import AccessRefusal, AuthenticationRefusal, NotAuthorized, TokenMissing
from .access_rules import Access, AccessRulesReader
from .authentication import (
    ADMINISTRATOR,
    GRAPH_AUDIENCES,
    LOG_AUDIENCES,
    MANAGEMENT_AUDIENCES,
    METRICS_AUDIENCES,
    SCRAPER,
    Caller,
    TokenVerifier,
    VerifiedToken,
    identify,
    is_secret,
)
from .control_plane import ControlPlane, render_error_response, render_outcome
from .graph_envelope import render_graph_outcome
from .logs.log_envelope import render_guard_refusal
from .operations import Operation, Rule, Spelling, derive_operation
from .refusals import ApiVersionInvalid, ApiVersionMissing
from .render_refusal import INTERNAL_ERROR
from .request_context import RequestContext, current
from .request_ids import Ids, find_base_url, get_ids, with_ids

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metadata/endpoints"})
"""Answered without a token; of these only the last looks at the api-version."""

NOBODY = Caller(actor=Actor(name="", type="Key"), object_id="", access=Access(roles={}, assignments=()))

WITHOUT_API_VERSION = frozenset({Rule.DIRECTORY, Rule.LOGS, Rule.SCRAPE})
"""Their paths begin with a version of their own, or Prometheus knows of none."""

GuardRefusal: TypeAlias = AccessRefusal | ApiVersionMissing | ApiVersionInvalid

_CORRELATION_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_LOOPBACK = re.compile(r"https://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_SLASHES = re.compile(r"/{2,}")


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

        ids = Ids(request_id=request_id, correlation_id=correlation_id)
        await self._app(with_ids(scope, ids), receive, send_with_ids)


class Guard:
    """Lets nobody in without knowing who it is, and nobody do what no role of theirs grants."""

    def __init__(self, app: ASGIApp, plane: ControlPlane, *, admin_token: str, spelling: Spelling) -> None:
        """Raises ValueError when the administrator's token is empty."""
        self._app = app
        self._plane = plane
        self._spelling = spelling
        self._verifier = TokenVerifier(admin_token)
        self._rules = AccessRulesReader()
        self._anonymous = AnonymousRefusals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # SDKs that put a scope into a path leave its slashes: //subscriptions/... is /subscriptions/...
            scope = {**scope, "path": _SLASHES.sub("/", scope["path"])}
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        operation = derive_operation(scope["method"], scope["path"], self._spelling)
        try:
            caller = await self._authenticate(scope, operation)
        except Exception:  # a fault of ours: the app that would answer it is not reached; the server logs it
            await render_error_response(500, INTERNAL_ERROR)(scope, receive, send)
            raise
        refused = caller if not isinstance(caller, Caller) else _decide(scope, operation, caller)
        context = _make_context(scope, operation, caller if isinstance(caller, Caller) else NOBODY)
        before = current.set(context)
        try:
            answer = self._app if refused is None else await self._refuse(scope, operation, refused)
            await answer(scope, receive, self._recording(send, context, operation))
        finally:
            current.reset(before)

    async def _authenticate(self, scope: Scope, operation: Operation) -> Caller | AuthenticationRefusal:
        given = Headers(scope=scope).getlist("authorization")
        scheme, _, text = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        token = text.strip().encode("latin-1")
        if scheme.lower() != "bearer":
            return TokenMissing()
        if self._verifier.is_administrators(token):
            return ADMINISTRATOR
        plane = self._plane
        if operation.rule is Rule.SCRAPE and is_secret(token, plane.scrape_token):
            return SCRAPER
        audiences = _list_audiences(scope, operation.rule)
        async with plane.state.reading() as session:
            rules = await self._rules.read(session, plane.built_in_roles)
            issuers = (*rules.issuers, *plane.list_trusted_issuers())
            verified = self._verifier.verify(token, issuers=issuers, audiences=audiences, now=plane.clock())
            if not isinstance(verified, VerifiedToken):
                return verified
            return await identify(session, verified, rules)

    async def _refuse(self, scope: Scope, operation: Operation, refusal: GuardRefusal) -> Response:
        if operation.rule is Rule.DIRECTORY:
            response = render_graph_outcome(Request(scope), refusal)
        elif operation.rule is Rule.LOGS:
            response = render_guard_refusal(refusal)
        else:
            response = render_outcome(refusal)
        if response.status_code == 401:
            response.headers["www-authenticate"] = await self._render_challenge(scope, refusal)
        return response

    async def _render_challenge(self, scope: Scope, refusal: GuardRefusal) -> str:
        """Clients learn from it where to get a token: at the host that they reached us by."""
        async with self._plane.state.reading() as session:
            tenants = await session.tenants.list_tenants()
        tenant = tenants[0].tenant_id if tenants else "common"
        reason = (
            "The authentication failed because of missing 'Authorization' header."
            if isinstance(refusal, TokenMissing)
            else "The authentication failed because of an unusable access token."
        )
        authority = f"{find_base_url(scope)}/{tenant}"
        return f'Bearer authorization_uri="{authority}", error="invalid_token", error_description="{reason}"'

    def _recording(self, send: Send, context: RequestContext, operation: Operation) -> Send:
        if not operation.is_change:
            return send

        async def send_recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._record(context, message["status"])
            await send(message)

        return send_recorded

    async def _record(self, context: RequestContext, status: int) -> None:
        """What no transaction has recorded: refusals, and actions that change nothing, such as listing keys."""
        trail, plane = context.trail, self._plane
        if status < 400 and trail.is_recorded:
            return
        if status == 401:
            remark = self._anonymous.admit(plane.clock())
            if remark is None:
                return
            trail.error_code += remark
        result = "succeeded" if status < 400 else "refused" if status < 500 else "failed"
        async with plane.state.writing() as session:
            await session.audit.append_event(plane.make_event(context, result, status))


def _list_audiences(scope: Scope, rule: Rule) -> tuple[str, ...]:
    """Where a cloud is registered by its address (`/metadata/endpoints`), or a client has that as its endpoint, they
    ask for tokens for that address. Only a loopback one is taken from what the request says of its host."""
    match rule:
        case Rule.DIRECTORY:
            audiences = GRAPH_AUDIENCES
        case Rule.LOGS:
            audiences = LOG_AUDIENCES
        case Rule.METRICS:
            audiences = METRICS_AUDIENCES
        case _:
            return MANAGEMENT_AUDIENCES
    address = find_base_url(scope)
    return (*audiences, address) if _LOOPBACK.fullmatch(address) else audiences


def _decide(scope: Scope, operation: Operation, caller: Caller) -> GuardRefusal | None:
    if operation.rule not in WITHOUT_API_VERSION:
        refusal = decide_api_version(scope["query_string"])
        if refusal is not None:
            return refusal
    if caller.access.allows(operation):
        return None
    return NotAuthorized(
        client=caller.actor.name, object_id=caller.object_id, action=operation.action, scope=operation.scope
    )


def _make_context(scope: Scope, operation: Operation, caller: Caller) -> RequestContext:
    client = scope.get("client")
    return RequestContext(
        actor=caller.actor,
        object_id=caller.object_id,
        is_administrator=caller is ADMINISTRATOR,
        caller_address=client[0] if client else "",
        correlation_id=get_ids(scope).correlation_id,
        action=operation.action,
        target_id=operation.scope,
        access=caller.access,
    )


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
