"""An exchange: one admitted request, from admission to settlement.

The table below is the whole life of an exchange. Its invariant: every admitted exchange settles exactly once,
whatever happens to the client, the upstream or the worker.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Literal, Protocol

import msgspec

from ingate.wire.content_coding import DecodingProblem

from .price import ExchangeCost
from .usage import TokenUsage


class ExchangeState(Enum):
    __hash__ = object.__hash__  # Enum's own goes through the name, on every look-up in the table

    ADMITTED = "admitted"
    """Quota is reserved and the request is on its way; the client has heard nothing."""
    ANSWERING = "answering"
    """The answer's head has gone out."""
    DRAINING = "draining"
    """The client has left; the rest of the answer is read to learn what it cost."""
    SETTLED = "settled"


class ExchangeEvent(Enum):
    __hash__ = object.__hash__

    ANSWER_BEGAN = "answer began"
    ANSWER_ENDED = "answer ended"
    UPSTREAM_FAILED = "upstream failed"
    CLIENT_LEFT = "client left"
    DRAIN_BEGAN = "drain began"
    """The client left, and the policy is not to cancel."""
    DRAIN_EXPIRED = "drain expired"
    WORKER_STOPPED = "worker stopped"


Outcome = Literal["completed", "refused-by-upstream", "client-gone", "upstream-failed", "shut-down"]
"""How an exchange settled. `refused-by-upstream` is a whole answer with an error status; a client that left is
`client-gone` whatever the upstream did afterwards."""

_S = ExchangeState
_E = ExchangeEvent

TRANSITIONS: dict[tuple[ExchangeState, ExchangeEvent], ExchangeState] = {
    (_S.ADMITTED, _E.ANSWER_BEGAN): _S.ANSWERING,
    (_S.ADMITTED, _E.UPSTREAM_FAILED): _S.SETTLED,
    (_S.ADMITTED, _E.CLIENT_LEFT): _S.SETTLED,
    (_S.ADMITTED, _E.DRAIN_BEGAN): _S.DRAINING,
    (_S.ADMITTED, _E.WORKER_STOPPED): _S.SETTLED,
    (_S.ANSWERING, _E.ANSWER_ENDED): _S.SETTLED,
    (_S.ANSWERING, _E.UPSTREAM_FAILED): _S.SETTLED,
    (_S.ANSWERING, _E.CLIENT_LEFT): _S.SETTLED,
    (_S.ANSWERING, _E.DRAIN_BEGAN): _S.DRAINING,
    (_S.ANSWERING, _E.WORKER_STOPPED): _S.SETTLED,
    (_S.DRAINING, _E.ANSWER_BEGAN): _S.DRAINING,
    (_S.DRAINING, _E.ANSWER_ENDED): _S.SETTLED,
    (_S.DRAINING, _E.UPSTREAM_FAILED): _S.SETTLED,
    (_S.DRAINING, _E.DRAIN_EXPIRED): _S.SETTLED,
    (_S.DRAINING, _E.WORKER_STOPPED): _S.SETTLED,
}
"""What is not here cannot happen; a settled exchange hears nothing more."""


class ExchangeRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of an exchange or of a refused request: never its content, never a key."""

    time: float
    """When the request's head was complete, in seconds since 1970, UTC."""
    request_id: str
    apim_request_id: str
    resource: str | None = None
    resource_id: str | None = None
    """The resource's Azure Resource Manager id."""
    location: str | None = None
    deployment: str | None = None
    model: str | None = None
    model_version: str | None = None
    deployment_type: str | None = None
    upstream: str | None = None
    response_model: str | None = None
    operation: str
    status: int
    """What the client was told; 499 when it left before it was told anything."""
    error_code: str | None = None
    outcome: Outcome | Literal["refused"]
    streaming: bool = False
    duration_ms: float
    first_token_ms: float | None = None
    usage: TokenUsage | None = None
    cost: ExchangeCost | None = None
    """At the price in force then; None where nothing was used or no price is known."""
    price: str | None = None
    """Which price that was."""
    usage_is_estimate: bool = False
    usage_unread: DecodingProblem | None = None
    """Why a compressed answer could not be seen into."""
    authentication: Literal["key", "token", "none"]
    key_number: int | None = None
    principal_id: str | None = None
    """The object id in the caller's token, whether or not it was let in."""
    token_fault: str | None = None
    """Why a token was not believed."""
    caller_address: str | None = None
    user_agent: str | None = None
    request_bytes: int = 0
    """Of the body."""
    response_bytes: int = 0
    """Of the answer's body, as the upstream sent it."""
    trace_id: str | None = None
    """Of the W3C trace that the client's `traceparent` names."""
    parent_span_id: str | None = None
    stop_reason: str | None = None
    upstream_detail: str | None = None
    """Why an upstream failed, for the operator."""


class ExchangeLog(Protocol):
    """Where records go. An appended record outlives the process, and the machine where the settings ask for that."""

    def append(self, record: ExchangeRecord, then: Callable[[bool], None] | None = None) -> bool:
        """False when it could not be written: then nobody is told. Otherwise `then` is told, at once or later,
        whether the record outlives what it has to, so that the last of an answer can wait for it."""
        ...

    def keep(self, record: ExchangeRecord) -> None:
        """One that could not be written, as it stands now: it is written as soon as the log can be."""
        ...

    def is_ready(self) -> bool:
        """Whether a record would be written now. Nothing is admitted while it would not."""
        ...
