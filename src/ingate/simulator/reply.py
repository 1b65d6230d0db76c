"""What an answer says, before it is put on the wire as JSON or as a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ingate.simulator.json_value import JsonObject

StopReason = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUseBlock:
    """A call of a client's tool. `input_json` is what a stream spells out; empty if it was cut off."""

    tool_use_id: str
    name: str
    tool_input: JsonObject
    input_json: str


ReplyBlock: TypeAlias = TextBlock | ToolUseBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one answer, estimated. Nothing is cached yet."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of at most one block: none if a stop sequence came before everything else."""

    message_id: str
    response_model: str
    block: ReplyBlock | None
    stop_reason: StopReason
    stop_sequence: str | None
    usage: Usage
