"""Values as a sentence quotes them: JSON, short, and around the place that matters."""

from __future__ import annotations

from os.path import commonprefix

import msgspec

LENGTH = 80
"""Characters of a quoted value, about."""

BEFORE = 24
"""Characters that are shown before the first that differs."""


def quote(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"


def quote_apart(first: str, second: str) -> tuple[str, str]:
    """Two texts, each from shortly before the first character in which they differ."""
    start = max(0, len(commonprefix((first, second))) - BEFORE)
    if max(len(first), len(second)) <= LENGTH:
        start = 0
    return _quote_from(first, start), _quote_from(second, start)


def _quote_from(text: str, start: int) -> str:
    part = text[start : start + LENGTH]
    before, after = "…" if start else "", "…" if start + LENGTH < len(text) else ""
    return _quote_whole(f"{before}{part}{after}")


def _quote_whole(text: str) -> str:
    return msgspec.json.encode(text).decode()
