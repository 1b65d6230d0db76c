"""What a model's own prompt and tokenizer add to a count: the numbers that differ from model to model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ingate.simulator.json_value import JsonObject, get_string
from ingate.simulator.model_facts import ModelFacts, get_model_facts

STANDARD_IMAGE_SIDE = 1568
"""Models before 4.7. From 4.7 on images may be larger, and the tokenizer is another."""

_TOOL_PROMPTS = {
    "claude-opus-5": (286, 406),
    "claude-opus-4-8": (290, 410),
    "claude-opus-4-7": (675, 804),
    "claude-opus-4-6": (497, 589),
    "claude-opus-4-5": (496, 588),
    "claude-opus-4-1": (313, 315),
    "claude-opus-4": (313, 315),
    "claude-sonnet-5": (354, 474),
    "claude-sonnet-4-6": (497, 589),
    "claude-sonnet-4-5": (496, 588),
    "claude-sonnet-4": (313, 315),
    "claude-haiku-4-5": (496, 588),
    "claude-3-5-haiku": (264, 355),
}
"""The prompt that any tools bring: for tool_choice auto or none, for any or tool (Anthropic, tool use overview)."""
_OLD_TOOL_PROMPT, _NEW_TOOL_PROMPT = (346, 313), (290, 410)
"""Of models that the page does not list, before 4.7 and after."""

_STRIP_THINKING = frozenset({
    "claude-opus-4-1",
    "claude-opus-4",
    "claude-sonnet-4-5",
    "claude-sonnet-4",
    "claude-haiku-4-5",
    "claude-3-7-sonnet",
    "claude-3-5-sonnet",
    "claude-3-5-haiku",
    "claude-3-opus",
    "claude-3-haiku",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWeights:
    text_scale: float
    """Tokens of a text, relative to those of the tokenizer before 4.7."""
    tools_prompt: int
    forced_tools_prompt: int
    adaptive_thinking: int
    """What `thinking: adaptive` adds."""
    keeps_thinking: bool
    """Thinking of earlier turns stays in the context. Other models never see it again, and it is not counted."""
    thinks_by_default: bool
    bash_tool: int
    image_side: int
    image_tokens: int


def find_token_weights(body: JsonObject, facts: ModelFacts | None) -> TokenWeights:
    """Of the model that the facts are of; without facts, of the model that the request names."""
    return get_token_weights(facts.model_id if facts else get_string(body, "model"))


@lru_cache(maxsize=256)
def get_token_weights(upstream_model: str) -> TokenWeights:
    facts = get_model_facts(upstream_model)
    is_new = facts.image_side > STANDARD_IMAGE_SIDE
    auto, forced = _TOOL_PROMPTS.get(facts.model_id, _NEW_TOOL_PROMPT if is_new else _OLD_TOOL_PROMPT)
    # What stands around the definitions; measured in requests whose count was reported.
    frame, forced_frame = (125, 125) if is_new else (9, 15)
    return TokenWeights(
        # Documented as about 1.3; short recorded requests are at 1.03 to 1.09, one full of numbers at 1.34.
        text_scale=1.2 if is_new else 1.0,
        tools_prompt=auto + frame,
        forced_tools_prompt=forced + forced_frame,
        adaptive_thinking=0 if is_new else 17,
        keeps_thinking=facts.model_id not in _STRIP_THINKING,
        thinks_by_default=facts.thinks_by_default,
        bash_tool=325 if is_new else 244,
        image_side=facts.image_side,
        image_tokens=facts.image_tokens,
    )
