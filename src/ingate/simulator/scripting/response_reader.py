"""`respond`, or one step of a `sequence`, read from a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from ingate.simulator.json_value import JsonObject
from ingate.simulator.scripting.answer_headers import read_answer_headers
from ingate.simulator.scripting.block_reader import check_text, read_content
from ingate.simulator.scripting.error_reader import read_error
from ingate.simulator.scripting.fault_reader import read_stream_fault
from ingate.simulator.scripting.file_reader import file_reader
from ingate.simulator.scripting.problems import suggest
from ingate.simulator.scripting.responses import (
    AnswerPlan,
    Disconnect,
    ForwardTo,
    PaceChange,
    RawAnswer,
    Response,
    ScriptedContent,
)
from ingate.simulator.scripting.tree_reader import (
    Problems,
    Read,
    integer_from,
    number_from,
    one_of,
    read_boolean,
    read_members,
    read_name,
    read_object,
    read_optional,
    read_string,
)
from ingate.simulator.scripting.yaml_tree import Node, ScalarNode

STOP_REASONS = (
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
    "compaction",
)
_USAGE_MEMBERS = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation",
    "output_tokens_details",
    "server_tool_use",
    "service_tier",
    "inference_geo",
    "iterations",
    "speed",
)
_OF_CONTENT = frozenset({"stop_reason", "stop_sequence", "stop_details", "usage", "stream", "stream_fault", "delay"})
_OF_RAW = frozenset({"status", "headers", "stream_fault", "delay"})
_BESIDE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "text": _OF_CONTENT,
        "content": _OF_CONTENT,
        "generate": _OF_CONTENT,
        "error": frozenset({"delay"}),
        "raw_sse": _OF_RAW,
        "raw_json": _OF_RAW,
        "forward": frozenset(),
        "fault": frozenset({"delay"}),
    }
)
"""What there is to answer with, and what can stand beside each."""
_KEYS = (*_BESIDE, *sorted(_OF_CONTENT | _OF_RAW))
LONGEST_WAIT = 86_400.0


def response_reader(folder: Path | None) -> Read[Response]:
    """`folder` is where a script's relative paths begin."""

    def read(node: Node, problems: Problems) -> Response | None:
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            return Response(plan=_make_text(node, problems))
        members = read_members(node, problems, _KEYS, what="a response")
        if members is None:
            return None
        kind = _find_kind(node, members, problems)
        if kind is None:
            return None
        plan = _READERS[kind](members, problems, folder)
        fault = members.get("stream_fault")
        response = Response(
            plan=plan or Disconnect(),
            delay=read_optional(members, "delay", number_from(0, LONGEST_WAIT), problems) or 0.0,
            pace=read_optional(members, "stream", read_pace, problems),
            stream_fault=None if fault is None else read_stream_fault(fault, problems),
        )
        return None if plan is None else response

    return read


def _find_kind(node: Node, members: Mapping[str, Node], problems: Problems) -> str | None:
    kinds = [name for name in members if name in _BESIDE]
    if not kinds:
        problems.add(node, f"a response needs one of {', '.join(_BESIDE)}")
        return None
    for other in kinds[1:]:
        problems.add(members[other], f"'{other}' and '{kinds[0]}' cannot both answer")
    for name, value in members.items():
        if name not in _BESIDE and name not in _BESIDE[kinds[0]]:
            problems.add(value, f"'{name}' has no effect beside '{kinds[0]}'")
    return kinds[0]


def _make_text(node: Node, problems: Problems) -> ScriptedContent:
    check_text(node, problems)
    return ScriptedContent(content=({"type": "text", "text": read_string(node, problems) or ""},))


def _read_text(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan:
    return _complete(_make_text(members["text"], problems).content, members, problems)


def _read_blocks(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan | None:
    content = read_content(members["content"], problems)
    return None if content is None else _complete(content, members, problems)


def _read_generated(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan:
    if read_boolean(members["generate"], problems) is False:
        problems.add(members["generate"], "can only be true: leave the rule out to do without")
    return _complete(None, members, problems)


def _complete(
    content: tuple[JsonObject, ...] | None, members: Mapping[str, Node], problems: Problems
) -> ScriptedContent:
    return ScriptedContent(
        content=content,
        stop_reason=read_optional(members, "stop_reason", one_of(*STOP_REASONS), problems),
        stop_sequence=read_optional(members, "stop_sequence", read_string, problems),
        stop_details=read_optional(members, "stop_details", read_object, problems),
        usage=read_optional(members, "usage", read_usage, problems),
    )


def read_usage(node: Node, problems: Problems) -> JsonObject | None:
    """Members of `usage`. A name that is not known goes on the wire, unless it looks like a slip."""
    usage = read_object(node, problems)
    for name in usage or ():
        if name not in _USAGE_MEMBERS and get_close_matches(name, _USAGE_MEMBERS, n=1, cutoff=0.8):
            problems.add(node, f"usage has no '{name}'{suggest(name, _USAGE_MEMBERS)}")
    return usage


def read_pace(node: Node, problems: Problems) -> PaceChange | None:
    members = read_members(node, problems, ("time_to_first_token", "tokens_per_second", "jitter"), what="stream")
    if members is None:
        return None
    return PaceChange(
        time_to_first_token=read_optional(members, "time_to_first_token", number_from(0, LONGEST_WAIT), problems),
        tokens_per_second=read_optional(members, "tokens_per_second", number_from(0), problems),
        jitter=read_optional(members, "jitter", number_from(0, 1), problems),
    )


def _read_error(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan | None:
    return read_error(members["error"], problems)


def _read_raw_sse(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan | None:
    return _read_raw("raw_sse", members, problems, folder)


def _read_raw_json(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan | None:
    return _read_raw("raw_json", members, problems, folder)


def _read_raw(name: str, members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan | None:
    content = read_raw_content(members[name], problems, folder)
    status = read_optional(members, "status", integer_from(200, 599), problems)
    headers = read_optional(members, "headers", read_answer_headers, problems)
    if content is None:
        return None
    return RawAnswer(content=content, is_stream=name == "raw_sse", status=status or 200, headers=headers or ())


def read_raw_content(node: Node, problems: Problems, folder: Path | None) -> bytes | None:
    """A file's bytes, or the text below `inline` in UTF-8."""
    if isinstance(node, ScalarNode):
        return file_reader(folder)(node, problems)
    members = read_members(node, problems, ("inline", "file"), what="a raw answer")
    if members is None:
        return None
    if len(members) != 1:
        problems.add(node, "needs either `file` or `inline`")
        return None
    if "file" in members:
        return file_reader(folder)(members["file"], problems)
    text = read_string(members["inline"], problems)
    return None if text is None else text.encode("utf-8", "replace")


def _read_forward(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan | None:
    upstream = read_name(members["forward"], problems)
    return None if upstream is None else ForwardTo(upstream=upstream)


def _read_fault(members: Mapping[str, Node], problems: Problems, folder: Path | None) -> AnswerPlan | None:
    return None if one_of("disconnect")(members["fault"], problems) is None else Disconnect()


_READERS: Mapping[str, Callable[[Mapping[str, Node], Problems, Path | None], AnswerPlan | None]] = MappingProxyType(
    {
        "text": _read_text,
        "content": _read_blocks,
        "generate": _read_generated,
        "error": _read_error,
        "raw_sse": _read_raw_sse,
        "raw_json": _read_raw_json,
        "forward": _read_forward,
        "fault": _read_fault,
    }
)
