"""The tools that a request offers, and which of them it wants called."""

from __future__ import annotations

from ingate.simulator.json_value import get_string, is_object
from ingate.simulator.validation.inspection import Inspection, Problem
from ingate.simulator.validation.json_schema import explain_subset, is_draft_schema

_COMBINERS = ("oneOf", "allOf", "anyOf")
_FORCING = ("any", "tool")


def is_forcing(request: Inspection) -> bool:
    return request.get_object("tool_choice").get("type") in _FORCING


def find_repeated_tool_name(request: Inspection) -> Problem:
    seen: set[str] = set()
    for tool in request.tools:
        name = get_string(tool, "name")
        if name and name in seen:
            return "tools: Tool names must be unique."
        seen.add(name)
    return None


def find_unusable_tool_choice(request: Inspection) -> Problem:
    choice = request.get_object("tool_choice")
    kind = choice.get("type")
    if kind is None:
        return None
    if is_forcing(request) and not request.facts.takes_forced_tools:
        return 'tool_choice: type "tool" and "any" are not supported for this model.'
    if kind == "tool":
        name = get_string(choice, "name")
        known = any(tool.get("name") == name for tool in request.tools)
        return None if known else f"Tool '{name}' not found in provided tools"
    return None if request.tools else f"tool_choice.{kind} may only be specified while providing tools"


def find_unusable_input_schema(request: Inspection) -> Problem:
    for place, tool in enumerate(request.tools):
        schema = tool.get("input_schema")
        if not is_object(schema):
            continue
        path = f"tools.{place}.custom.input_schema"
        if any(combiner in schema for combiner in _COMBINERS):
            return f"{path}: input_schema does not support oneOf, allOf, or anyOf at the top level"
        if not is_draft_schema(schema):
            return (
                f"{path}: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
                "(https://json-schema.org/draft/2020-12). "
                "Learn more about tool use at https://docs.claude.com/en/docs/tool-use."
            )
        problem = explain_subset(schema) if tool.get("strict") is True else None
        if problem:
            return f"tools.{place}.custom: {problem}"
    return None


def find_nothing_but_deferred_tools(request: Inspection) -> Problem:
    if request.tools and all(tool.get("defer_loading") is True for tool in request.tools):
        return "All tools have defer_loading set. At least one tool must be non-deferred."
    return None


def find_unknown_tool_reference(request: Inspection) -> Problem:
    """A search that the client does itself answers with references to tools of the request."""
    for placed in request.notable:
        if placed.kind == "tool_reference" and ".tool_result." in placed.path:
            name = get_string(placed.block, "tool_name")
            if all(tool.get("name") != name for tool in request.tools):
                return f"Tool reference '{name}' has no corresponding tool definition"
    return None
