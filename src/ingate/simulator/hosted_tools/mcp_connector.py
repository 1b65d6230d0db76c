"""Calls to remote MCP servers. None is contacted: a tool is known only if the request names one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingate.simulator.hosted_tools.turn import Turn, iterate_all_blocks
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object
from ingate.simulator.schema_example import build_object

LISTING_BETA = "mcp-client-2026-09-15"
"""With it an answer shows the tools that the server listed."""
INVENTED_TOOL = "simulated_lookup"
INVENTED_SCHEMA: JsonObject = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class McpConnector:
    """One server and the tools of it that may be called."""

    server_name: str
    tools: tuple[JsonObject, ...]
    """Each with `name`, and `input_schema` where the request tells it."""
    is_pinned: bool
    """The request holds the server's own list of tools."""

    @property
    def name(self) -> str:
        return get_string(self.tools[0], "name")

    @property
    def error_codes(self) -> frozenset[str]:
        return frozenset({"mcp_tool_error"})

    @property
    def max_uses(self) -> int | None:
        return None

    def is_own(self, use: JsonObject) -> bool:
        return use.get("type") == "mcp_tool_use" and use.get("server_name") == self.server_name

    def ask(self, turn: Turn, ordinal: int) -> tuple[JsonObject, ...]:
        tool = self.tools[ordinal % len(self.tools)]
        schema = tool.get("input_schema")
        asked = build_object(schema) if is_object(schema) else {"query": turn.get_query(ordinal)}
        use: JsonObject = {
            "type": "mcp_tool_use",
            "name": get_string(tool, "name"),
            "server_name": self.server_name,
            "input": asked,
        }
        return (self.list_tools(), use) if self.must_list(turn) else (use,)

    def must_list(self, turn: Turn) -> bool:
        blocks = (*(block for _, block in iterate_all_blocks(turn.body)), *turn.said)
        is_known = any(
            block.get("type") == "mcp_tool_listing" and block.get("mcp_server_name") == self.server_name
            for block in blocks
        )
        return LISTING_BETA in turn.betas and not self.is_pinned and not is_known

    def list_tools(self) -> JsonObject:
        return {
            "type": "mcp_tool_listing",
            "mcp_server_name": self.server_name,
            "tools": [
                {
                    "name": get_string(tool, "name"),
                    "description": "Simulated: the server was not asked.",
                    "input_schema": tool.get("input_schema", INVENTED_SCHEMA),
                }
                for tool in self.tools
            ],
        }

    def respond(self, turn: Turn, use: JsonObject, error_code: str) -> JsonObject:
        said = "Simulated error" if error_code else "Simulated result"
        text = f"{said} of {get_string(use, 'name')}: the MCP server {self.server_name} was not contacted."
        return {
            "type": "mcp_tool_result",
            "tool_use_id": get_string(use, "id"),
            "is_error": bool(error_code),
            "content": [{"type": "text", "text": text}],
        }


def list_connectors(body: JsonObject) -> Iterator[McpConnector]:
    """One for each server with a tool that is enabled, in the order of `mcp_servers`."""
    toolsets = {
        get_string(tool, "mcp_server_name"): tool
        for tool in get_objects(body.get("tools"))
        if tool.get("type") == "mcp_toolset"
    }
    for server in get_objects(body.get("mcp_servers")):
        name = get_string(server, "name")
        toolset = toolsets.get(name)
        tools = list_server_tools(server) if toolset is None else list_toolset_tools(toolset)
        if tools:
            is_pinned = toolset is not None and is_list(toolset.get("tools"))
            yield McpConnector(server_name=name, tools=tuple(tools), is_pinned=is_pinned)


def list_server_tools(server: JsonObject) -> Sequence[JsonObject]:
    """By `tool_configuration`, as in mcp-client-2025-04-04."""
    configuration = server.get("tool_configuration")
    if not is_object(configuration):
        return [{"name": INVENTED_TOOL}]
    if configuration.get("enabled") is False:
        return []
    allowed = configuration.get("allowed_tools")
    if not is_list(allowed):
        return [{"name": INVENTED_TOOL}]
    return [{"name": name} for name in allowed if isinstance(name, str)]


def list_toolset_tools(toolset: JsonObject) -> Sequence[JsonObject]:
    """By `tools`, else by the names in `configs`; an invented one when only the server would know."""
    default = toolset.get("default_config")
    is_on = not (is_object(default) and default.get("enabled") is False)
    configs = toolset.get("configs")
    configs = configs if is_object(configs) else {}
    pinned = toolset.get("tools")
    if is_list(pinned):
        return [tool for tool in get_objects(pinned) if is_enabled(configs.get(get_string(tool, "name")), is_on)]
    named: list[JsonObject] = [{"name": name} for name, config in configs.items() if is_enabled(config, is_on)]
    return named or ([{"name": INVENTED_TOOL}] if is_on else [])


def is_enabled(config: object, default: bool) -> bool:
    enabled = config.get("enabled") if is_object(config) else None
    return enabled if isinstance(enabled, bool) else default
