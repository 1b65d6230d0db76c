"""Context management: what is taken out of a long conversation before the model reads it, as the request asks.

Edits are stateless: the client goes on sending everything, and every request is edited anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingate.simulator.accounting.compaction import INSTRUCTION_TOKENS, compose_summary, find_compaction
from ingate.simulator.accounting.history import drop_compacted, find_edit, get_read_messages, get_thinking_turns
from ingate.simulator.accounting.token_weights import TokenWeights, find_token_weights
from ingate.simulator.accounting.tokens import CountedInput, count_input, count_input_tokens, count_text_tokens
from ingate.simulator.accounting.tool_clearing import (
    CLEAR_TOOL_USES,
    clear_tool_uses,
    decide_cleared,
    get_answered_uses,
    get_least_cleared,
    is_triggered,
)
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_object
from ingate.simulator.model_facts import ModelFacts

CLEAR_THINKING = "clear_thinking_20251015"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    content: str
    """Of the compaction block that begins the answer."""
    pauses: bool
    """The answer is the block alone, and ends with stop_reason `compaction`."""
    body: JsonObject
    """What the summary was made of, which the inference that wrote it read."""
    input_tokens: int
    """Of that inference."""
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedContext:
    body: JsonObject
    """The request as the model reads it; the request itself when nothing was taken out."""
    counted: CountedInput
    """Of that body, block by block."""
    original_input_tokens: int
    """Before anything was taken out; what earlier compaction blocks stand for is not counted even so."""
    applied_edits: tuple[JsonObject, ...] = ()
    """What the answer reports under `context_management`."""
    compacted: Compaction | None = None

    @property
    def input_tokens(self) -> int:
        """Of the body as the model reads it."""
        return self.counted.total

    @property
    def compaction(self) -> str | None:
        """The content of the compaction block that begins the answer; None when nothing was compacted."""
        return self.compacted.content if self.compacted else None


def manage_context(
    body: JsonObject,
    *,
    facts: ModelFacts | None = None,
    compacts: bool = True,
) -> ManagedContext:
    """What the edits that a request asks for leave of it.

    Whether the request may ask for them - which betas it names - was decided when it was validated. `compacts`: not
    for count_tokens, which applies the edits and earlier compaction blocks but writes no summary.
    """
    counted = count_input(body, facts)
    tokens = counted.total
    if body.get("context_management") is None and body.get("compaction") is None:
        return ManagedContext(body=body, counted=counted, original_input_tokens=tokens)
    weights = find_token_weights(body, facts)
    original = count_input_tokens(restore_thinking(body), facts)
    thinking = report_cleared_thinking(body, weights, cleared_tokens=original - tokens)
    managed = clear_tools(
        ManagedContext(
            body=body,
            counted=counted,
            original_input_tokens=original,
            applied_edits=(thinking,) if thinking else (),
        ),
        facts,
    )
    return compact(managed, facts) if compacts else managed


def restore_thinking(body: JsonObject) -> JsonObject:
    """The request as it would be counted if its clear_thinking edit kept everything."""
    edit = find_edit(body, CLEAR_THINKING)
    return body if edit is None else body | {"context_management": {"edits": [edit | {"keep": "all"}]}}


def report_cleared_thinking(body: JsonObject, weights: TokenWeights, *, cleared_tokens: int) -> JsonObject | None:
    if find_edit(body, CLEAR_THINKING) is None:
        return None
    before = drop_compacted(get_objects(body.get("messages")))
    turns = len(get_thinking_turns(before)) - len(get_thinking_turns(get_read_messages(body, weights)))
    if not turns:
        return None
    return {"type": CLEAR_THINKING, "cleared_thinking_turns": turns, "cleared_input_tokens": cleared_tokens}


def clear_tools(managed: ManagedContext, facts: ModelFacts | None) -> ManagedContext:
    edit = find_edit(managed.body, CLEAR_TOOL_USES)
    if edit is None:
        return managed
    messages = drop_compacted(get_objects(managed.body.get("messages")))
    uses = get_answered_uses(messages)
    if not is_triggered(edit, tokens=managed.input_tokens, uses=len(uses)):
        return managed
    cleared = decide_cleared(edit, uses)
    body = managed.body | {"messages": list(clear_tool_uses(messages, edit, cleared))}
    counted = count_input(body, facts)
    gained = managed.input_tokens - counted.total
    if not cleared or gained < max(1, get_least_cleared(edit)):
        return managed
    applied: JsonObject = {
        "type": CLEAR_TOOL_USES,
        "cleared_tool_uses": len(cleared),
        "cleared_input_tokens": gained,
    }
    return ManagedContext(
        body=body,
        counted=counted,
        original_input_tokens=managed.original_input_tokens,
        applied_edits=(*managed.applied_edits, applied),
    )


def compact(managed: ManagedContext, facts: ModelFacts | None) -> ManagedContext:
    """The summary takes the place of every message; tools and system stay."""
    edit = find_compaction(managed.body, tokens=managed.input_tokens)
    if edit is None:
        return managed
    instructions = get_string(edit, "instructions")
    messages = drop_compacted(get_objects(managed.body.get("messages")))
    summary = compose_summary(messages, tokens=managed.input_tokens, instructions=instructions)
    asking = count_text_tokens(instructions) if instructions.strip() else INSTRUCTION_TOKENS
    block: JsonObject = {"type": "compaction", "content": summary}
    body = managed.body | {"messages": [{"role": "assistant", "content": [block]}]}
    return ManagedContext(
        body=body,
        counted=count_input(body, facts),
        original_input_tokens=managed.original_input_tokens,
        applied_edits=managed.applied_edits,
        compacted=Compaction(
            content=summary,
            pauses=edit.get("pause_after_compaction") is True,
            body=managed.body,
            input_tokens=managed.input_tokens + asking,
            output_tokens=count_text_tokens(summary),
        ),
    )


def render_count_management(managed: ManagedContext) -> JsonObject | None:
    """`context_management` in the answer of count_tokens; None when the request did not ask for any."""
    if not is_object(managed.body.get("context_management")):
        return None
    return {"original_input_tokens": managed.original_input_tokens}
