"""The words of an answer: they say that no model wrote them, and they relate to what was asked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.json_value import JsonObject, get_string
from ingate.simulator.request import LastTurn, MessagesRequest, ToolResult

MAX_ECHO = 65_536
"""Characters that `Repeat: ...` gives back at most: a bound on the work of one answer."""

_ECHO = re.compile(r"\s*(?:please\s+)?(?:repeat|say|echo)\b(?:\s+after\s+me\b)?\s*:?\s*(?=\S)", re.IGNORECASE)
_MAX_QUOTE = 120

_SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})
_OPENINGS = (
    "This is a simulated answer: no model was asked.",
    "This answer is simulated; it was written without a model.",
    "You are reading a simulated answer, put together without any model.",
)
_REMARKS = (
    "The same request always gets the same words, so a test can rely on them.",
    "Nothing was sent over the network, and nothing was charged.",
    "Token counts are estimates, and the text is cut where max_tokens or a stop sequence says.",
    "Ask for a text with “Repeat:” in front of it and the answer will contain that text.",
    "Route the deployment to another upstream when the words themselves matter.",
)


def compose_text(request: MessagesRequest, fingerprint: Fingerprint, *, findings: Sequence[str] = ()) -> str:
    """The whole text, before any limit applies to it. `findings` are sentences about all else that came."""
    turn = request.last_turn
    if turn.results:
        parts = [choose_opening(fingerprint), *map(describe_result, turn.results), *findings, describe(request)]
        return " ".join(filter(None, parts))
    echo = _ECHO.match(turn.text)
    if echo:
        return f"Simulated answer: {turn.text[echo.end() : echo.end() + MAX_ECHO]}"
    remark = _REMARKS[fingerprint.choose(1, len(_REMARKS))]
    parts = [choose_opening(fingerprint), describe_question(turn), *findings, describe(request), remark]
    return " ".join(filter(None, parts))


def introduce_call(calls: Sequence[JsonObject]) -> str:
    """A short text before calls, as Claude likes to begin."""
    names = " and ".join(dict.fromkeys(get_string(call, "name") for call in calls))
    return f"I will call {names}, as a simulated model would."


def describe_activity(blocks: Sequence[JsonObject]) -> str:
    """Which of the servers' tools were used; nothing if none was."""
    names = dict.fromkeys(get_string(block, "name") for block in blocks if block.get("type") in _SERVER_CALLS)
    return f"Used on the server, with invented results: {', '.join(names)}." if names else ""


def describe_result(result: ToolResult) -> str:
    if not result.text:
        return "The tool returned no text."
    return f"The tool {'failed with' if result.is_error else 'returned'} {quote(result.text)}."


def choose_opening(fingerprint: Fingerprint) -> str:
    return _OPENINGS[fingerprint.choose(0, len(_OPENINGS))]


def describe_question(turn: LastTurn) -> str:
    return f"The last message said {quote(turn.text)}." if turn.text else "The last message held no text."


def describe(request: MessagesRequest) -> str:
    count = "1 message" if request.message_count == 1 else f"{request.message_count} messages"
    return f"The model asked for was {request.upstream_model}, and the conversation had {count}."


def quote(text: str) -> str:
    """The start of a text on one line, in quotation marks."""
    line = " ".join(text[: _MAX_QUOTE * 4].split())
    return f"“{line}”" if len(line) <= _MAX_QUOTE else f"“{line[:_MAX_QUOTE].rstrip()}…”"
