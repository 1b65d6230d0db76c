"""Redaction: what is taken out of content before it is kept.

Patterns are RE2's (https://github.com/google/re2/wiki/Syntax): to find one takes time linear in the text. To find all
may take that for each, so a redaction also has a deadline. The library is imported with the first pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

MARK = "[redacted]"

SECONDS = 2.0
"""For one value, about."""

BUILT_IN = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)",
    r"eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){2,4}",
    r"sk-ant-[A-Za-z0-9_-]{8,}",
    r"(?i)\bbearer[ \t]+[A-Za-z0-9._~+/=-]{16,}",
    r"(?:\b|_)[A-Za-z0-9]{84}(?:\b|_)",
    r"(?:\b|_)[A-Za-z0-9]{32}(?:\b|_)",
)
"""Private keys in PEM, JSON web tokens, keys of Anthropic, bearer tokens, keys of Azure (of 84 characters; until
2024, of 32)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternInvalid:
    reason: str
    """RE2's, without the pattern."""


class _PatternError(ValueError):
    pass


class RedactionTooSlow(Exception):
    """The deadline has passed, and nothing may be kept."""


class Redactor:
    """The built-in patterns and a deployment's own. For one thread."""

    def __init__(self, patterns: Sequence[str], *, clock: Callable[[], float] | None = None) -> None:
        """`clock` counts seconds; without it there is no deadline. Raises ValueError when a pattern is not RE2."""
        self._patterns = [_compile(pattern) for pattern in (*BUILT_IN, *patterns)]
        self._clock = clock
        self._deadline = 0.0

    def redact(self, value: object) -> object:
        """A JSON value with every string in it redacted; names of members, numbers and the rest stay. Raises
        RecursionError for one too deep, RedactionTooSlow."""
        if self._clock is not None:
            self._deadline = self._clock() + SECONDS
        return self._redact(value)

    def _redact(self, value: object) -> object:
        if isinstance(value, str):
            return self._redact_text(value)
        if isinstance(value, dict):
            members = cast("dict[str, object]", value)
            return {name: self._redact(member) for name, member in members.items()}
        if isinstance(value, list):
            return [self._redact(item) for item in cast("list[object]", value)]
        return value

    def _redact_text(self, text: str) -> str:
        for pattern in self._patterns:
            self._check_deadline()
            text = pattern.sub(self._mark, text)
        return text

    def _mark(self, found: Any) -> str:
        """A pattern that also matches nothing changes nothing there."""
        self._check_deadline()
        return MARK if found.group() else ""

    def _check_deadline(self) -> None:
        if self._clock is not None and self._clock() > self._deadline:
            raise RedactionTooSlow


def check_pattern(pattern: str) -> PatternInvalid | None:
    try:
        _compile(pattern)
    except _PatternError as error:
        return PatternInvalid(reason=str(error))
    return None


def _compile(pattern: str) -> Any:
    re2: Any = import_module("re2")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise _PatternError(_describe(error.args[0])) from None
    except UnicodeEncodeError:
        raise _PatternError("a lone surrogate") from None


def _describe(reason: bytes | str) -> str:
    """RE2 says what is wrong, a colon, and the part of the pattern."""
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return text.partition(": ")[0]
