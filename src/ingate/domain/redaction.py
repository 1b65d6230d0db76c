"""Redaction: what is taken out of content before it is kept.

Patterns are RE2's (https://github.com/google/re2/wiki/Syntax), whose time is linear in the text: a deployment's owner
cannot write one that stalls a worker. The library is imported with the first pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

MARK = "[redacted]"

BUILT_IN = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)",
    r"eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){2,4}",
    r"sk-ant-[A-Za-z0-9_-]{8,}",
    r"(?i)\bbearer[ \t]+[A-Za-z0-9._~+/=-]{16,}",
    r"(?:\b|_)[A-Za-z0-9]{84}(?:\b|_)",
    r"(?:\b|_)[A-Za-z0-9]{32}(?:\b|_)",
)
"""Private keys in PEM, JSON web tokens, keys of Anthropic, bearer tokens, keys of Azure (of 84 characters; before 2024,
of 32)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternInvalid:
    reason: str
    """RE2's, without the pattern."""


class _PatternError(ValueError):
    pass


class Redactor:
    """The built-in patterns and a deployment's own."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raises ValueError when one is not RE2."""
        self._patterns = [_compile(pattern) for pattern in (*BUILT_IN, *patterns)]

    def redact(self, value: object) -> object:
        """A JSON value with every string in it redacted; names of members, numbers and the rest stay. Raises
        RecursionError for one too deep."""
        if isinstance(value, str):
            return self._redact_text(value)
        if isinstance(value, dict):
            members = cast("dict[str, object]", value)
            return {name: self.redact(member) for name, member in members.items()}
        if isinstance(value, list):
            return [self.redact(item) for item in cast("list[object]", value)]
        return value

    def _redact_text(self, text: str) -> str:
        for pattern in self._patterns:
            text = pattern.sub(_mark, text)
        return text


def check_pattern(pattern: str) -> PatternInvalid | None:
    try:
        _compile(pattern)
    except _PatternError as error:
        return PatternInvalid(reason=str(error))
    return None


def _mark(found: Any) -> str:
    """A pattern that also matches nothing changes nothing there."""
    return MARK if found.group() else ""


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
