"""`stream_fault` of a response, read from a script."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from ingate.simulator.scripting.error_reader import read_event_error
from ingate.simulator.scripting.responses import FaultKind, StreamFault
from ingate.simulator.scripting.tree_reader import (
    Problems,
    integer_from,
    number_from,
    one_of,
    read_members,
    read_optional,
    read_string,
)
from ingate.simulator.scripting.yaml_tree import Node, ScalarNode

DEFAULT_EVENTS = 5
"""In a text: the message's start, the block's, a ping and two pieces of text."""
DEFAULT_DATA = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_d\n\n'
)
DEFAULT_ERROR: Mapping[str, object] = MappingProxyType({"type": "overloaded_error", "message": "Overloaded"})

_PLACES = ("after_events", "after_bytes")
_OF_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "error_event": ("error",),
        "disconnect": (),
        "truncate": (),
        "stall": ("seconds",),
        "malformed": ("data",),
    }
)
_KEYS = ("kind", *_PLACES, "seconds", "error", "data")


def read_stream_fault(node: Node, problems: Problems) -> StreamFault | None:
    """A kind alone, or a mapping."""
    if isinstance(node, ScalarNode):
        kind = one_of(*_OF_KIND)(node, problems)
        if kind == "stall":
            problems.add(node, "a stall needs `seconds`")
        return None if kind is None else _make_fault(kind, {}, problems)
    members = read_members(node, problems, _KEYS, what="stream_fault")
    if members is None:
        return None
    if "kind" not in members:
        problems.add(node, f"stream_fault needs a `kind`: {', '.join(_OF_KIND)}")
    kind = read_optional(members, "kind", one_of(*_OF_KIND), problems)
    if kind is None:
        return None
    if all(place in members for place in _PLACES):
        problems.add(members["after_bytes"], "'after_bytes' and 'after_events' cannot both say when")
    for name in members:
        if name not in ("kind", *_PLACES, *_OF_KIND[kind]):
            problems.add(members[name], f"'{name}' has no effect on '{kind}'")
    if kind == "stall" and "seconds" not in members:
        problems.add(node, "a stall needs `seconds`")
    return _make_fault(kind, members, problems)


def _make_fault(kind: str, members: Mapping[str, Node], problems: Problems) -> StreamFault:
    after_events = read_optional(members, "after_events", integer_from(0), problems)
    after_bytes = read_optional(members, "after_bytes", integer_from(0), problems)
    data = read_optional(members, "data", read_string, problems)
    error = read_optional(members, "error", read_event_error, problems)
    return StreamFault(
        kind=cast("FaultKind", kind),
        after_events=DEFAULT_EVENTS if after_events is None and after_bytes is None else after_events,
        after_bytes=after_bytes,
        seconds=read_optional(members, "seconds", number_from(0, 86_400), problems) or 0.0,
        error={**DEFAULT_ERROR, **(error or {})},
        data=DEFAULT_DATA if data is None else data.encode("utf-8", "replace"),
    )
