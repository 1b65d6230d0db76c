"""What every handler works with, and how a handler becomes a route."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingate.domain.catalog import Catalog
from ingate.domain.change import Actor
from ingate.domain.key import ApiKey
from ingate.domain.state import State, StateSession
from ingate.wire.arm.documents import render_document
from ingate.wire.arm.errors import ArmError, render_error

from .refusals import ManagementRefusal
from .render_refusal import render_refusal
from .request_context import get_actor


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

    @property
    def actor(self) -> Actor:
        """Who is asking."""
        return get_actor()

    @asynccontextmanager
    async def changing(self) -> AsyncGenerator[StateSession]:
        """A transaction that writes. Gateways can see its outcome before whoever asked for it gets an answer."""
        async with self.state.writing() as session:
            yield session
        await self.publish()

    def new_etag(self) -> str:
        return f'"{self.new_id()}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success. No document, no body."""

    status: int = 200
    document: object | None = None


Outcome: TypeAlias = Answer | ManagementRefusal
Handler: TypeAlias = Callable[[ControlPlane, Request], Awaitable[Outcome]]


class ArmRoute(Route):
    """A route whose path is compared without regard to case, as Azure's clients expect (azure-cli writes
    `resourcegroups`, the SDKs `resourceGroups`), and which may end with a slash."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], methods: Sequence[str]):
        super().__init__(path, endpoint, methods=list(methods))
        pattern = self.path_regex.pattern.removesuffix("$") + "/?$"
        self.path_regex = re.compile(pattern, re.IGNORECASE)


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
            return Response(status_code=outcome.status)
        return render_json(outcome.status, outcome.document)
    status, error = render_refusal(outcome)
    return render_error_response(status, error)


def render_error_response(status: int, error: ArmError) -> Response:
    response = render_json(status, render_error(error))
    response.headers["x-ms-failure-cause"] = "gateway"
    if status == 401:
        response.headers["www-authenticate"] = 'Bearer realm="ingate"'
    return response


def render_json(status: int, document: object) -> Response:
    return Response(render_document(document), status_code=status, media_type="application/json; charset=utf-8")
