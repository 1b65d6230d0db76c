"""Who is asking, from where, and for what: one value for the length of one request.

The guard sets it before a handler runs. `ControlPlane` reads it, so that no handler has to pass it on, and none can
forget to.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from ingate.domain.change import LOCAL_ADMINISTRATOR, Actor

from .access_rules import UNLIMITED, Access


@dataclass(slots=True, kw_only=True)
class RequestTrail:
    """What became of a request; the one part of its context that changes."""

    is_recorded: bool = False
    """A transaction of the request has put its success into the audit trail."""
    error_code: str = ""
    """Of the answer, when it is a refusal."""
    detail: str = ""
    """What is worth knowing of a success that the target's id does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    actor: Actor
    object_id: str
    """Of the principal; empty for the holder of admin.token, and for nobody."""
    is_administrator: bool
    """It has admin.token, and may do everything."""
    caller_address: str
    correlation_id: str
    action: str
    """An Azure operation, such as `Microsoft.CognitiveServices/accounts/write`."""
    target_id: str
    """The ARM id that it is done to."""
    access: Access = UNLIMITED
    trail: RequestTrail = field(default_factory=RequestTrail)


current: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)
"""None outside of requests, as when the state gets its defaults."""


def get_actor() -> Actor:
    """Outside of requests: whoever started Ingate."""
    context = current.get()
    return LOCAL_ADMINISTRATOR if context is None else context.actor


def get_access() -> Access:
    """Outside of requests: unlimited."""
    context = current.get()
    return UNLIMITED if context is None else context.access


def note(detail: str) -> None:
    """Puts it beside the target's id in the audit trail. Never a secret."""
    context = current.get()
    if context is not None:
        context.trail.detail = detail
