"""What an answer says, before it is put on the wire as JSON or as a stream."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.simulator.json_value import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one answer, estimated. `input_tokens` are those that no cache had to do with."""

    input_tokens: int
    output_tokens: int
    """All that was written, thinking included."""
    cache_creation_5m: int = 0
    cache_creation_1h: int = 0
    cache_read: int = 0
    thinking_tokens: int = 0
    web_search_requests: int = 0
    web_fetch_requests: int = 0
    iterations: tuple[JsonObject, ...] = ()
    """What each of several passes over the conversation cost, as the wire has it."""
    overrides: JsonObject | None = None
    """Members of `usage` that go on the wire as they are, in place of what is said above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. Its blocks are what a JSON answer shows, whoever wrote them: a script, a recording or the simulator.

    There may be no block at all: when a stop sequence came before everything else, or Claude refused.
    """

    message_id: str
    response_model: str
    content: tuple[JsonObject, ...]
    stop_reason: str
    stop_sequence: str | None
    usage: Usage
    stop_details: JsonObject | None = None
    container: JsonObject | None = None
    context_management: JsonObject | None = None
