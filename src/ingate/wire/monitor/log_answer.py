"""Answers of the Log Analytics query API.

https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from ingate.wire.arm.documents import JsonObject

_PREFERENCE = re.compile(r"\s*([a-z-]+)\s*(?:=\s*\"?([^\",;]*)\"?)?\s*", re.IGNORECASE)


class Preferences(NamedTuple):
    """What a `Prefer` header asks for."""

    wait: float | None = None
    """Seconds."""
    statistics: bool = False
    render: bool = False


def parse_preferences(header: str) -> Preferences:
    """What it does not know, it passes over (RFC 7240)."""
    found: dict[str, str] = {}
    for part in re.split(r"[,;]", header):
        match = _PREFERENCE.fullmatch(part)
        if match is not None:
            found[match[1].lower()] = (match[2] or "true").lower()
    wait = found.get("wait", "")
    return Preferences(
        wait=float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 9 else None,
        statistics=found.get("include-statistics") == "true",
        render=found.get("include-render") == "true",
    )


def render_log_table(name: str, columns: Iterable[tuple[str, str]], rows: bytes) -> JsonObject:
    """`columns` are pairs of name and Kusto type; `rows` a JSON array of arrays."""
    return {
        "name": name,
        "columns": [{"name": column, "type": type_} for column, type_ in columns],
        "rows": msgspec.Raw(rows),
    }


def render_log_error(code: str, message: str, inner: Mapping[str, Any] | None = None) -> JsonObject:
    error: JsonObject = {"message": message, "code": code}
    if inner is not None:
        error["innererror"] = dict(inner)
    return {"error": error}
