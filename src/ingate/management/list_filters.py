"""`$filter` of lists: comparisons joined by `and`, which is what Azure's own clients write.

https://learn.microsoft.com/rest/api/resources/resources/list describes the language; its `or`, `not` and comparisons
of dates are not understood, and refused rather than ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .refusals import FilterInvalid

_EQUALS = re.compile(r"\s*([A-Za-z./]+)\s+eq\s+'((?:[^']|'')*)'\s*")
_CONTAINS = re.compile(r"\s*substringof\(\s*'((?:[^']|'')*)'\s*,\s*([A-Za-z./]+)\s*\)(?:\s+eq\s+true)?\s*")
_AND = re.compile(r"and\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one member has to be."""

    member: str
    """In lower case."""
    value: str
    is_part: bool = False
    """The value need only be contained."""

    def fits(self, members: Mapping[str, str]) -> bool:
        actual, wanted = members.get(self.member, "").casefold(), self.value.casefold()
        return wanted in actual if self.is_part else wanted == actual


def parse_filter(text: str | None, known: frozenset[str]) -> tuple[Condition, ...] | FilterInvalid:
    """All of which have to fit; none when there is no filter. `known` are the members that may be asked for."""
    if text is None or not text.strip():
        return ()
    conditions: list[Condition] = []
    position = 0
    while True:
        parsed = _parse_condition(text, position)
        if parsed is None or parsed[0].member not in known:
            return FilterInvalid(known=tuple(sorted(known)))
        condition, position = parsed
        conditions.append(condition)
        if position == len(text):
            return tuple(conditions)
        joined = _AND.match(text, position)
        if joined is None:
            return FilterInvalid(known=tuple(sorted(known)))
        position = joined.end()


def _parse_condition(text: str, position: int) -> tuple[Condition, int] | None:
    equals = _EQUALS.match(text, position)
    if equals is not None:
        return Condition(member=equals[1].lower(), value=_unquote(equals[2])), equals.end()
    contains = _CONTAINS.match(text, position)
    if contains is not None:
        return Condition(member=contains[2].lower(), value=_unquote(contains[1]), is_part=True), contains.end()
    return None


def _unquote(text: str) -> str:
    return text.replace("''", "'")
