"""What a rule can answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ingate.simulator.incoming import Header
from ingate.simulator.json_value import JsonObject

FaultKind = Literal["error_event", "disconnect", "truncate", "stall", "malformed"]
Shape = Literal["anthropic", "azure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedContent:
    """Content blocks, or what the simulator would have generated; what is None is as it would have been."""

    content: tuple[JsonObject, ...] | None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: JsonObject | None = None
    usage: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedError:
    status: int
    error_type: str
    message: str
    shape: Shape = "anthropic"
    headers: tuple[Header, ...] = ()
    retry_after: float | None = None
    body: bytes | None = None
    """In place of an envelope with type and message."""
    body_is_json: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer:
    """Bytes that are sent as they are."""

    content: bytes
    is_stream: bool
    status: int = 200
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardTo:
    upstream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """The connection is cut before there is any answer."""


AnswerPlan: TypeAlias = ScriptedContent | ScriptedError | RawAnswer | ForwardTo | Disconnect


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceChange:
    """What is None is as the simulator's settings have it. Seconds, tokens per second, and a share of each wait."""

    time_to_first_token: float | None = None
    tokens_per_second: float | None = None
    jitter: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFault:
    """What goes wrong after so many events, or so many bytes. `error` is an error event's `error`."""

    kind: FaultKind
    after_events: int | None
    after_bytes: int | None
    seconds: float = 0.0
    error: JsonObject
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    plan: AnswerPlan
    delay: float = 0.0
    """Seconds before anything is sent."""
    pace: PaceChange | None = None
    stream_fault: StreamFault | None = None


GENERATE = Response(plan=ScriptedContent(content=None))
