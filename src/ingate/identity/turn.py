"""One request, as the identity endpoints see it: when, from where, by which name of ours, under which ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from .identity_plane import IdentityPlane

_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    time: datetime
    trace_id: str
    correlation_id: str
    """The client's own, when it brought one (`client-request-id`)."""
    caller_address: str
    authority: str
    """The scheme and host by which the client reached us: documents and codes name it."""
    host: str


def begin_turn(plane: IdentityPlane, request: Request) -> Turn:
    trace_id = plane.new_id()
    # Node's MSAL puts the id into the query, everybody else into a header.
    given = request.headers.get("client-request-id") or request.query_params.get("client-request-id", "")
    host = request.headers.get("host", "")
    host = host if _HOST.fullmatch(host) else "localhost"
    return Turn(
        time=plane.clock(),
        trace_id=trace_id,
        correlation_id=given if _CORRELATION_ID.fullmatch(given) else trace_id,
        caller_address=request.client.host if request.client is not None else "",
        authority=f"{request.url.scheme}://{host}",
        host=host,
    )
