"""What is known of each model, as far as it decides what is refused, cached and counted: data beside this file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model's limits and manners. Sources: Anthropic's and Microsoft's model pages (see model_facts.json)."""

    model_id: str
    context_window: int
    """Tokens, input and output together."""
    max_output: int
    """Tokens: the largest `max_tokens`."""
    thinking: frozenset[str]
    """Values of `thinking.type` that it takes; none: it does not think."""
    thinks_by_default: bool
    """It thinks adaptively without being asked to."""
    efforts: tuple[str, ...]
    """Values of `output_config.effort`, from low to high; none: it does not take the parameter."""
    takes_sampling: bool
    """`temperature`, `top_p` and `top_k` other than the defaults."""
    takes_prefill: bool
    """The conversation may end with the assistant's turn."""
    minimum_cache_tokens: int
    """A shorter prefix is not cached."""
    image_side: int
    """Pixels that the longer side of an image is scaled down to."""
    image_tokens: int
    """What an image costs at most."""
    overflow_stops: bool
    """Input and `max_tokens` together may exceed the window: the answer then ends with
    `model_context_window_exceeded`. Older models refuse such a request."""
    takes_forced_tools: bool
    """`tool_choice` may be `any` or `tool`."""
    disables_at_any_effort: bool
    """Thinking may be disabled, or confined to between tools, at efforts above `high` too."""
    takes_system_messages: bool
    """A message's role may be `system`, after the first message."""
    takes_both_samplers: bool
    """`temperature` and `top_p` in one request."""


class _FactsFile(msgspec.Struct, frozen=True):
    models: list[ModelFacts]
    aliases: dict[str, str]
    permissive: ModelFacts


_DATE_SUFFIX = re.compile(r"-20\d{6}\Z")


@cache
def get_facts_file() -> _FactsFile:
    """Read at the first question, so that importing the simulator reads no file."""
    data = resources.files("ingate.simulator").joinpath("model_facts.json").read_bytes()
    return msgspec.json.decode(data, type=_FactsFile)


@cache
def get_all_model_facts() -> Mapping[str, ModelFacts]:
    """The facts by model id, in the order of the file."""
    return MappingProxyType({facts.model_id: facts for facts in get_facts_file().models})


def find_model_facts(upstream_model: str) -> ModelFacts | None:
    """The facts of a model by its id, by an alias such as claude-sonnet-4-0, or by the id with a date after it."""
    known = get_all_model_facts()
    model_id = get_facts_file().aliases.get(upstream_model, upstream_model)
    return known.get(model_id) or known.get(_DATE_SUFFIX.sub("", model_id))


def get_model_facts(upstream_model: str) -> ModelFacts:
    """The facts of a model; for an unknown one, those that refuse the least."""
    return find_model_facts(upstream_model) or get_facts_file().permissive
