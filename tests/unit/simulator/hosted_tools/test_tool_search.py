"""The tool search: deferred tools whose names, descriptions or arguments have words of the prompt."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.simulator.hosted_tools.conftest import Act, Json, say

BM25 = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
REGEX = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}


def build_tool(name: str, description: str = "", **fields: object) -> Json:
    return {
        "name": name,
        "description": description,
        "input_schema": {"type": "object"},
        "defer_loading": True,
        **fields,
    }


RATE = build_tool("get_exchange_rate", "Look up the current exchange rate between two currencies.")
STOCK = build_tool("stock_lookup", "Look up a stock price by its symbol.")


def find(act: Act, prompt: str, *tools: Json) -> tuple[Any, tuple[str, ...]]:
    activity = act(prompt, tools=list(tools))
    assert activity
    use, result = activity.blocks
    content: Any = result["content"]
    assert tuple(found["tool_name"] for found in content["tool_references"]) == activity.found_tools
    return use["input"], activity.found_tools


def test_a_tool_with_a_word_of_the_prompt_is_found(act: Act) -> None:
    asked, found = find(act, "What is the exchange rate of USD to EUR?", RATE, STOCK, BM25)
    assert asked == {"query": "exchange rate usd eur"}
    assert found == ("get_exchange_rate",)


def test_the_regex_search_asks_with_a_pattern(act: Act) -> None:
    asked, found = find(act, "exchange rate", RATE, STOCK, REGEX)
    assert asked == {"pattern": "(?i)exchange|rate"}
    assert found == ("get_exchange_rate",)


def test_the_tool_with_most_words_is_found_first(act: Act) -> None:
    assert find(act, "Look up the price of a stock", RATE, STOCK, BM25)[1] == ("stock_lookup", "get_exchange_rate")


def test_arguments_are_searched_too(act: Act) -> None:
    schema = {"type": "object", "properties": {"ticker": {"type": "string", "description": "of a wether"}}}
    tool = build_tool("a", input_schema=schema)
    assert find(act, "wether", tool, BM25)[1] == find(act, "ticker", tool, BM25)[1] == ("a",)


def test_at_most_five_are_found(act: Act) -> None:
    assert len(find(act, "sheep", *(build_tool(f"sheep_{n}") for n in range(9)), BM25)[1]) == 5


@pytest.mark.parametrize("prompt", ["hello", "", "what is this for", "simulate 3 uses"])
def test_a_prompt_with_no_word_of_any_tool_finds_nothing(act: Act, prompt: str) -> None:
    assert find(act, prompt, RATE, STOCK, BM25)[1] == ()


def test_tools_that_are_loaded_anyhow_are_not_searched(act: Act) -> None:
    assert find(act, "exchange", RATE | {"defer_loading": False}, STOCK, BM25)[1] == ()


def test_what_was_found_stays_found_in_the_turn(act: Act) -> None:
    tools = [RATE, BM25]
    first = act("exchange", tools=tools)
    assert first
    call: Json = {"type": "tool_use", "id": "toolu_1", "name": "get_exchange_rate", "input": {}}
    answer = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "1.1"}]}
    assert act("exchange", say(*first.blocks, call), answer, tools=tools) is None
