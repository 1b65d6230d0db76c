"""Numbers that depend on the model: output, context window, sampling, effort."""

from __future__ import annotations

import math

from ingate.simulator.accounting.tokens import count_input_tokens
from ingate.simulator.json_value import get_string, is_integer, is_number
from ingate.simulator.validation.inspection import Inspection, Problem
from ingate.simulator.validation.thinking import get_thinking_kind
from ingate.simulator.validation.tool_definitions import is_forcing

LONG_CONTEXT = "context-1m-2025-08-07"
LONG_CONTEXT_WINDOW = 1_000_000
LONG_CONTEXT_MODELS = frozenset({"claude-sonnet-4", "claude-sonnet-4-5"})
LONG_OUTPUT = "output-128k-2025-02-19"
LONG_OUTPUT_LIMIT = 128_000
LONG_OUTPUT_MODELS = frozenset({"claude-3-7-sonnet"})
OVERFLOW_STOPS = "model-context-window-exceeded-2025-08-26"

_MOST_FOR_BYTE = 2
_MOST_FOR_IMAGE = 6_000
"""Tokens; more than the largest image costs."""
_MOST_FOR_TOOL = 3_000
_LOWEST_TOP_P = 0.95
_LOWEST_FIXED_TOP_P = 0.99


def find_too_many_max_tokens(request: Inspection) -> Problem:
    max_tokens = request.body.get("max_tokens")
    limit = request.facts.max_output
    if LONG_OUTPUT in request.betas and request.facts.model_id in LONG_OUTPUT_MODELS:
        limit = LONG_OUTPUT_LIMIT
    if not is_integer(max_tokens) or max_tokens <= limit:
        return None
    return (
        f"max_tokens: {max_tokens} > {limit}, "
        f"which is the maximum allowed number of output tokens for {request.model}"
    )


def find_unusable_warm_up(request: Inspection) -> Problem:
    """max_tokens 0 fills the prompt cache and answers nothing, so nothing may be asked of the answer."""
    if request.body.get("max_tokens") != 0:
        return None
    reason = (
        "stream: true"
        if request.body.get("stream") is True
        else 'thinking.type "enabled"'
        if get_thinking_kind(request) == "enabled"
        else "output_config.format"
        if request.get_object("output_config").get("format")
        else "a forced tool_choice"
        if is_forcing(request)
        else None
    )
    return f"max_tokens: 0 is not allowed with {reason}" if reason else None


def find_context_overflow(request: Inspection) -> Problem:
    """Counts only what could be too much by its size."""
    window = request.facts.context_window
    if LONG_CONTEXT in request.betas and request.facts.model_id in LONG_CONTEXT_MODELS:
        window = LONG_CONTEXT_WINDOW
    max_tokens = request.body.get("max_tokens")
    wanted = max_tokens if is_integer(max_tokens) else 0
    stops = request.facts.overflow_stops or OVERFLOW_STOPS in request.betas
    if get_most_tokens(request) + (0 if stops else wanted) <= window:
        return None
    tokens = count_input_tokens(request.body, request.facts)
    if tokens > window:
        return f"prompt is too long: {tokens} tokens > {window} maximum"
    if not stops and tokens + wanted > window:
        return (
            f"input length and `max_tokens` exceed context limit: {tokens} + {wanted} > {window}, "
            "decrease input length or `max_tokens` and try again"
        )
    return None


def get_most_tokens(request: Inspection) -> float:
    """A bound that costs nothing to find. Pages of documents have none."""
    if any(placed.kind == "document" for placed in request.notable):
        return math.inf
    images = sum(placed.kind == "image" for placed in request.notable)
    own = (len(request.tools) + 2) * _MOST_FOR_TOOL
    return request.size * _MOST_FOR_BYTE + images * _MOST_FOR_IMAGE + own


def find_unsupported_sampling(request: Inspection) -> Problem:
    """Newer models take the defaults, for the sake of old clients, and nothing else."""
    if request.facts.takes_sampling:
        return None
    temperature, top_p = request.body.get("temperature"), request.body.get("top_p")
    if is_number(temperature) and temperature != 1:
        return "`temperature` is deprecated for this model."
    if is_number(top_p) and top_p < _LOWEST_FIXED_TOP_P:
        return "`top_p` is deprecated for this model."
    return "`top_k` is deprecated for this model." if "top_k" in request.body else None


def find_two_sampling_parameters(request: Inspection) -> Problem:
    facts = request.facts
    both = "temperature" in request.body and "top_p" in request.body
    if both and facts.takes_sampling and not facts.takes_both_samplers:
        return "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    return None


def find_sampling_of_thinking(request: Inspection) -> Problem:
    if get_thinking_kind(request) not in ("enabled", "adaptive"):
        return None
    when = "when thinking is enabled or in adaptive mode"
    temperature, top_p = request.body.get("temperature"), request.body.get("top_p")
    if is_number(temperature) and temperature != 1:
        return f"`temperature` may only be set to 1 {when}."
    if is_number(top_p) and top_p < _LOWEST_TOP_P:
        return f"`top_p` must be greater than or equal to {_LOWEST_TOP_P} or unset {when}."
    return f"`top_k` must be unset {when}." if "top_k" in request.body else None


def find_unsupported_effort(request: Inspection) -> Problem:
    effort = get_string(request.get_object("output_config"), "effort")
    efforts = request.facts.efforts
    if not effort or effort in efforts:
        return None
    if not efforts:
        return "This model does not support the effort parameter."
    listed = ", ".join(sorted(efforts))
    return f"This model does not support effort level '{effort}'. Supported levels: {listed}."
