"""A request as its prompt's prefix: a hash at every block, covering all before it, and where the breakpoints stand.

What invalidates what is the documentation's table (Anthropic, prompt caching): the order is tools, system, messages,
and each setting is hashed in front of the first section that it changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal, TypeAlias

import msgspec

from ingate.simulator.accounting.history import THINKING
from ingate.simulator.accounting.segments import Section, Segment
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object

Ttl: TypeAlias = Literal["5m", "1h"]

_DIGEST_SIZE = 16
_encode = msgspec.json.Encoder().encode
_DEFAULT_EFFORT = "high"
_SYSTEM_PROMPT_TOOLS = ("web_search_", "web_fetch_")
"""Server tools that change the system prompt: with or without them, the cached tools stay valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    hashes: Sequence[bytes]
    """At the end of each segment."""
    breakpoints: Mapping[int, Ttl]
    """By the segment that they stand on, in order."""


def has_breakpoints(body: JsonObject) -> bool:
    """Whether anything in the request asks for caching; looks no deeper than it must."""
    if body.get("cache_control") is not None:
        return True
    if any(find_ttl(block) for name in ("tools", "system") for block in get_objects(body.get(name))):
        return True
    return any(
        find_ttl(block)
        for message in get_objects(body.get("messages"))
        for block in get_objects(message.get("content"))
    )


def hash_prefix(body: JsonObject, segments: Sequence[Segment], *, partition: str, thinks_by_default: bool) -> Prefix:
    settings = describe_settings(body, thinks_by_default=thinks_by_default)
    digest = blake2b(partition.encode(), digest_size=_DIGEST_SIZE)
    section: Section = "tools"
    hashes: list[bytes] = []
    for segment in segments:
        if segment.section != section:
            for entered in get_entered(section, segment.section):
                digest.update(settings[entered])
            section = segment.section
        digest.update(render_canonical(segment))
        hashes.append(digest.digest())
    return Prefix(hashes=hashes, breakpoints=find_breakpoints(body, segments))


def get_entered(before: Section, now: Section) -> Sequence[Section]:
    order: Sequence[Section] = ("tools", "system", "messages", "end")
    return order[order.index(before) + 1 : order.index(now) + 1]


def describe_settings(body: JsonObject, *, thinks_by_default: bool) -> Mapping[Section, bytes]:
    """What of the settings invalidates the cache from which section on; saying the default is as saying nothing."""
    config = body.get("output_config")
    config = config if is_object(config) else {}
    blocks = [block for message in get_objects(body.get("messages")) for block in get_nested_blocks(message)]
    kinds = [get_string(tool, "type") for tool in get_objects(body.get("tools"))]
    system = [
        body.get("speed") == "fast",
        sorted(kind for kind in kinds if kind.startswith(_SYSTEM_PROMPT_TOOLS)),
        any(is_object(cited := block.get("citations")) and cited.get("enabled") is True for block in blocks),
        config.get("format") or body.get("output_format"),
        config.get("task_budget"),
    ]
    messages = [
        describe_tool_choice(body.get("tool_choice")),
        describe_thinking(body.get("thinking"), thinks_by_default=thinks_by_default),
        config.get("effort") or _DEFAULT_EFFORT,
        any(block.get("type") == "image" for block in blocks),
    ]
    return {"tools": b"", "system": _encode(system), "messages": _encode(messages), "end": b""}


def describe_tool_choice(choice: object) -> object:
    if not is_object(choice):
        return ["auto", None, False]
    return [choice.get("type"), choice.get("name"), choice.get("disable_parallel_tool_use") is True]


def describe_thinking(thinking: object, *, thinks_by_default: bool) -> object:
    if not is_object(thinking):
        return ["adaptive" if thinks_by_default else "disabled", None]
    return [thinking.get("type"), thinking.get("budget_tokens")]


def get_nested_blocks(holder: JsonObject) -> Iterator[JsonObject]:
    """The blocks in a message, and those in its tool results."""
    for block in get_objects(holder.get("content")):
        yield block
        yield from get_objects(block.get("content"))


def render_canonical(segment: Segment) -> bytes:
    """The same bytes for the same block, wherever its breakpoint: a text as its block, members by name.

    Inside a tool's input the order counts, as it does for Claude.
    """
    block = segment.block
    if block is None:
        return b""
    if isinstance(block, str):
        text: JsonObject = {"text": block, "type": "text"}
        block = text
    elif get_string(block, "type").startswith(_SYSTEM_PROMPT_TOOLS) or block.get("defer_loading") is True:
        return b""
    return _encode([segment.section, segment.role, dict(sorted(remove_cache_control(block).items()))])


def remove_cache_control(block: JsonObject) -> JsonObject:
    """From the block, and from the blocks in it."""
    return {
        name: [remove_cache_control(item) if is_object(item) else item for item in member]
        if is_list(member)
        else member
        for name, member in block.items()
        if name != "cache_control"
    }


def find_breakpoints(body: JsonObject, segments: Sequence[Segment]) -> Mapping[int, Ttl]:
    found: dict[int, Ttl] = {}
    for index, segment in enumerate(segments):
        ttl = find_ttl(segment.block) if is_object(segment.block) else None
        if ttl is not None and is_cacheable(segment):
            found[index] = ttl
    automatic = find_own_ttl(body)
    if automatic is not None:
        last = next((index for index in range(len(segments) - 1, -1, -1) if is_cacheable(segments[index])), None)
        if last is not None:
            found.setdefault(last, automatic)
    return found


def is_cacheable(segment: Segment) -> bool:
    """Thinking and empty text cannot carry a breakpoint."""
    block = segment.block
    if block is None or isinstance(block, str):
        return bool(block)
    return block.get("type") not in THINKING and (block.get("type") != "text" or bool(get_string(block, "text")))


def find_ttl(block: JsonObject) -> Ttl | None:
    """Of the block's own breakpoint, or of one in what it contains: that stands at the block's end too."""
    own = find_own_ttl(block)
    if own is not None or not is_list(block.get("content")):
        return own
    inner: list[Ttl] = [ttl for part in get_objects(block["content"]) if (ttl := find_own_ttl(part))]
    return inner[-1] if inner else None


def find_own_ttl(block: JsonObject) -> Ttl | None:
    control = block.get("cache_control")
    if not is_object(control):
        return None
    return "1h" if control.get("ttl") == "1h" else "5m"
