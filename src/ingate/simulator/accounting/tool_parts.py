"""What the tools of a request count: the prompt that comes with any, and each definition."""

from __future__ import annotations

from collections.abc import Sequence

from ingate.simulator.accounting.block_parts import Part, keep_readable, render_json
from ingate.simulator.accounting.token_weights import TokenWeights
from ingate.simulator.json_value import JsonObject, get_string, is_object

_DEFINED_TOOLS = {
    "text_editor_": 700,
    "computer_toolset_": 4_500,
    "computer_": 735,
    "browser_toolset_": 6_600,
    "memory_": 1_050,
    "web_search_": 1_700,
    "web_fetch_": 2_000,
    "code_execution_": 1_750,
    "tool_search_": 200,
    "advisor_": 500,
    "mcp_toolset": 0,
}
"""By the beginning of the type. The first four are documented, as is bash; the others were measured in requests whose
count was reported. What an MCP server offers is counted with the server."""
UNKNOWN_TOOL_TOKENS = 500
MCP_SERVER_TOKENS = 600
"""What a server offers is not known here."""


def get_tools_prompt(tools: Sequence[JsonObject], tool_choice: object, weights: TokenWeights) -> int:
    if not tools:
        return 0
    forced = is_object(tool_choice) and get_string(tool_choice, "type") in ("any", "tool")
    return weights.forced_tools_prompt if forced else weights.tools_prompt


def get_tool_parts(tool: JsonObject, weights: TokenWeights) -> list[Part]:
    """A tool whose loading is deferred costs nothing until it is found."""
    if tool.get("defer_loading") is True:
        return []
    if "input_schema" in tool:
        return [render_json(keep_readable(tool))]
    return [count_defined_tool(get_string(tool, "type"), weights)]


def count_defined_tool(kind: str, weights: TokenWeights) -> int:
    if kind.startswith("bash_"):
        return weights.bash_tool
    return next((tokens for start, tokens in _DEFINED_TOOLS.items() if kind.startswith(start)), UNKNOWN_TOOL_TOKENS)
