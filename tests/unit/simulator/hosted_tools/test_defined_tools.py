"""Calls of the client tools that Anthropic defines: what the SDK's own runners of these tools take."""

from __future__ import annotations

import pytest
from anthropic.types import ComputerToolUseBlock
from anthropic.types.beta import BetaMemoryTool20250818Command
from pydantic import TypeAdapter

from ingate.simulator.hosted_tools.defined_tools import build_defined_tool_input, decide_defined_call
from ingate.simulator.json_value import JsonObject
from ingate.simulator.request import MessagesRequest, parse_messages_request


def build_request(prompt: str = "Fix the bug.") -> MessagesRequest:
    return parse_messages_request({"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": prompt}]})


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("bash_20250124", {"command": 'echo "simulated command"'}),
        ("memory_20250818", {"command": "view", "path": "/memories"}),
        ("text_editor_20250124", {"command": "view", "path": "."}),
        ("text_editor_20250728", {"command": "view", "path": "."}),
        ("computer_20250124", {"action": "screenshot"}),
        ("computer_20251124", {"action": "screenshot"}),
        ("computer_toolset_20260801", {}),
        ("web_search_20250305", None),
        ("custom", None),
        ("", None),
    ],
)
def test_each_kind_of_tool_gets_arguments_it_can_run_without_harm(kind: str, expected: JsonObject | None) -> None:
    assert build_defined_tool_input({"type": kind, "name": "x"}, build_request()) == expected


def test_memory_is_looked_at_first_as_the_sdk_understands_it() -> None:
    tool_input = build_defined_tool_input({"type": "memory_20250818", "name": "memory"}, build_request())
    command = TypeAdapter(BetaMemoryTool20250818Command).validate_python(tool_input)
    assert command.command == "view"


@pytest.mark.parametrize(
    ("prompt", "path"),
    [
        ("Please read src/sheep.py, then fix it.", "src/sheep.py"),
        ("Look at /repo/primes.py.", "/repo/primes.py"),
        ("What is in /var/sheep?", "/var/sheep"),
        ("Open ./notes.md", "./notes.md"),
        ("See https://example.com/a.html and README.md", "README.md"),
        ("Nothing here, e.g. no file", "."),
    ],
)
def test_the_text_editor_looks_at_what_the_prompt_names(prompt: str, path: str) -> None:
    tool = {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}
    call = decide_defined_call(dict(tool), build_request(prompt))
    assert call
    assert call.name == "str_replace_based_edit_tool"
    assert call.tool_input == {"command": "view", "path": path}


@pytest.mark.parametrize(
    ("configs", "name"),
    [
        (None, "screenshot"),
        ({"screenshot": {"enabled": False}}, "wait"),
        ({"screenshot": {"enabled": False}, "wait": {"enabled": False}}, "cursor_position"),
    ],
)
def test_a_toolset_has_one_of_its_members_called(configs: object, name: str) -> None:
    call = decide_defined_call({"type": "computer_toolset_20260801", "configs": configs}, build_request())
    assert call
    block = TypeAdapter(ComputerToolUseBlock).validate_python(
        {
            "type": "tool_use",
            "id": "toolu_1",
            "name": call.name,
            "input": call.tool_input,
            "toolset_name": call.toolset_name,
            "caller": {"type": "direct"},
        }
    )
    assert block.name == name


def test_a_browser_is_looked_at_too() -> None:
    call = decide_defined_call({"type": "browser_toolset_20260801"}, build_request())
    assert call
    assert (call.name, call.toolset_name) == ("screenshot", "browser")


def test_a_toolset_without_a_member_that_we_call_is_not_called() -> None:
    configs = {name: {"enabled": False} for name in ("screenshot", "wait", "cursor_position")}
    assert decide_defined_call({"type": "computer_toolset_20260801", "configs": configs}, build_request()) is None
