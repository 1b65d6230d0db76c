"""When tools are called, which, and with what.

A tool is called when a question is fresh; after a tool's result comes text, so a client's loop ends after one round.
Which: the tools that the last user text names, in its order, each with what is said after its name; otherwise the
first one that can be called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.hosted_tools.defined_tools import DefinedCall, decide_defined_call
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object
from ingate.simulator.prompt_values import PromptValues
from ingate.simulator.request import MessagesRequest
from ingate.simulator.schema_example import build_object

MOST_CALLS = 8
"""Calls in one answer."""
MOST_TEXT = 20_000
"""Characters of the last user text in which names and values are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A tool's name in the text; `end` is where it ends."""

    start: int
    end: int
    tool: JsonObject


def decide_tool_calls(
    request: MessagesRequest, fingerprint: Fingerprint, *, found_tools: Sequence[str] = ()
) -> tuple[JsonObject, ...]:
    """The calls as blocks; none when it is not a tool's turn. `found_tools` are what a tool search has just found."""
    if request.tool_choice == "none" or request.last_turn.results:
        return ()
    if request.tool_choice == "auto" and not request.last_turn.text.strip():
        return ()  # nobody asked for anything: a call would only lead to the next
    callable_tools = list_callable_tools(request, found_tools)
    if request.tool_choice == "tool":
        forced = [tool for tool in callable_tools if get_string(tool, "name") == request.forced_tool_name]
        return tuple(render_calls(request, fingerprint, [(tool, request.last_turn.text) for tool in forced[:1]]))
    if not callable_tools:
        return ()
    chosen = choose_tools(request, callable_tools, found_tools)
    calls = render_calls(request, fingerprint, chosen)
    return tuple(calls)[: MOST_CALLS if request.takes_parallel_calls else 1]


def call_from_code(
    request: MessagesRequest, fingerprint: Fingerprint, names: Sequence[str], caller: JsonObject
) -> Iterator[JsonObject]:
    """The call that code makes of the first of these tools, and waits for: even when a result has just come in."""
    for tool in get_objects(request.body.get("tools")):
        if get_string(tool, "name") in names[:1]:
            for call in render_calls(request, fingerprint, [(tool, request.last_turn.text)]):
                yield call | {"caller": caller}


def list_callable_tools(request: MessagesRequest, found_tools: Sequence[str]) -> list[JsonObject]:
    """Those that the client runs and the model may call itself. One whose loading is deferred has to be found."""
    tools = get_objects(request.body.get("tools"))
    referenced = frozenset(found_tools)
    if any(tool.get("defer_loading") is True for tool in tools):
        referenced |= frozenset(list_referenced_tools(request.body))
    return [
        tool
        for tool in tools
        if is_direct(tool)
        and (tool.get("defer_loading") is not True or get_string(tool, "name") in referenced)
        and (is_object(tool.get("input_schema")) or decide_defined_call(tool, request) is not None)
    ]


def is_direct(tool: JsonObject) -> bool:
    callers = tool.get("allowed_callers")
    return not is_list(callers) or "direct" in callers


def list_referenced_tools(value: object) -> Iterator[str]:
    """Names that a search has found in earlier turns, however deep in their blocks."""
    if is_list(value):
        for item in value:
            yield from list_referenced_tools(item)
    elif is_object(value):
        if value.get("type") == "tool_reference":
            yield get_string(value, "tool_name")
        for name in ("messages", "content", "tool_references"):
            yield from list_referenced_tools(value.get(name))


def choose_tools(
    request: MessagesRequest, tools: Sequence[JsonObject], found_tools: Sequence[str]
) -> list[tuple[JsonObject, str]]:
    """The tools to call, each with the text that its arguments are looked for in."""
    text = request.last_turn.text[:MOST_TEXT]
    mentions = find_mentions(text, tools)
    if not mentions:
        first = next((tool for tool in tools if get_string(tool, "name") in found_tools), tools[0])
        return [(first, text)]
    if len(mentions) == 1:
        return [(mentions[0].tool, text)]
    ends = [mention.start for mention in mentions[1:]] + [len(text)]
    return [
        (mention.tool, text[mention.end : end]) for mention, end in zip(mentions[:MOST_CALLS], ends, strict=False)
    ]


def is_named(call: JsonObject, request: MessagesRequest) -> bool:
    """Whether the last user text asked for this call by the tool's name."""
    return bool(find_mentions(request.last_turn.text[:MOST_TEXT], [call]))


def find_mentions(text: str, tools: Sequence[JsonObject]) -> list[Mention]:
    """Every place where a tool is named as a word of its own, exactly or with blanks in the place of `_` and `-`."""
    found: list[Mention] = []
    lowered = text.lower()
    for tool in tools:
        name = get_string(tool, "name")
        spoken = re.sub(r"[_-]+", " ", name).strip().lower()
        if name in text:
            found.extend(find_word(text, name, tool))
        if " " in spoken and spoken in lowered:
            found.extend(find_word(lowered, spoken, tool))
    return sorted(found, key=lambda mention: mention.start)


def find_word(text: str, word: str, tool: JsonObject) -> Iterator[Mention]:
    if word:
        for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
            yield Mention(start=match.start(), end=match.end(), tool=tool)


def render_calls(
    request: MessagesRequest, fingerprint: Fingerprint, chosen: Sequence[tuple[JsonObject, str]]
) -> Iterator[JsonObject]:
    """The calls, without those that would do the same again."""
    made: list[DefinedCall] = []
    for tool, text in chosen:
        call = decide_call(request, tool, text)
        if call in made:
            continue
        made.append(call)
        block: JsonObject = {
            "type": "tool_use",
            "id": fingerprint.derive_id("toolu_", len(made) - 1),
            "name": call.name,
            "input": call.tool_input,
            "caller": {"type": "direct"},
        }
        yield block if call.toolset_name is None else block | {"toolset_name": call.toolset_name}


def decide_call(request: MessagesRequest, tool: JsonObject, text: str) -> DefinedCall:
    """A tool with a schema gets arguments that fit it; one that Anthropic defines has its own."""
    schema = tool.get("input_schema")
    name = get_string(tool, "name")
    if is_object(schema):
        names = frozenset(get_string(each, "name") for each in get_objects(request.body.get("tools")))
        suggest = PromptValues(text, not_values=names).suggest
        return DefinedCall(name=name, tool_input=build_object(schema, suggest=suggest))
    return decide_defined_call(tool, request) or DefinedCall(name=name, tool_input={})
