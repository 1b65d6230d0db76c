"""What goes beyond the model: output format, stop sequences, metadata, containers, MCP servers."""

from __future__ import annotations

import re

from ingate.simulator.json_value import get_objects, get_string, is_list, is_object
from ingate.simulator.validation.inspection import Inspection, Problem
from ingate.simulator.validation.json_schema import explain_subset, is_draft_schema

_EMAIL = re.compile(r"[^\s@\"{}:,]+@[^\s@\"{}:,]+\.[A-Za-z]{2,}")
_TOOLS_INSIDE = "mcp-client-2025-04-04"
"""The first version of the connector: a server's tools are configured in the server, and no toolset is needed."""


def find_blank_stop_sequence(request: Inspection) -> Problem:
    sequences = request.body.get("stop_sequences")
    for sequence in sequences if is_list(sequences) else ():
        if isinstance(sequence, str) and not sequence.strip():
            return "stop_sequences: each stop sequence must contain non-whitespace"
    return None


def find_personal_user_id(request: Inspection) -> Problem:
    if _EMAIL.search(get_string(request.get_object("metadata"), "user_id")):
        return "metadata.user_id: user_id appears to contain an email address"
    return None


def find_unusable_output_format(request: Inspection) -> Problem:
    output_format = request.get_object("output_config").get("format")
    path = "output_config.format.schema" if output_format else "output_format.schema"
    output_format = output_format or request.body.get("output_format")
    schema = output_format.get("schema") if is_object(output_format) else None
    if not is_object(schema):
        return None
    if not is_draft_schema(schema):
        return f"{path}: JSON schema is invalid. It must match JSON Schema draft 2020-12"
    problem = explain_subset(schema)
    return f"{path}: {problem}" if problem else None


def find_two_output_formats(request: Inspection) -> Problem:
    if request.get_object("output_config").get("format") and request.body.get("output_format"):
        return "output_format: Cannot be used together with output_config.format"
    return None


def has_code_execution(request: Inspection) -> bool:
    return any(get_string(tool, "type").startswith("code_execution_") for tool in request.tools)


def find_container_without_code_execution(request: Inspection) -> Problem:
    container = request.body.get("container")
    if container is None or has_code_execution(request):
        return None
    if is_object(container) and container.get("skills"):
        return "container: skills can only be used when a code execution tool is enabled"
    if isinstance(container, str) or get_string(request.get_object("container"), "id"):
        return "container: Container identifier can only be provided when using the code execution tool"
    return None


def find_unpaired_mcp_server(request: Inspection) -> Problem:
    names = [get_string(server, "name") for server in get_objects(request.body.get("mcp_servers"))]
    used: set[str] = set()
    for place, tool in enumerate(request.tools):
        if tool.get("type") != "mcp_toolset":
            continue
        name = get_string(tool, "mcp_server_name")
        if name not in names:
            return f"tools.{place}.mcp_toolset: MCP server '{name}' is not defined in mcp_servers"
        if name in used:
            return (
                f"tools.{place}.mcp_toolset: MCP server '{name}' is referenced by more than one mcp_toolset in tools"
            )
        used.add(name)
    for place, name in enumerate(names):
        if name in names[:place]:
            return f"mcp_servers.{place}.name: MCP server names must be unique"
        if name not in used and _TOOLS_INSIDE not in request.betas:
            return f"MCP server '{name}' is defined but not referenced by any mcp_toolset in tools"
    return None


def find_unreachable_mcp_server(request: Inspection) -> Problem:
    for place, server in enumerate(get_objects(request.body.get("mcp_servers"))):
        if not get_string(server, "url").startswith("https://"):
            return f"mcp_servers.{place}.url: Only HTTPS URLs are supported."
    return None
