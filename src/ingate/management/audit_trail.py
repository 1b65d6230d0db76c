"""What the audit trail says of requests, and which transactions have something to say.

A change is recorded in its own transaction, so that neither can be without the other. Its status is not known yet
then, and is 0: it succeeded, and whether with 200, 201, 202 or 204 was decided after. What changes nothing but shows
a secret, and what is refused, is recorded with its status before its answer leaves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from ingate.domain.audit import AuditEvent, AuditResult
from ingate.domain.state import StateSession

from .request_context import RequestContext

NOT_YET_KNOWN = 0
"""The status of a change."""

_CHANGING = ("put", "delete", "append")
"""How the names of stores' functions begin that write."""


def make_event(
    context: RequestContext, *, event_id: str, time: datetime, result: AuditResult, status: int
) -> AuditEvent:
    trail = context.trail
    return AuditEvent(
        event_id=event_id,
        time=time,
        action=context.action,
        target_id=context.target_id,
        actor_id=context.object_id,
        actor_name=context.actor.name,
        caller_address=context.caller_address,
        correlation_id=context.correlation_id,
        result=result,
        status=status,
        detail=trail.detail if result == "succeeded" else trail.error_code,
    )


class WatchedSession:
    """A session that knows whether anything was written through it: a handler that finds a reason to refuse leaves
    its transaction without having written."""

    def __init__(self, session: StateSession) -> None:
        self._session = session
        self.has_changed = False

    def as_session(self) -> StateSession:
        return cast(StateSession, self)

    def __getattr__(self, name: str) -> Any:
        return _WatchedStore(getattr(self._session, name), self)


class _WatchedStore:
    def __init__(self, store: object, watch: WatchedSession) -> None:
        self._store = store
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_CHANGING):
            self._watch.has_changed = True
        return getattr(self._store, name)
