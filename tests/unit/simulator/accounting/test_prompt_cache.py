"""What a conversation's requests read from the prompt cache and write to it, and what makes them miss."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ingate.simulator.accounting.prompt_cache import InputUsage, PromptCache, add_inference
from ingate.simulator.accounting.tokens import count_input_tokens
from ingate.simulator.model_facts import get_model_facts

MARK: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
HOUR: dict[str, Any] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
LONG = "All that the assistant has to know. " * 300
"""About 2,100 tokens; the model below caches from 1,024 on."""
MODEL = "claude-sonnet-4-5"
TAIL = 3
"""Tokens after the last message, which no breakpoint covers."""


def text(content: str, mark: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": content} | (mark or {})


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


@dataclass
class Resource:
    """Requests to one model, at times that the test decides."""

    now: float = 0.0
    cache: PromptCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = PromptCache(clock=lambda: self.now)

    def send(self, *messages: dict[str, Any], partition: str = "resource", **fields: Any) -> InputUsage:
        body: dict[str, Any] = {"model": MODEL, "messages": list(messages)} | fields
        facts = get_model_facts(body["model"])
        tokens = count_input_tokens(body, facts)
        usage = self.cache.charge(body, facts=facts, partition=partition, input_tokens=tokens)
        assert usage.total == tokens
        return usage


@pytest.fixture
def resource() -> Resource:
    return Resource()


SYSTEM = [text(LONG, MARK)]


# What is read and written


def test_nothing_is_cached_unasked(resource: Resource) -> None:
    usage = resource.send(user(text(LONG)))
    assert (usage.cache_creation_5m, usage.cache_creation_1h, usage.cache_read) == (0, 0, 0)
    assert resource.cache.count_entries() == 0


def test_the_second_request_reads_what_the_first_wrote(resource: Resource) -> None:
    first = resource.send(user(text("One question")), system=SYSTEM)
    second = resource.send(user(text("Another")), system=SYSTEM)
    assert first.cache_read == 0
    assert first.cache_creation_5m > 2_000
    assert second.cache_read == first.cache_creation_5m
    assert second.cache_creation_5m == 0


def test_automatic_caching_follows_a_growing_conversation(resource: Resource) -> None:
    messages = [user(text(LONG))]
    written = 0
    for number in range(5):
        usage = resource.send(*messages, **MARK)
        assert usage.cache_read == written
        assert usage.uncached == TAIL
        written += usage.cache_creation_5m
        messages += [assistant(text(f"Answer {number}")), user(text(f"Question {number}"))]


def test_a_text_is_the_same_as_a_string_and_as_a_block_and_with_a_breakpoint_or_without(resource: Resource) -> None:
    first = resource.send({"role": "user", "content": LONG}, **MARK)
    second = resource.send(user(text(LONG, MARK)))
    assert second.cache_read == first.cache_creation_5m


def test_a_prefix_below_the_models_minimum_is_not_cached(resource: Resource) -> None:
    short = [text("word " * 900, MARK)]
    for _ in range(2):
        usage = resource.send(user(text("Question")), system=short)
        assert (usage.cache_creation_5m, usage.cache_read) == (0, 0)
    usage = resource.send(user(text("Question")), system=short, model="claude-opus-5")
    assert usage.cache_creation_5m > 512


def test_each_section_up_to_its_own_breakpoint(resource: Resource) -> None:
    tools = [{"name": "f", "description": LONG, "input_schema": {"type": "object"}} | MARK]
    both: dict[str, Any] = {"tools": tools, "system": SYSTEM}
    resource.send(user(text("Question")), **both)
    changed = resource.send(user(text("Question")), tools=tools, system=[text("Other " + LONG, MARK)])
    assert changed.cache_read > 2_000
    assert changed.cache_creation_5m > 2_000


def test_a_breakpoint_on_what_changes_with_every_request_is_never_read(resource: Resource) -> None:
    for minute in range(3):
        usage = resource.send(user(text(LONG), text(f"It is 12:0{minute}", MARK)))
        assert usage.cache_read == 0
        assert usage.cache_creation_5m > 2_000


def test_thinking_and_empty_text_carry_no_breakpoint(resource: Resource) -> None:
    usage = resource.send(user(text(LONG)), user(text("")), **MARK)
    assert usage.cache_creation_5m > 2_000
    assert usage.uncached > TAIL


def test_a_breakpoint_inside_a_tool_result_stands_at_its_end(resource: Resource) -> None:
    call: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [text(LONG, MARK)]}
    messages = [user(text("Question")), assistant(call), user(result)]
    first = resource.send(*messages)
    assert first.uncached == TAIL
    assert resource.send(*messages).cache_read == first.cache_creation_5m


# Look-back


@pytest.mark.parametrize(("added", "is_found"), [(1, True), (19, True), (20, False), (25, False)])
def test_a_breakpoint_looks_back_twenty_blocks_and_no_further(resource: Resource, added: int, is_found: bool) -> None:
    resource.send(user(text(LONG, MARK)))
    blocks = [text(f"Block {number}") for number in range(added - 1)]
    usage = resource.send(user(text(LONG), *blocks, text("The last", MARK)))
    assert (usage.cache_read > 0) == is_found


def test_a_second_breakpoint_looks_back_on_its_own(resource: Resource) -> None:
    resource.send(user(text(LONG, MARK)))
    blocks = [text(f"Block {number}", MARK if number == 10 else None) for number in range(25)]
    usage = resource.send(user(text(LONG), *blocks, text("The last", MARK)))
    assert usage.cache_read > 2_000


# Lifetimes


@pytest.mark.parametrize(
    ("mark", "pause", "lives"),
    [(MARK, 299, True), (MARK, 300, False), (HOUR, 3_599, True), (HOUR, 3_600, False)],
)
def test_an_entry_lives_as_long_as_its_breakpoint_says(
    resource: Resource, mark: dict[str, Any], pause: float, lives: bool
) -> None:
    resource.send(user(text(LONG, mark)))
    resource.now += pause
    assert (resource.send(user(text(LONG, mark))).cache_read > 0) == lives


def test_reading_begins_the_lifetime_anew(resource: Resource) -> None:
    resource.send(user(text(LONG, MARK)))
    for _ in range(5):
        resource.now += 200
        assert resource.send(user(text(LONG, MARK))).cache_read > 0
    resource.now += 301
    assert resource.send(user(text(LONG, MARK))).cache_read == 0


def test_an_hour_is_billed_before_five_minutes(resource: Resource) -> None:
    system = [text(LONG, HOUR)]
    first = resource.send(user(text(LONG, MARK)), system=system)
    assert first.cache_creation_1h > 2_000
    assert first.cache_creation_5m > 2_000
    resource.now += 301
    second = resource.send(user(text(LONG, MARK)), system=system)
    assert second.cache_read == first.cache_creation_1h
    assert second.cache_creation_5m == first.cache_creation_5m
    assert second.cache_creation_1h == 0


# What invalidates

TOOL = {"name": "f", "description": LONG, "input_schema": {"type": "object"}} | MARK
OTHER_TOOL = {"name": "g", "input_schema": {"type": "object"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Words"},
    "citations": {"enabled": True},
}
BEFORE: dict[str, Any] = {
    "tools": [TOOL],
    "system": SYSTEM,
    "messages": [user(text(LONG, MARK)), assistant(text("Yes")), user(text("Go on"))],
}


@pytest.mark.parametrize(
    ("change", "sections_read"),
    [
        ({}, 3),
        ({"tools": [TOOL | {"description": "Another"}]}, 0),
        ({"tools": [OTHER_TOOL, TOOL]}, 0),
        ({"tools": [TOOL | {"cache_control": None}, SEARCH | MARK]}, 1),
        ({"messages": [*BEFORE["messages"], user(DOCUMENT)]}, 1),
        ({"speed": "fast"}, 1),
        ({"output_config": {"format": {"type": "json_schema", "schema": {}}}}, 1),
        ({"system": [text("Other " + LONG, MARK)]}, 1),
        ({"tool_choice": {"type": "any"}}, 2),
        ({"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, 2),
        ({"tool_choice": {"type": "auto"}}, 3),
        ({"thinking": {"type": "enabled", "budget_tokens": 2_000}}, 2),
        ({"thinking": {"type": "disabled"}}, 3),
        ({"output_config": {"effort": "low"}}, 2),
        ({"output_config": {"effort": "high"}}, 3),
        ({"messages": [*BEFORE["messages"], user(IMAGE)]}, 2),
        ({"messages": [*BEFORE["messages"], user(text("More"))]}, 3),
        ({"messages": [user(text("Other " + LONG, MARK))]}, 2),
        ({"max_tokens": 7, "temperature": 0.5, "stream": True, "metadata": {"user_id": "u"}}, 3),
    ],
    ids=str,
)
def test_a_change_invalidates_its_section_and_those_after_it(
    resource: Resource, change: dict[str, Any], sections_read: int
) -> None:
    """Tools, system and messages have about 2,100 tokens each up to their breakpoints."""
    resource.send(*BEFORE["messages"], **{name: BEFORE[name] for name in ("tools", "system")})
    body = BEFORE | change
    usage = resource.send(*body["messages"], **{name: body[name] for name in body if name != "messages"})
    assert round(usage.cache_read / 2_300) == sections_read


def test_models_and_partitions_share_nothing(resource: Resource) -> None:
    resource.send(user(text(LONG, MARK)))
    assert resource.send(user(text(LONG, MARK)), partition="another").cache_read == 0
    assert resource.send(user(text(LONG, MARK)), model="claude-opus-4-1").cache_read == 0
    assert resource.send(user(text(LONG, MARK))).cache_read > 0


def test_the_order_of_a_tools_input_counts_but_not_that_of_a_blocks_members(resource: Resource) -> None:
    def ask(call: dict[str, Any]) -> int:
        return resource.send(user(text(LONG)), assistant(call), user(text("Go on")), **MARK).cache_read

    ask({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1, "b": 2}})
    assert ask({"name": "f", "input": {"a": 1, "b": 2}, "id": "t", "type": "tool_use"}) > 0
    assert ask({"type": "tool_use", "id": "t", "name": "f", "input": {"b": 2, "a": 1}}) == 0


def test_a_tool_whose_loading_is_deferred_is_not_part_of_the_prefix(resource: Resource) -> None:
    resource.send(user(text("Question")), tools=[TOOL], system=SYSTEM)
    deferred = OTHER_TOOL | {"defer_loading": True}
    assert resource.send(user(text("Question")), tools=[TOOL, deferred], system=SYSTEM).cache_read > 4_000


# Keeping


def test_the_oldest_entries_make_way_when_there_are_too_many(resource: Resource) -> None:
    resource.cache = PromptCache(clock=lambda: resource.now, maximum_entries=3)
    for number in range(5):
        resource.send(user(text(f"{number} {LONG}", MARK)))
    assert resource.cache.count_entries() == 3
    assert resource.send(user(text(f"4 {LONG}", MARK))).cache_read > 0
    assert resource.send(user(text(f"0 {LONG}", MARK))).cache_read == 0


def test_a_partition_can_be_forgotten_alone(resource: Resource) -> None:
    resource.send(user(text(LONG, MARK)), partition="one")
    resource.send(user(text(LONG, MARK)), partition="two")
    resource.cache.clear("one")
    assert resource.send(user(text(LONG, MARK)), partition="one").cache_read == 0
    assert resource.send(user(text(LONG, MARK)), partition="two").cache_read > 0
    resource.cache.clear()
    assert resource.cache.count_entries() == 0


# Beside recordings

RECORDED_TURNS = {"77655e9d0c6d": 1, "8fee2f564441": 5, "9578676e729f": 0, "640d6992e827": 0}
"""Recorded requests with caching, and how many of their messages an earlier request had sent."""


@pytest.mark.parametrize(("request_id", "sent_before"), RECORDED_TURNS.items())
def test_recorded_requests_are_split_as_they_were(
    resource: Resource, fixtures_dir: Path, request_id: str, sent_before: int
) -> None:
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    row = next(row for row in map(json.loads, lines) if row["id"] == request_id)
    messages: list[dict[str, Any]] = row["request"].pop("messages")
    if sent_before:
        resource.send(*messages[:sent_before], **row["request"])
    usage = resource.send(*messages, **row["request"])
    reported = row["usage"]
    assert usage.cache_read == pytest.approx(reported["cache_read_input_tokens"], rel=0.15)
    assert usage.cache_creation_5m == pytest.approx(reported["cache_creation_input_tokens"], rel=0.15)
    assert usage.uncached == pytest.approx(reported["input_tokens"], abs=4)


# A server's tool in between


def test_a_servers_result_is_written_for_five_minutes_and_the_rest_read_again() -> None:
    first = InputUsage(uncached=10, cache_creation_1h=2_000, cache_read=500)
    assert add_inference(first, 300) == InputUsage(
        uncached=10, cache_creation_5m=310, cache_creation_1h=2_000, cache_read=500 + 2_500
    )


def test_without_caching_a_servers_result_costs_the_prompt_twice() -> None:
    assert add_inference(InputUsage(uncached=100), 30) == InputUsage(uncached=230)
