"""Which of the servers' tools a request offers, in the order in which they are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingate.simulator.hosted_tools.advisor import Advisor
from ingate.simulator.hosted_tools.code_execution import CodeExecution
from ingate.simulator.hosted_tools.hosted_tool import HostedTool
from ingate.simulator.hosted_tools.mcp_connector import list_connectors
from ingate.simulator.hosted_tools.tool_search import ToolSearch
from ingate.simulator.hosted_tools.web_fetch import WebFetch
from ingate.simulator.hosted_tools.web_search import WebSearch
from ingate.simulator.json_value import JsonObject, get_objects, get_string

_ORDER = ("tool_search_tool", "web_search", "web_fetch")
"""What a tool finds the next can use; all others follow as they are offered."""


def list_hosted_tools(body: JsonObject) -> Sequence[HostedTool]:
    return sorted([*_list_typed(body), *list_connectors(body)], key=_get_rank)


def list_deferred(body: JsonObject) -> frozenset[str]:
    """Names of tools that the model does not know until a search has found them."""
    return frozenset(
        get_string(tool, "name") for tool in get_objects(body.get("tools")) if tool.get("defer_loading") is True
    )


def _list_typed(body: JsonObject) -> Iterator[HostedTool]:
    for tool in get_objects(body.get("tools")):
        kind = get_string(tool, "type")
        if kind.startswith("web_search_"):
            yield WebSearch(tool=tool)
        elif kind.startswith("web_fetch_"):
            yield WebFetch(tool=tool)
        elif kind.startswith("code_execution_"):
            yield CodeExecution(tool=tool)
        elif kind.startswith("tool_search_tool_"):
            yield ToolSearch(tool=tool)
        elif kind.startswith("advisor_"):
            yield Advisor(tool=tool)


def _get_rank(tool: HostedTool) -> int:
    return next((rank for rank, prefix in enumerate(_ORDER) if tool.name.startswith(prefix)), len(_ORDER))
