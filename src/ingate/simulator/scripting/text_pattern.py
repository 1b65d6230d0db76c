"""What a text has to be for a condition to hold. Regular expressions are RE2's: a search takes linear time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

MOST_SHOWN = 80
"""Characters of a text that a near miss quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    source: str
    search: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPattern:
    """All that is set has to hold."""

    equals: str | None = None
    contains: tuple[str, ...] = ()
    regex: Pattern | None = None

    def matches(self, text: str) -> bool:
        return (
            (self.equals is None or text == self.equals)
            and all(part in text for part in self.contains)
            and (self.regex is None or self.regex.search(text))
        )

    def __str__(self) -> str:
        parts = [f"equals {quote(self.equals)}"] if self.equals is not None else []
        parts += [f"contains {quote(part)}" for part in self.contains]
        parts += [f"matches /{self.regex.source}/"] if self.regex else []
        return " and ".join(parts)


def quote(text: str) -> str:
    """The start of a text on one line."""
    line = " ".join(text[: MOST_SHOWN * 4].split())
    return f"'{line}'" if len(line) <= MOST_SHOWN else f"'{line[:MOST_SHOWN]}...'"


def compile_pattern(source: str) -> Pattern:
    """Raises ValueError with the reason if the expression is not one of RE2's."""
    re2: Any = import_module("re2")  # here, because few scripts need it
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 * 1024 * 1024
    try:
        compiled: Any = re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None

    def search(text: str) -> bool:
        # RE2 reads UTF-8, which has no way to write half a pair of surrogates.
        return compiled.search(text.encode("utf-8", "replace")) is not None

    return Pattern(source=source, search=search)
