"""What every handler works with, and how a handler becomes a route."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingate.domain.audit import AuditEvent, AuditResult
from ingate.domain.catalog import Catalog
from ingate.domain.change import Actor
from ingate.domain.cost import CostRows
from ingate.domain.directory import TrustedIssuer
from ingate.domain.forecast import Forecaster
from ingate.domain.key import ApiKey
from ingate.domain.log_query import LogQueries
from ingate.domain.metric import MetricsExposition, MetricStore
from ingate.domain.quota_allocation import SubscriptionQuota
from ingate.domain.role import RoleDefinition
from ingate.domain.state import State, StateSession
from ingate.wire.arm.documents import render_document
from ingate.wire.arm.errors import ArmError, render_error

from .audit_trail import NOT_YET_KNOWN, WatchedSession, make_event
from .refusals import ManagementRefusal
from .render_refusal import render_refusal
from .request_context import RequestContext, current, get_actor

SHORTEST_OPERATION_KEY = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlane:
    """The management API's surroundings, given to it by assembly."""

    state: State
    catalog: Catalog
    clock: Callable[[], datetime]
    """Aware times."""
    new_id: Callable[[], str]
    """GUIDs."""
    new_api_key: Callable[[], ApiKey]
    publish: Callable[[], Awaitable[None]]
    """Puts the newest directory where gateways find it; costs little when nothing changed."""
    endpoint_for: Callable[[str], str]
    """The data plane's URL of a subdomain, with its final slash."""
    built_in_roles: tuple[RoleDefinition, ...]
    new_secret: Callable[[], str]
    """Unpredictable text of 40 characters."""
    hash_secret: Callable[[str], str]
    """Slow, and so called in a thread."""
    list_trusted_issuers: Callable[[], tuple[TrustedIssuer, ...]] = tuple
    """Of other tenants, whose tokens are believed as well."""
    subscription_quota: SubscriptionQuota = "unlimited"
    """How much capacity each subscription may hold."""
    requires_provider_data: bool = False
    """Whether a new deployment has to say who the customer is, as on Azure."""
    operation_seconds: float = 0
    """How long changes appear to take. 0: they are done when they are answered."""
    operation_key: bytes = field(default=b"", repr=False)
    """Proves that an operation's id is ours; needed where operations take time. The same after a restart."""

    cost_rows: CostRows | None = None
    """What was spent; None where no account is kept."""
    logs: LogQueries | None = None
    """None where no logs are kept."""
    forecaster: Forecaster | None = None
    """None where forecasts cannot be made."""
    metrics: MetricStore | None = None
    """None where requests are not counted."""
    exposition: MetricsExposition | None = None
    scrape_token: str = field(default="", repr=False)
    """Of metrics.token, for /metrics; without, only tokens that may do more serve there."""

    def __post_init__(self) -> None:
        """Raises ValueError when operations take time and there is no key, which anyone could guess."""
        if self.operation_seconds > 0 and len(self.operation_key) < SHORTEST_OPERATION_KEY:
            raise ValueError(f"operation_key needs at least {SHORTEST_OPERATION_KEY} bytes")

    @property
    def actor(self) -> Actor:
        """Who is asking."""
        return get_actor()

    @asynccontextmanager
    async def changing(self) -> AsyncGenerator[StateSession]:
        """A transaction that writes, its entry in the audit trail with it. Gateways can see its outcome before
        whoever asked for it gets an answer."""
        async with self.state.writing() as session:
            watched = WatchedSession(session)
            yield watched.as_session()
            if watched.has_changed:
                await self._record_change(session)
        await self.publish()

    async def _record_change(self, session: StateSession) -> None:
        """Outside of requests there is nobody to tell of: Ingate makes its defaults."""
        context = current.get()
        if context is not None:
            await session.audit.append_event(self.make_event(context, "succeeded", NOT_YET_KNOWN))
            context.trail.is_recorded = True

    def make_event(self, context: RequestContext, result: AuditResult, status: int) -> AuditEvent:
        return make_event(context, event_id=self.new_id(), time=self.clock(), result=result, status=status)

    def new_etag(self) -> str:
        return f'"{self.new_id()}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success. No document, no body."""

    status: int = 200
    document: object | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: {})


Outcome: TypeAlias = Answer | ManagementRefusal
Handler: TypeAlias = Callable[[ControlPlane, Request], Awaitable[Outcome]]


class ArmRoute(Route):
    """A route whose path is compared without regard to case, as Azure's clients expect (azure-cli writes
    `resourcegroups`, the SDKs `resourceGroups`), and which may end with a slash."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], methods: Sequence[str]):
        super().__init__(path, endpoint, methods=list(methods))
        # ASCII, and the very end: whatever leads to a route has to be what `operations.py` sees in the path.
        pattern = self.path_regex.pattern.removesuffix("$") + r"/?\Z"
        self.path_regex = re.compile(pattern, re.IGNORECASE | re.ASCII)


def mount(plane: ControlPlane, path: str, handlers: Mapping[str, Handler]) -> ArmRoute:
    """One path with a handler for each method."""

    async def endpoint(request: Request) -> Response:
        # Starlette answers HEAD wherever there is a GET.
        handler = handlers.get(request.method) or handlers["GET"]
        return render_outcome(await handler(plane, request))

    return ArmRoute(path, endpoint, list(handlers))


def render_outcome(outcome: Outcome) -> Response:
    if isinstance(outcome, Answer):
        if outcome.document is None:
            return Response(status_code=outcome.status, headers=outcome.headers)
        response = render_json(outcome.status, outcome.document)
        response.headers.update(outcome.headers)
        return response
    status, error = render_refusal(outcome)
    return render_error_response(status, error)


def render_error_response(status: int, error: ArmError) -> Response:
    response = render_json(status, render_error(error))
    response.headers["x-ms-failure-cause"] = "gateway"
    context = current.get()
    if context is not None:
        context.trail.error_code = error.code
    return response


def render_json(status: int, document: object) -> Response:
    return Response(render_document(document), status_code=status, media_type="application/json; charset=utf-8")
