"""Which requests are refused: a table of shapes, then a list of rules that no table can say.

Wording with a known source is in the project's contract notes; the rest follows its pattern and is listed
as our own in docs/reference/simulator.md. Fields and betas that are not named here are accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from ingate.simulator.checks import (
    Check,
    Field,
    check_any,
    check_boolean,
    check_string,
    find_problem,
    integer_from,
    list_of,
    object_with,
    one_of,
    string_or,
    tagged,
)
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object

FIRST_VERSION = b"2023-06-01"
SECOND_VERSION = b"2026-10-21"
VERSIONS = frozenset({FIRST_VERSION, SECOND_VERSION})

_STRING = Field(check=check_string, required=True)
_OPTIONAL_STRING = Field(check=check_string)


def check_object(value: object, path: str) -> str | None:
    return None if is_object(value) else f"{path}: Input should be a valid dictionary"


_OBJECT = Field(check=check_object, required=True)

_RESULT_BLOCK: Check = tagged({"text": {"text": _STRING}, "image": {"source": _OBJECT}})
_BLOCK: Check = tagged(
    {
        "text": {"text": _STRING},
        "image": {"source": _OBJECT},
        "document": {"source": _OBJECT},
        "tool_use": {"id": _STRING, "name": _STRING, "input": Field(check=check_any, required=True)},
        "tool_result": {
            "tool_use_id": _STRING,
            "content": Field(check=string_or(list_of(_RESULT_BLOCK))),
            "is_error": Field(check=check_boolean),
        },
        "thinking": {"thinking": _STRING, "signature": _STRING},
        "redacted_thinking": {"data": _STRING},
    }
)
_MESSAGE: Check = object_with(
    {
        "role": Field(check=one_of("user", "assistant", "system"), required=True),
        "content": Field(check=string_or(list_of(_BLOCK)), required=True),
    }
)
_TOOL: Check = tagged(
    {"custom": {"name": _STRING, "input_schema": _OBJECT, "description": _OPTIONAL_STRING}}, default="custom"
)
_TOOL_CHOICE: Check = object_with(
    {"type": Field(check=one_of("auto", "any", "tool", "none"), required=True), "name": _OPTIONAL_STRING}
)

_COUNTED_FIELDS: Mapping[str, Field] = {
    "model": _STRING,
    "messages": Field(check=list_of(_MESSAGE), required=True),
    "system": Field(check=string_or(list_of(tagged({"text": {"text": _STRING}})))),
    "tools": Field(check=list_of(_TOOL)),
    "tool_choice": Field(check=_TOOL_CHOICE),
}
COUNT_TOKENS_FIELDS: Mapping[str, Field] = MappingProxyType(_COUNTED_FIELDS)
MESSAGES_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "model": _STRING,
        "max_tokens": Field(check=integer_from(1), required=True),
        **_COUNTED_FIELDS,
        "stop_sequences": Field(check=list_of(check_string)),
        "stream": Field(check=check_boolean),
    }
)

Rule: TypeAlias = Callable[[JsonObject, bytes], str | None]
"""Takes a body of the right shape and the API version; returns what is wrong with it, or None."""

_REMOVED_IN_SECOND_VERSION = ("temperature", "top_p", "top_k")


def find_removed_field(body: JsonObject, version: bytes) -> str | None:
    """Version 2026-10-21 refuses the sampling parameters, even with their default values."""
    if version != SECOND_VERSION:
        return None
    for name in _REMOVED_IN_SECOND_VERSION:
        if name in body:
            return f"{name}: not supported in anthropic-version {SECOND_VERSION.decode()}; remove it"
    return None


def find_empty_conversation(body: JsonObject, version: bytes) -> str | None:
    return None if body["messages"] else "messages: at least one message is required"


def find_empty_content(body: JsonObject, version: bytes) -> str | None:
    """Only the last message may be empty, and only if it is the assistant's."""
    messages = get_objects(body["messages"])
    for index, message in enumerate(messages):
        if message["content"] or (index == len(messages) - 1 and message["role"] == "assistant"):
            continue
        return (
            f"messages.{index}: all messages must have non-empty content "
            "except for the optional final assistant message"
        )
    return None


def find_empty_text_block(body: JsonObject, version: bytes) -> str | None:
    for message in get_objects(body["messages"]):
        for block in get_objects(message["content"]):
            if block["type"] == "text" and not block["text"]:
                return "messages: text content blocks must be non-empty"
    for block in get_objects(body.get("system")):
        if block["type"] == "text" and not block["text"]:
            return "system: text content blocks must be non-empty"
    return None


def find_blank_stop_sequence(body: JsonObject, version: bytes) -> str | None:
    sequences = body.get("stop_sequences")
    for sequence in sequences if is_list(sequences) else ():
        if isinstance(sequence, str) and not sequence.strip():
            return "stop_sequences: each stop sequence must contain non-whitespace"
    return None


def find_unusable_tool_choice(body: JsonObject, version: bytes) -> str | None:
    choice = body.get("tool_choice")
    if not is_object(choice) or choice["type"] in ("auto", "none"):
        return None
    tools = get_objects(body.get("tools"))
    if not tools:
        return "tool_choice: may only be specified while providing tools"
    if choice["type"] == "any":
        return None
    if not choice.get("name"):
        return "tool_choice.tool.name: Field required"
    name = get_string(choice, "name")
    if all(tool.get("name") != name for tool in tools):
        return f"tool_choice: tool '{name}' not found in provided tools"
    return None


RULES: tuple[Rule, ...] = (
    find_removed_field,
    find_empty_conversation,
    find_empty_content,
    find_empty_text_block,
    find_blank_stop_sequence,
    find_unusable_tool_choice,
)


def find_body_problem(body: JsonObject, *, fields: Mapping[str, Field], version: bytes) -> str | None:
    """The first thing wrong with a request, in the API's words; None if it can be answered."""
    problem = find_problem(body, fields)
    if problem:
        return problem
    for rule in RULES:
        problem = rule(body, version)
        if problem:
            return problem
    return None
