"""The MCP connector: calls of servers that no one contacts, with tools as far as the request tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.unit.simulator.hosted_tools.conftest import Act, Json, say

SERVER = {"type": "url", "url": "https://mcp.example/", "name": "wiki"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "wiki"}
LISTING = ("mcp-client-2026-09-15",)


def call(act: Act, *, tools: Sequence[Json] = (TOOLSET,), **fields: Any) -> tuple[Json, ...]:
    activity = act(tools=tools, **{"mcp_servers": [SERVER], **fields})
    return activity.blocks if activity else ()


def test_a_server_is_called_and_its_result_says_that_it_was_not_contacted(act: Act) -> None:
    use, result = call(act)
    assert str(use["id"]).startswith("mcptoolu_01")
    assert (use["name"], use["server_name"]) == ("simulated_lookup", "wiki")
    assert use["input"] == {"query": "Which sheep live in Wales"}
    assert result["is_error"] is False
    assert result["content"] == [
        {"type": "text", "text": "Simulated result of simulated_lookup: the MCP server wiki was not contacted."}
    ]


@pytest.mark.parametrize(
    ("toolset", "name"),
    [
        ({"configs": {"ask": {"enabled": True}}}, "ask"),
        ({"configs": {"ask": {"enabled": False}, "tell": {}}}, "tell"),
        ({"default_config": {"enabled": False}, "configs": {"ask": {}, "tell": {"enabled": True}}}, "tell"),
        ({"configs": {"ask": {"enabled": False}}}, "simulated_lookup"),
        ({"default_config": {"enabled": False}}, None),
        ({"tools": [{"name": "listed", "input_schema": {"type": "object"}}]}, "listed"),
        ({"tools": []}, None),
    ],
)
def test_the_toolset_says_which_tool_is_called(act: Act, toolset: Json, name: str | None) -> None:
    blocks = call(act, tools=[TOOLSET | toolset])
    assert (blocks[0]["name"] if blocks else None) == name


@pytest.mark.parametrize(
    ("configuration", "name"),
    [
        (None, "simulated_lookup"),
        ({"enabled": True, "allowed_tools": ["ask"]}, "ask"),
        ({"enabled": False}, None),
        ({"allowed_tools": []}, None),
    ],
)
def test_the_older_beta_has_its_tools_in_the_server_s_definition(
    act: Act, configuration: object, name: str | None
) -> None:
    blocks = call(act, tools=[], mcp_servers=[SERVER | {"tool_configuration": configuration}])
    assert (blocks[0]["name"] if blocks else None) == name


def test_the_arguments_of_a_pinned_tool_follow_its_schema(act: Act) -> None:
    schema = {"type": "object", "properties": {"page": {"type": "integer", "minimum": 3}}, "required": ["page"]}
    use, _ = call(act, tools=[TOOLSET | {"tools": [{"name": "turn", "input_schema": schema}]}])
    assert use["input"] == {"page": 3}


def test_each_server_is_called_once(act: Act) -> None:
    servers = [SERVER, SERVER | {"name": "atlas"}]
    blocks = call(act, tools=[TOOLSET, TOOLSET | {"mcp_server_name": "atlas"}], mcp_servers=servers)
    assert [block.get("server_name") for block in blocks] == ["wiki", None, "atlas", None]
    assert len({str(block.get("id")) for block in blocks[::2]}) == 2


def test_the_newest_beta_lists_the_server_s_tools_once_in_a_conversation(act: Act) -> None:
    listing, use, _ = call(act, betas=LISTING)
    assert listing["type"] == "mcp_tool_listing"
    listed: Any = listing["tools"]
    assert [tool["name"] for tool in listed] == [use["name"]]
    earlier = [{"role": "user", "content": "Hello"}, say(listing)]
    assert [block["type"] for block in call(act, betas=LISTING, earlier=earlier)] == [
        "mcp_tool_use",
        "mcp_tool_result",
    ]
    pinned = [TOOLSET | {"tools": listed}]
    assert [block["type"] for block in call(act, betas=LISTING, tools=pinned)] == ["mcp_tool_use", "mcp_tool_result"]


def test_a_prompt_can_ask_for_a_result_that_is_an_error(act: Act) -> None:
    activity = act("simulate error mcp_tool_error", tools=[TOOLSET], mcp_servers=[SERVER])
    assert activity
    assert activity.blocks[-1]["is_error"] is True
