"""Headers of a scripted answer."""

from __future__ import annotations

import re

from ingate.simulator.incoming import Header
from ingate.simulator.scripting.tree_reader import Problems, describe, read_string
from ingate.simulator.scripting.yaml_tree import MapNode, Node

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, a token
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te"})


def read_answer_headers(node: Node, problems: Problems) -> tuple[Header, ...] | None:
    if not isinstance(node, MapNode):
        problems.add(node, f"headers have to be a mapping of names to values, not {describe(node)}")
        return None
    headers: list[Header] = []
    for key, inner in node.items:
        value = read_string(inner, problems)
        if not _NAME.fullmatch(key.text):
            problems.add(key, f"'{key.text}' is no name of a header")
        elif key.text.lower() in _FRAMING:
            problems.add(key, f"'{key.text}' is set by the server")
        elif value is not None and not _VALUE.fullmatch(value):
            problems.add(inner, "not what a header can carry: control characters, or characters beyond Latin-1")
        elif value is not None:
            headers.append((key.text.lower().encode(), value.strip().encode("latin-1")))
    return tuple(headers)


def add_headers(defaults: tuple[Header, ...], headers: tuple[Header, ...]) -> tuple[Header, ...]:
    """Both, those of `headers` in the place of defaults of the same name."""
    names = {name for name, _ in headers}
    return (*(header for header in defaults if header[0] not in names), *headers)
