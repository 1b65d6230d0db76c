"""When the servers' tools are used: each once a turn, before anything else, unless `tool_choice` has it otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.simulator.hosted_tools.conftest import (
    CODE_EXECUTION,
    WEB_FETCH,
    WEB_SEARCH,
    Act,
    Json,
    check_block,
    say,
)

from ingate.simulator.hosted_tools.activity import USES_PER_ANSWER

ADVISOR = {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-4-8"}
OWN_TOOL = {"name": "count_sheep", "input_schema": {"type": "object"}}
CALL: Json = {"type": "tool_use", "id": "toolu_1", "name": "count_sheep", "input": {}}
RESULT: Json = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"}]}


def list_types(act: Act, *arguments: object, **fields: object) -> list[str]:
    activity = act(*arguments, **fields)
    return [str(block["type"]) for block in activity.blocks] if activity else []


def get_members(content: Any) -> set[str]:
    """Of a result, or of the first of several."""
    content = content[0] if isinstance(content, list) else content  # pyright: ignore[reportUnknownVariableType]
    return set(content or ())  # pyright: ignore[reportUnknownArgumentType]


def test_without_a_tool_of_the_servers_nothing_happens(act: Act) -> None:
    assert act() is None
    assert act(tools=[OWN_TOOL]) is None


def test_a_tool_that_is_offered_is_used_and_its_result_follows_its_use(act: Act) -> None:
    activity = act(tools=[WEB_SEARCH])
    assert activity
    use, result = activity.blocks
    assert (use["type"], result["type"]) == ("server_tool_use", "web_search_tool_result")
    assert result["tool_use_id"] == use["id"]
    assert str(use["id"]).startswith("srvtoolu_01")
    assert activity.input_tokens > 0


def test_the_same_request_gets_the_same_blocks_and_another_other_ids(act: Act) -> None:
    assert act(tools=[WEB_SEARCH]) == act(tools=[WEB_SEARCH])
    one, other = act(tools=[WEB_SEARCH]), act("Which goats?", tools=[WEB_SEARCH])
    assert one
    assert other
    assert one.blocks[0]["id"] != other.blocks[0]["id"]


def test_each_tool_offered_is_used_and_a_search_comes_before_a_fetch_that_can_use_what_it_found(act: Act) -> None:
    activity = act(tools=[CODE_EXECUTION, WEB_FETCH, WEB_SEARCH])
    assert activity
    uses = [block for block in activity.blocks if block["type"] == "server_tool_use"]
    assert [use["name"] for use in uses] == ["web_search", "web_fetch", "bash_code_execution"]
    assert len({str(use["id"]) for use in uses}) == 3
    assert "https://example.com/simulated/" in str(uses[1]["input"])


@pytest.mark.parametrize(
    ("choice", "used"),
    [
        ({"type": "none"}, []),
        ({"type": "auto"}, ["web_search", "bash_code_execution"]),
        ({"type": "any"}, ["web_search", "bash_code_execution"]),
        ({"type": "tool", "name": "code_execution"}, ["bash_code_execution"]),
        ({"type": "tool", "name": "count_sheep"}, []),
    ],
)
def test_tool_choice_says_which_are_used(act: Act, choice: Json, used: list[str]) -> None:
    activity = act(tools=[WEB_SEARCH, CODE_EXECUTION, OWN_TOOL], tool_choice=choice)
    blocks = activity.blocks if activity else ()
    assert [block["name"] for block in blocks if block["type"] == "server_tool_use"] == used


def test_a_tool_is_not_used_again_when_the_client_answers_a_call_of_the_same_turn(act: Act) -> None:
    first = act(tools=[WEB_SEARCH, OWN_TOOL])
    assert first
    assert act("Which sheep live in Wales?", say(*first.blocks, CALL), RESULT, tools=[WEB_SEARCH, OWN_TOOL]) is None


def test_the_next_question_has_tools_used_anew(act: Act) -> None:
    first = act(tools=[WEB_SEARCH])
    assert first
    earlier = [{"role": "user", "content": "Which sheep live in Wales?"}, say(*first.blocks)]
    assert list_types(act, "And in Scotland?", earlier=earlier, tools=[WEB_SEARCH]) == [
        "server_tool_use",
        "web_search_tool_result",
    ]


def test_a_turn_that_is_asked_to_pause_ends_with_a_use_whose_result_the_next_answer_begins_with(act: Act) -> None:
    prompt = "Which sheep? Please simulate pause_turn."
    paused = act(prompt, tools=[WEB_SEARCH, CODE_EXECUTION])
    assert paused
    assert paused.pauses
    assert [block["type"] for block in paused.blocks] == ["server_tool_use"]
    assert paused.web_search_requests == 0

    continued = act(prompt, say(*paused.blocks), tools=[WEB_SEARCH, CODE_EXECUTION])
    assert continued
    assert not continued.pauses
    assert continued.blocks[0]["tool_use_id"] == paused.blocks[0]["id"]
    assert [block["type"] for block in continued.blocks] == [
        "web_search_tool_result",
        "server_tool_use",
        "bash_code_execution_tool_result",
    ]
    assert continued.web_search_requests == 1


def test_after_ten_uses_in_one_answer_the_turn_pauses_by_itself(act: Act) -> None:
    prompt = "Look everywhere: simulate 12 uses"
    first = act(prompt, tools=[WEB_SEARCH])
    assert first
    assert first.pauses
    assert first.web_search_requests == USES_PER_ANSWER
    second = act(prompt, say(*first.blocks), tools=[WEB_SEARCH])
    assert second
    assert not second.pauses
    assert second.web_search_requests == 2


@pytest.mark.parametrize(
    ("tool", "code"),
    [
        (WEB_SEARCH, "query_too_long"),
        (WEB_FETCH, "url_not_accessible"),
        (CODE_EXECUTION, "execution_time_exceeded"),
        (ADVISOR, "overloaded"),
        ({"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}, "too_many_requests"),
    ],
)
def test_a_prompt_can_ask_for_any_error_that_a_tool_has(act: Act, tool: Json, code: str) -> None:
    activity = act(f"Read https://example.com/a, but simulate error {code}", tools=[tool])
    assert activity
    content: Any = activity.blocks[-1]["content"]
    assert content["error_code"] == code
    assert content["type"].endswith("_tool_result_error")


def test_a_tool_ignores_an_error_that_it_does_not_have(act: Act) -> None:
    activity = act("Which sheep? simulate error url_too_long", tools=[WEB_SEARCH])
    assert activity
    assert isinstance(activity.blocks[-1]["content"], list)


def test_a_tool_whose_loading_is_deferred_is_used_once_a_search_has_found_it(act: Act) -> None:
    search = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    deferred = WEB_SEARCH | {"defer_loading": True}
    assert "web_search_tool_result" not in list_types(act, "Count sheep", tools=[search, deferred])
    assert "web_search_tool_result" in list_types(act, "Do a web search for sheep", tools=[search, deferred])


def test_the_advisor_gives_advice_that_says_it_is_simulated(act: Act) -> None:
    activity = act(tools=[ADVISOR])
    assert activity
    use, result = activity.blocks
    assert use["input"] == {}
    content: Any = result["content"]
    assert content["text"].startswith("Simulated advice: claude-opus-4-8")


@pytest.mark.parametrize(
    "messages", [[], [{"role": "user", "content": []}], [{"role": "assistant", "content": 5}], "?"]
)
def test_a_body_that_was_let_through_unchecked_does_no_harm(act: Act, messages: object) -> None:
    tools = [{}, {"type": 7}, WEB_SEARCH | {"allowed_domains": 3, "max_uses": "x"}, WEB_FETCH, CODE_EXECUTION]
    assert act(tools=tools, messages=messages, mcp_servers=[{}, {"name": 4, "tool_configuration": []}])


@pytest.mark.parametrize("name", ["web_search_json", "web_fetch_json", "code_exec_json", "mcp_json"])
def test_our_blocks_have_the_members_of_recorded_ones(act: Act, fixtures_dir: Path, name: str) -> None:
    """Same kinds of block in the same order, with the same members, but for what only some answers have."""
    recorded = json.loads((fixtures_dir / "claude" / f"{name}.json").read_text())["content"]
    request = json.loads((fixtures_dir / "claude" / f"{name}.meta.json").read_text())["request_body"]
    activity = act(**request)
    assert activity
    for block in activity.blocks:
        check_block(block)
        [alike, *_] = [other for other in recorded if other["type"] == block["type"]]
        assert block.keys() - {"caller"} == alike.keys() - {"caller"}
        assert get_members(block.get("content")) == get_members(alike.get("content"))
