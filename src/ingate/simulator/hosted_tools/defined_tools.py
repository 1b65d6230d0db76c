"""Calls of the client tools that Anthropic defines, which come without a schema: valid, and harmless if run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingate.simulator.hosted_tools.found_urls import remove_urls
from ingate.simulator.json_value import JsonObject, get_string, is_object
from ingate.simulator.request import MessagesRequest

COMMAND = 'echo "simulated command"'
MEMORY_ROOT = "/memories"
"""Where the real model looks first, as its instructions tell it to."""
SEARCHED = 20_000
"""Characters of a prompt in which a path is looked for."""
_PATH = re.compile(
    r"(?<![\w/:.])(?!(?:e\.g|i\.e)\b)(?:"
    r"(?:/|\./|~/)?(?:[\w.-]{1,80}/){0,20}[\w-]{1,80}\.[A-Za-z]\w{0,9}(?![\w/])"  # a file with an extension
    r"|/[\w./-]{1,200}"  # anything absolute
    r")"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedCall:
    name: str
    tool_input: JsonObject
    toolset_name: str | None = None
    """Set on calls of a toolset's members."""


def decide_defined_call(tool: JsonObject, request: MessagesRequest) -> DefinedCall | None:
    """The call of one of these tools; None when `tool` is none of them, or a toolset with nothing left to call."""
    kind = get_string(tool, "type")
    if kind.startswith("computer_toolset_"):
        return _decide_member_call(tool, "computer")
    if kind.startswith("browser_toolset_"):
        return _decide_member_call(tool, "browser")
    tool_input = build_defined_tool_input(tool, request)
    return None if tool_input is None else DefinedCall(name=get_string(tool, "name"), tool_input=tool_input)


def build_defined_tool_input(tool: JsonObject, request: MessagesRequest) -> JsonObject | None:
    """Valid arguments for one of these tools; None when `tool` is none of them."""
    kind = get_string(tool, "type")
    if kind.startswith("bash_"):
        return {"command": COMMAND}
    if kind.startswith("memory_"):
        return {"command": "view", "path": MEMORY_ROOT}
    if kind.startswith("text_editor_"):
        return {"command": "view", "path": find_path(request.last_turn.text)}
    if kind.startswith("computer_toolset_") or kind.startswith("browser_toolset_"):
        call = decide_defined_call(tool, request)
        return None if call is None else call.tool_input
    if kind.startswith("computer_"):
        return {"action": "screenshot"}
    return None


def find_path(prompt: str) -> str:
    """The first thing in the prompt that looks like a file or a folder; else the folder that the client is in."""
    found = _PATH.search(remove_urls(prompt[:SEARCHED]))
    return found.group().rstrip(".") if found else "."


def _decide_member_call(tool: JsonObject, family: str) -> DefinedCall | None:
    """The first of a few members that need no coordinates and that `configs` leaves enabled."""
    configs = tool.get("configs")
    configs = configs if is_object(configs) else {}
    members: dict[str, JsonObject] = {"screenshot": {}, "wait": {"duration": 1}}
    members |= {"cursor_position": {}} if family == "computer" else {"list_tabs": {}}
    for name, tool_input in members.items():
        config = configs.get(name)
        if not is_object(config) or config.get("enabled") is not False:
            return DefinedCall(name=name, tool_input=tool_input, toolset_name=family)
    return None
