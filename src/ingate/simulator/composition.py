"""The words of an answer: they say that no model wrote them, and they relate to what was asked."""

from __future__ import annotations

import re

from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.request import LastTurn, MessagesRequest

MAX_ECHO = 65_536
"""Characters that `Repeat: ...` gives back at most: a bound on the work of one answer."""

_ECHO = re.compile(r"\s*(?:please\s+)?(?:repeat|say|echo)\b(?:\s+after\s+me\b)?\s*:?\s*(?=\S)", re.IGNORECASE)
_MAX_QUOTE = 120

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


def compose_text(request: MessagesRequest, fingerprint: Fingerprint) -> str:
    """The whole text, before any limit applies to it."""
    turn = request.last_turn
    if turn.tool_result is not None:
        return f"{choose_opening(fingerprint)} The tool returned {quote(turn.tool_result)}. {describe(request)}"
    echo = _ECHO.match(turn.text)
    if echo:
        return f"Simulated answer: {turn.text[echo.end() : echo.end() + MAX_ECHO]}"
    remark = _REMARKS[fingerprint.choose(1, len(_REMARKS))]
    return f"{choose_opening(fingerprint)} {describe_question(turn)} {describe(request)} {remark}"


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
