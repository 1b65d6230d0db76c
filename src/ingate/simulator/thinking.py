"""Thinking: whether there is any, how much of it, what of it is shown, and how it is signed.

https://platform.claude.com/docs/en/build-with-claude/extended-thinking and .../adaptive-thinking. The words say that
nobody thought; how many there are follows the effort or the budget, so that usage behaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ingate.simulator.accounting.tokens import split_tokens
from ingate.simulator.composition import quote
from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.json_value import JsonObject, get_string, is_integer, is_object
from ingate.simulator.magic_strings import TRIGGER_REDACTED_THINKING
from ingate.simulator.request import MessagesRequest
from ingate.simulator.signatures import redact, sign

INTERLEAVED_BETA = "interleaved-thinking-2025-05-14"
BUDGET_PER_SENTENCE = 1_024
"""Tokens of budget that buy one more sentence."""
_DEFAULT_EFFORT = "high"
_SENTENCES_BY_EFFORT = MappingProxyType({"low": 1, "medium": 2, "high": 4, "xhigh": 6, "max": 8})
_MOST_SENTENCES = 12

_DISCLAIMER = "This thinking is simulated: no model reasons here."
_STEPS = (
    "The words only stand where a model's thoughts would.",
    "First comes what was asked, then what the request allows.",
    "The limits are max_tokens, the stop sequences and the tools on offer.",
    "If a tool fits, calling it comes before any answer.",
    "If a result has arrived, the answer should quote it.",
    "The same request has to lead to the same answer.",
    "Nothing may be claimed that was not in the request.",
)

Mode = Literal["enabled", "adaptive", "between_tools", "disabled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingPlan:
    """How this request wants it done."""

    mode: Mode
    is_shown: bool
    """Not so with display "omitted": the block then has a signature and no text."""
    is_redacted: bool
    is_interleaved: bool
    """Between a tool's result and what follows it as well, not only where an answer to a question begins."""
    sentences: int
    budget: int | None
    """Tokens at most; None: as many as `max_tokens` has room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """One block of thinking before limits apply to it."""

    text: str
    plan: ThinkingPlan
    model: str
    salt: bytes

    def render_block(self, text: str) -> JsonObject:
        """The block for as much of the text as was written."""
        if self.plan.is_redacted:
            return {"type": "redacted_thinking", "data": redact(text, model=self.model, salt=self.salt)}
        shown = text if self.plan.is_shown else ""
        return {
            "type": "thinking",
            "thinking": shown,
            "signature": sign(shown, model=self.model, salt=self.salt),
        }


def plan_thinking(request: MessagesRequest) -> ThinkingPlan:
    asked = request.body.get("thinking")
    asked = asked if is_object(asked) else {}
    mode = parse_mode(get_string(asked, "type"), request)
    budget = asked.get("budget_tokens")
    budget = budget if mode == "enabled" and is_integer(budget) else None
    return ThinkingPlan(
        mode=mode,
        is_shown=(get_string(asked, "display") or get_default_display(request)) != "omitted",
        is_redacted=TRIGGER_REDACTED_THINKING in request.last_turn.text,
        is_interleaved=mode in ("adaptive", "between_tools") or INTERLEAVED_BETA in request.betas,
        sentences=count_sentences(request, budget),
        budget=budget,
    )


def parse_mode(kind: str, request: MessagesRequest) -> Mode:
    """No model thinks before a call that it is forced to make."""
    if request.tool_choice in ("any", "tool"):
        return "disabled"
    match kind:
        case "enabled" | "adaptive" | "between_tools" | "disabled":
            return kind
        case _:
            return "adaptive" if request.facts.thinks_by_default else "disabled"


def get_default_display(request: MessagesRequest) -> str:
    """Models from Opus 4.7 on, those that take no budget any more, keep their thinking to themselves."""
    kinds = request.facts.thinking
    return "omitted" if "adaptive" in kinds and "enabled" not in kinds else "summarized"


def count_sentences(request: MessagesRequest, budget: int | None) -> int:
    if budget is not None:
        return min(_MOST_SENTENCES, 2 + budget // BUDGET_PER_SENTENCE)
    config = request.body.get("output_config")
    effort = get_string(config, "effort") if is_object(config) else ""
    return _SENTENCES_BY_EFFORT.get(effort or _DEFAULT_EFFORT, _SENTENCES_BY_EFFORT[_DEFAULT_EFFORT])


def think(request: MessagesRequest, fingerprint: Fingerprint, *, after_servers_tools: bool = False) -> Thought | None:
    """The thinking at the beginning of an answer, or after what servers' tools brought in the midst of it."""
    plan = plan_thinking(request)
    follows_result = after_servers_tools or bool(request.last_turn.results)
    if plan.mode == "disabled" or (follows_result and not plan.is_interleaved):
        return None
    if plan.mode == "between_tools" and not follows_result:
        return None
    place = int(after_servers_tools)
    first = fingerprint.choose(4 + place, len(_STEPS))
    text = compose_thinking(request, plan, follows_result=follows_result, first=first)
    if plan.budget is not None:
        text = "".join(split_tokens(text)[: plan.budget])
    salt = fingerprint.derive_bytes(b"thinking %d" % place)
    return Thought(text=text, plan=plan, model=request.upstream_model, salt=salt)


def compose_thinking(request: MessagesRequest, plan: ThinkingPlan, *, follows_result: bool, first: int) -> str:
    turn = request.last_turn
    subject = f"The tool returned {quote(turn.tool_result)}." if turn.tool_result else ""
    if not follows_result:
        subject = f"The message says {quote(turn.text)}." if turn.text else "The message holds no text."
    steps = [_STEPS[(first + step) % len(_STEPS)] for step in range(1, plan.sentences)]
    return " ".join(filter(None, [_DISCLAIMER, subject, *steps]))
