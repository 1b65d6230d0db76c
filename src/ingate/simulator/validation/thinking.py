"""Thinking: what each model takes, what it excludes, and blocks of it that come back."""

from __future__ import annotations

import base64
import binascii

from ingate.simulator.json_value import get_objects, get_string, is_integer
from ingate.simulator.signatures import is_genuine
from ingate.simulator.validation.inspection import Inspection, Problem
from ingate.simulator.validation.tool_definitions import is_forcing

INTERLEAVED = "interleaved-thinking-2025-05-14"
_USE_ADAPTIVE = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
_USE_BETWEEN_TOOLS = (
    'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of {"type": "disabled"}. '
    "The model does not think before responding. "
    "The short updates it writes between tool calls come back as thinking blocks."
)
_HIGH = "high"


def get_thinking_kind(request: Inspection) -> str:
    """The kind that is asked for; empty if none is."""
    return get_string(request.get_object("thinking"), "type")


def find_unsupported_thinking(request: Inspection) -> Problem:
    kind = get_thinking_kind(request)
    if not kind or kind in request.facts.thinking:
        return None
    if kind == "adaptive":
        return "adaptive thinking is not supported on this model"
    if kind == "disabled" and "between_tools" in request.facts.thinking:
        return _USE_BETWEEN_TOOLS
    if "adaptive" in request.facts.thinking:
        return f'"thinking.type.{kind}" is not supported for this model. {_USE_ADAPTIVE}'
    return f'"thinking.type.{kind}" is not supported for this model.'


def find_thinking_budget_too_large(request: Inspection) -> Problem:
    """Thinking that is interleaved with calls of tools may take more than one answer holds."""
    budget = request.get_object("thinking").get("budget_tokens")
    max_tokens = request.body.get("max_tokens")
    if not is_integer(budget) or not is_integer(max_tokens) or budget < max_tokens:
        return None
    if INTERLEAVED in request.betas and request.tools:
        return None
    return (
        "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
        "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
    )


def find_thinking_with_forced_tool(request: Inspection) -> Problem:
    if get_thinking_kind(request) == "enabled" and is_forcing(request):
        return "Thinking may not be enabled when tool_choice forces tool use."
    return None


def find_effort_too_high_without_thinking(request: Inspection) -> Problem:
    if get_thinking_kind(request) not in ("disabled", "between_tools") or request.facts.disables_at_any_effort:
        return None
    effort = get_string(request.get_object("output_config"), "effort")
    efforts = request.facts.efforts
    if effort in efforts and efforts.index(effort) > efforts.index(_HIGH):
        return (
            f"output_config.effort '{effort}' is not supported when thinking is disabled on this model. "
            "Use effort 'high' or below, or enable thinking."
        )
    return None


def find_altered_thinking_block(request: Inspection) -> Problem:
    for placed in request.notable:
        kind, block = placed.kind, placed.block
        if kind == "thinking" and not is_genuine(get_string(block, "thinking"), get_string(block, "signature")):
            return f"{placed.path}: Invalid `signature` in `thinking` block"
        if kind == "redacted_thinking" and not is_base64(get_string(block, "data")):
            return f"{placed.path}: Invalid `data` in `redacted_thinking` block"
        if kind in ("thinking", "redacted_thinking") and placed.role == "user":
            return f"{placed.path}: `{kind}` blocks can only be in `assistant` messages"
    return None


def is_base64(data: str) -> bool:
    try:
        return bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False


def find_clearing_of_absent_thinking(request: Inspection) -> Problem:
    kind = get_thinking_kind(request)
    thinks = kind in ("enabled", "adaptive", "between_tools") or (not kind and request.facts.thinks_by_default)
    for edit in get_objects(request.get_object("context_management").get("edits")):
        if edit.get("type") == "clear_thinking_20251015" and not thinks:
            return "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive"
    return None
