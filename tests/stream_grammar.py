"""The grammar of a streamed message, strictly: for tests of whatever writes or relays one.

https://platform.claude.com/docs/en/build-with-claude/streaming, and what every recording of the real API obeys. It
shares no code with what it checks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, cast

_DELTA_BLOCKS = {
    "text_delta": {"text"},
    "citations_delta": {"text"},
    "thinking_delta": {"thinking"},
    "signature_delta": {"thinking"},
    "input_json_delta": {"tool_use", "server_tool_use", "mcp_tool_use"},
    "compaction_delta": {"compaction"},
}
_STOP_REASONS = {
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
    "compaction",
}
_CALL_IDS = {
    "tool_use": re.compile(r"toolu_[A-Za-z0-9_-]+"),
    "server_tool_use": re.compile(r"srvtoolu_[A-Za-z0-9_-]+"),
    "mcp_tool_use": re.compile(r"mcptoolu_[A-Za-z0-9_-]+"),
}
_OF_DELTA = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}


class GrammarViolation(AssertionError):
    """The stream is not what the Messages API promises."""


@dataclass
class StreamedBlock:
    start: dict[str, Any]
    parts: dict[str, str] = field(default_factory=dict[str, str])
    """The deltas of each kind, joined."""
    whole: dict[str, Any] = field(default_factory=dict[str, Any])
    """What deltas gave at once: citations, and a summary."""
    last_delta: str = ""

    @property
    def has_input_in_pieces(self) -> bool:
        """A call that running code made comes with its arguments in the block's start."""
        return self.start["type"] in _CALL_IDS and self.start.get("caller", {}).get("type", "direct") == "direct"

    def put_together(self) -> dict[str, Any]:
        """The block as a JSON answer would show it."""
        block = self.start | self.whole
        for name in ("text", "thinking", "signature"):
            if name in self.parts:
                block[name] = self.parts[name]
        if self.has_input_in_pieces:
            block["input"] = json.loads(self.parts.get("partial_json", "") or "{}")
        return block


@dataclass
class StreamedMessage:
    """What a stream said."""

    start: dict[str, Any] = field(default_factory=dict[str, Any])
    blocks: list[StreamedBlock] = field(default_factory=list[StreamedBlock])
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: dict[str, Any] = field(default_factory=dict[str, Any])
    ending: dict[str, Any] = field(default_factory=dict[str, Any])
    """What message_delta told beside the usage: `delta` and its other members."""
    error: dict[str, Any] | None = None
    event_count: int = 0

    def joined(self, kind: str) -> str:
        return "".join(block.parts.get(kind, "") for block in self.blocks)

    def put_together(self) -> dict[str, Any]:
        """The message as a JSON answer would tell it."""
        content = [block.put_together() for block in self.blocks]
        return self.start | self.ending | {"content": content, "usage": self.usage}


def parse_events(stream: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Names and data of all events. Comments are skipped; anything else that is no event is a violation."""
    text = stream.decode("utf-8")
    if text and not text.endswith("\n\n"):
        raise GrammarViolation(f"the last event is not complete: {text[-200:]!r}")
    return [_parse_event(raw) for raw in text.split("\n\n") if raw.strip("\n") and not raw.startswith(":")]


def _parse_event(raw: str) -> tuple[str, dict[str, Any]]:
    lines = raw.lstrip("\n").split("\n")
    if len(lines) != 2 or not lines[0].startswith("event: ") or not lines[1].startswith("data: "):
        raise GrammarViolation(f"not one event line and one data line: {raw!r}")
    name, data = lines[0][7:], json.loads(lines[1][6:])
    _demand(isinstance(data, dict), "data is no object", raw)
    _demand(data.get("type") == name, "the event's name and its type differ", raw)
    return name, data


def check_stream(stream: bytes, *, of_claude: bool = False) -> StreamedMessage:
    """The whole message. Raises GrammarViolation at the first event that is out of order or misshapen.

    `of_claude` demands Claude's own habit as well, which other servers need not share: arguments begin with a piece
    that is empty.
    """
    checker = _Checker(of_claude=of_claude)
    for name, data in parse_events(stream):
        checker.take(name, data)
    _demand(checker.ended, "the stream has no end", "")
    return checker.message


class _Checker:
    def __init__(self, *, of_claude: bool) -> None:
        self._of_claude = of_claude
        self.message = StreamedMessage()
        self.ended = False
        self._open: StreamedBlock | None = None
        self._delta_seen = False
        self._inputs: list[str] = []
        """The inputs of the tools that were called, as JSON."""

    def take(self, name: str, data: dict[str, Any]) -> None:
        self.message.event_count += 1
        _demand(not self.ended, "an event after the end", data)
        _demand(
            bool(self.message.start) != (name == "message_start") or name == "error", "message_start is first", data
        )
        take = getattr(self, f"_take_{name}", None)
        if take is None:
            raise GrammarViolation(f"unknown event: {data}")
        take(data)

    def _take_ping(self, data: dict[str, Any]) -> None:
        _demand(data == {"type": "ping"}, "a ping holds nothing", data)

    def _take_error(self, data: dict[str, Any]) -> None:
        error = data.get("error")
        _demand(isinstance(error, dict) and {"type", "message"} <= set(cast("dict[str, Any]", error)), "error", data)
        self.message.error = error
        self.ended = True

    def _take_message_start(self, data: dict[str, Any]) -> None:
        message = data["message"]
        _demand(str(message.get("id")).startswith("msg_"), "message id", data)
        _demand(message.get("type") == "message" and message.get("role") == "assistant", "message", data)
        _demand(message.get("content") == [], "content begins empty", data)
        _demand(isinstance(message.get("model"), str), "model", data)
        _demand(message.get("stop_reason", "") is None and message.get("stop_sequence", "") is None, "stop", data)
        _demand({"input_tokens", "output_tokens"} <= set(message.get("usage", {})), "usage", data)
        self.message.start = message
        self.message.usage = dict(message["usage"])

    def _take_content_block_start(self, data: dict[str, Any]) -> None:
        _demand(self._open is None and not self._delta_seen, "a block starts while another is open", data)
        _demand(data.get("index") == len(self.message.blocks), "indexes are contiguous", data)
        block = data["content_block"]
        match block.get("type"):
            case "text":
                _demand(block.get("text") == "", "text begins empty", data)
            case "thinking":
                _demand(block.get("thinking") == "" and block.get("signature") == "", "thinking begins empty", data)
            case "compaction":
                _demand(block.get("content", "") is None, "a summary begins without content", data)
            case kind if kind in _CALL_IDS:
                _demand(_CALL_IDS[kind].fullmatch(str(block.get("id"))) is not None, f"{kind} id", data)
                _demand(isinstance(block.get("name"), str), f"{kind} name", data)
                in_pieces = StreamedBlock(block).has_input_in_pieces
                _demand(isinstance(block.get("input"), dict), f"{kind} input", data)
                _demand(not in_pieces or block["input"] == {}, "arguments begin empty", data)
            case other:
                _demand(isinstance(other, str), "block type", data)
        self._open = StreamedBlock(block)
        self.message.blocks.append(self._open)

    def _take_content_block_delta(self, data: dict[str, Any]) -> None:
        block = self._demand_open(data)
        delta = data["delta"]
        kind = delta["type"]
        _demand(
            kind in _DELTA_BLOCKS and block.start["type"] in _DELTA_BLOCKS[kind], "a delta of another block", data
        )
        _demand(block.last_delta != "signature_delta", "a signature is the last of its block", data)
        if self._of_claude and kind == "input_json_delta" and not block.last_delta:
            _demand(delta.get("partial_json") == "", "the first piece of arguments is empty", data)
        block.last_delta = kind
        if kind == "citations_delta":
            block.whole["citations"] = [*block.whole.get("citations", []), delta["citation"]]
        if kind == "compaction_delta":
            block.whole |= {name: value for name, value in delta.items() if name != "type"}
        if (name := _OF_DELTA.get(kind)) is not None:
            _demand(isinstance(delta.get(name), str), "delta", data)
            block.parts[name] = block.parts.get(name, "") + delta[name]

    def _take_content_block_stop(self, data: dict[str, Any]) -> None:
        block = self._demand_open(data)
        if block.has_input_in_pieces:
            self._inputs.append(block.parts.get("partial_json", "") or "{}")
        self._open = None

    def _take_message_delta(self, data: dict[str, Any]) -> None:
        _demand(self._open is None, "message_delta while a block is open", data)
        delta = data["delta"]
        _demand({"stop_reason", "stop_sequence"} <= set(delta), "stop_reason and stop_sequence", data)
        _demand(delta["stop_reason"] in _STOP_REASONS, "stop_reason", data)
        _demand((delta["stop_sequence"] is not None) == (delta["stop_reason"] == "stop_sequence"), "stop", data)
        _demand("output_tokens" in data["usage"], "usage", data)
        if delta["stop_reason"] != "max_tokens":
            _demand(all(isinstance(json.loads(text), dict) for text in self._inputs), "a tool's input", data)
        if delta["stop_reason"] == "tool_use":
            _demand(any(block.start["type"] == "tool_use" for block in self.message.blocks), "no tool called", data)
        _demand((delta.get("stop_details") is not None) <= (delta["stop_reason"] == "refusal"), "stop_details", data)
        self._delta_seen = True
        self.message.ending = delta | {
            name: value for name, value in data.items() if name not in ("type", "delta", "usage")
        }
        self.message.stop_reason, self.message.stop_sequence = delta["stop_reason"], delta["stop_sequence"]
        self.message.usage.update(data["usage"])

    def _take_message_stop(self, data: dict[str, Any]) -> None:
        _demand(self._open is None and self._delta_seen, "message_stop before message_delta", data)
        self.ended = True

    def _demand_open(self, data: dict[str, Any]) -> StreamedBlock:
        if self._open is None or data.get("index") != len(self.message.blocks) - 1:
            raise GrammarViolation(f"of a block that is not open: {data}")
        return self._open


def _demand(holds: bool, rule: str, where: object) -> None:
    if not holds:
        raise GrammarViolation(f"{rule}: {where}")
