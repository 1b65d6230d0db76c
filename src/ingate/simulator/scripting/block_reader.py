"""Content blocks in a script: what each kind needs, so that a slip shows when the script is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from ingate.simulator.json_value import JsonObject
from ingate.simulator.scripting.problems import suggest
from ingate.simulator.scripting.templates import find_mistyped
from ingate.simulator.scripting.tree_reader import Problems, describe, read_object, read_string
from ingate.simulator.scripting.yaml_tree import ListNode, MapNode, Node, ScalarNode, get_value

REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": ("text",),
        "thinking": ("thinking",),
        "redacted_thinking": ("data",),
        "tool_use": ("name",),
        "server_tool_use": ("name",),
        "mcp_tool_use": ("name", "server_name"),
        "mcp_tool_result": ("tool_use_id", "content"),
        "web_search_tool_result": ("tool_use_id", "content"),
        "web_fetch_tool_result": ("tool_use_id", "content"),
        "code_execution_tool_result": ("tool_use_id", "content"),
        "bash_code_execution_tool_result": ("tool_use_id", "content"),
        "text_editor_code_execution_tool_result": ("tool_use_id", "content"),
        "tool_search_tool_result": ("tool_use_id", "content"),
        "container_upload": ("file_id",),
        "compaction": ("content",),
    }
)
"""Members that have no default. The official SDK's `ContentBlock` and its beta sibling name the kinds."""
CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
_STRINGS = ("text", "thinking", "data", "name", "id", "signature", "tool_use_id")


def read_content(node: Node, problems: Problems) -> tuple[JsonObject, ...] | None:
    if not isinstance(node, ListNode):
        problems.add(node, f"content has to be a list of content blocks, not {describe(node)}; `text:` takes a text")
        return None
    return tuple(block for item in node.items if (block := read_block(item, problems)) is not None)


def read_block(node: Node, problems: Problems) -> JsonObject | None:
    if not isinstance(node, MapNode):
        problems.add(node, f"a content block has to be a mapping with a `type`, not {describe(node)}")
        return None
    kind = node.find("type")
    if not isinstance(kind, ScalarNode) or not isinstance(kind.value, str) or not kind.value:
        problems.add(kind or node, "a content block needs a `type`" + suggest("", tuple(REQUIRED)))
        return None
    if kind.value not in REQUIRED and get_close_matches(kind.value, REQUIRED, n=1, cutoff=0.8):
        problems.add(kind, f"'{kind.value}' is no kind of content block{suggest(kind.value, tuple(REQUIRED))}")
    for name in REQUIRED.get(kind.value, ()):
        if node.find(name) is None:
            problems.add(node, f"a {kind.value} block needs `{name}`")
    for key, value in node.items:
        if key.text in _STRINGS:
            check_text(value, problems)
        elif key.text == "input" and kind.value in CALLS:
            read_object(value, problems)
    block: JsonObject = {key.text: get_value(value) for key, value in node.items}
    if kind.value in CALLS:
        block.setdefault("input", {})
    return block


def check_text(node: Node, problems: Problems) -> None:
    if isinstance(node, ScalarNode) and not isinstance(node.value, str):
        problems.add(node, f"expected a string, not {describe(node)}; quotation marks make it one")
        return
    text = read_string(node, problems)
    mistyped = find_mistyped(text) if text is not None else None
    if mistyped is not None:
        problems.add(node, mistyped)
