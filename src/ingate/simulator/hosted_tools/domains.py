"""`allowed_domains` and `blocked_domains`: which addresses a web tool may touch.

A domain stands for its subdomains too, and may go on with a path; `*` matches anything within a path.
https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools (domain filtering).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from ingate.simulator.json_value import JsonObject, is_list


def list_domains(tool: JsonObject, name: str) -> Sequence[str]:
    """The strings in one of the two lists."""
    value = tool.get(name)
    return [item for item in value if isinstance(item, str)] if is_list(value) else ()


def is_url_allowed(url: str, tool: JsonObject) -> bool:
    allowed = list_domains(tool, "allowed_domains")
    if allowed and not any(is_within(url, domain) for domain in allowed):
        return False
    return not any(is_within(url, domain) for domain in list_domains(tool, "blocked_domains"))


def is_within(url: str, domain: str) -> bool:
    host, slash, path = domain.lower().partition("/")
    try:
        parts = urlsplit(url.lower())
    except ValueError:
        return False
    found = parts.hostname or ""
    if found != host and not found.endswith("." + host):
        return False
    return _begins_with(parts.path or "/", slash + path)


def _begins_with(path: str, pattern: str) -> bool:
    """Piece by piece, each at its first place: no pattern takes longer than the path is long."""
    first, *others = pattern.split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    for piece in others:
        position = path.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return True
