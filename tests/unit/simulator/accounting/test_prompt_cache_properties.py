"""What holds of every request's cache usage, whatever it holds and wherever its breakpoints stand."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.simulator.accounting.context_editing import manage_context
from ingate.simulator.accounting.prompt_cache import InputUsage, PromptCache
from ingate.simulator.accounting.tokens import count_input_tokens
from ingate.simulator.model_facts import get_model_facts

MODELS = ("claude-sonnet-4-5", "claude-opus-5", "claude-haiku-4-5")

Strategy: TypeAlias = st.SearchStrategy[Any]


def marked(block: dict[str, Any], mark: dict[str, Any]) -> dict[str, Any]:
    return block | mark


def make_text(length: int) -> str:
    return "word " * length + str(length)


def make_messages(role: str, blocks: Strategy) -> Strategy:
    contents: Strategy = st.lists(blocks, max_size=4)
    return st.fixed_dictionaries({"role": st.just(role), "content": contents})


def mark_some(blocks: Strategy) -> Strategy:
    return st.builds(marked, blocks, MARKS)


MARKS: Strategy = st.sampled_from([{}, {}, {"cache_control": {"type": "ephemeral"}}])
TEXTS: Strategy = st.integers(0, 3_000).map(make_text)
TEXT_BLOCKS = mark_some(st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}))
THOUGHTS: Strategy = st.just({"type": "thinking", "thinking": "Hm. " * 50, "signature": "c2ln"})
CALLS: Strategy = st.just({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}})
RESULTS = mark_some(
    st.fixed_dictionaries({"type": st.just("tool_result"), "tool_use_id": st.just("t"), "content": TEXTS})
)
TOOLS = mark_some(
    st.fixed_dictionaries({"name": st.just("f"), "description": TEXTS, "input_schema": st.just({"type": "object"})})
)
MESSAGES: Strategy = st.one_of(
    make_messages("user", st.one_of(TEXT_BLOCKS, RESULTS)),
    make_messages("assistant", st.one_of(THOUGHTS, CALLS, TEXT_BLOCKS)),
)
SYSTEMS: Strategy = st.one_of(TEXTS, st.lists(TEXT_BLOCKS, max_size=2))
BODIES: Strategy = st.fixed_dictionaries(
    {"model": st.sampled_from(MODELS), "messages": st.lists(MESSAGES, min_size=1, max_size=6)},
    optional={
        "system": SYSTEMS,
        "tools": st.lists(TOOLS, max_size=2),
        "thinking": st.just({"type": "enabled", "budget_tokens": 1_024}),
        "cache_control": st.sampled_from([{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}]),
    },
)


def charge(cache: PromptCache, body: dict[str, Any]) -> InputUsage:
    facts = get_model_facts(body["model"])
    return cache.charge(body, facts=facts, partition="resource", input_tokens=count_input_tokens(body, facts))


def get_sizes(usage: InputUsage) -> tuple[int, ...]:
    return usage.uncached, usage.cache_creation_5m, usage.cache_creation_1h, usage.cache_read


@given(st.lists(BODIES, min_size=1, max_size=4))
@settings(deadline=None, max_examples=60)
def test_the_parts_are_never_negative_and_make_up_all_of_the_input(requests: list[dict[str, Any]]) -> None:
    cache = PromptCache(clock=lambda: 0.0)
    for body in requests:
        usage = charge(cache, body)
        assert min(get_sizes(usage)) >= 0
        assert usage.total == count_input_tokens(body)


@given(BODIES)
@settings(deadline=None, max_examples=60)
def test_the_same_request_again_reads_what_it_read_and_wrote_before(body: dict[str, Any]) -> None:
    cache = PromptCache(clock=lambda: 0.0)
    first, second = charge(cache, body), charge(cache, body)
    written = first.cache_creation_5m + first.cache_creation_1h
    assert get_sizes(second) == (first.uncached, 0, 0, first.cache_read + written)


@given(BODIES, st.integers(0, 400))
@settings(deadline=None, max_examples=40)
def test_after_an_hour_everything_is_written_again(body: dict[str, Any], more: int) -> None:
    now = 0.0
    cache = PromptCache(clock=lambda: now)
    first = charge(cache, body)
    now = 3_600.0 + more
    assert get_sizes(charge(cache, body)) == get_sizes(first)


@given(BODIES)
@settings(deadline=None, max_examples=40)
def test_a_context_that_nobody_manages_is_the_request_itself(body: dict[str, Any]) -> None:
    managed = manage_context(body)
    assert managed.body is body
    assert managed.input_tokens == managed.original_input_tokens == count_input_tokens(body)
