"""`$filter` of lists that ask for more than equality: terms joined by `and`.

Each list understands some of them, and refuses the others rather than ignore them.
https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = r"'((?:[^']|'')*)'"
_VALUE = rf"(?:{_TEXT}|([0-9A-Za-z.:+-]+))"
_COMPARED = re.compile(rf"\s*([A-Za-z]+)\s+(eq|ge|gt|le|lt)\s+{_VALUE}\s*", re.IGNORECASE)
_CALLED = re.compile(rf"\s*([A-Za-z]+)\(\s*(?:{_TEXT})?\s*\)\s*", re.IGNORECASE)
_STARTS = re.compile(rf"\s*startswith\(\s*([A-Za-z]+)\s*,\s*{_TEXT}\s*\)\s*", re.IGNORECASE)
_CONTAINS = re.compile(rf"\s*([A-Za-z]+)/any\(\s*([a-z]+)\s*:\s*\2\s+eq\s+{_TEXT}\s*\)\s*", re.IGNORECASE)
_AND = re.compile(r"and\b", re.IGNORECASE)
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`principalId eq 'x'` is ("principalid", "eq", "x"); `atScope()` is ("atscope", "call", "")."""

    member: str
    """In lower case."""
    operator: str
    """`eq`, `ge`, `gt`, `le`, `lt`, `call`, `startswith`, or `any` for one of a list's values."""
    value: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.member, self.operator


def parse_terms(text: str | None) -> tuple[Term, ...] | None:
    """All of which have to hold; none without a filter. None for what is no such filter."""
    if text is None or not text.strip():
        return ()
    if len(text) > _LONGEST:
        return None
    terms: list[Term] = []
    position = 0
    while True:
        parsed = _parse_term(text, position)
        if parsed is None:
            return None
        terms.append(parsed[0])
        position = parsed[1]
        if position == len(text):
            return tuple(terms)
        joined = _AND.match(text, position)
        if joined is None:
            return None
        position = joined.end()


def _parse_term(text: str, position: int) -> tuple[Term, int] | None:
    if (found := _STARTS.match(text, position)) is not None:
        return Term(member=found[1].lower(), operator="startswith", value=_unquote(found[2])), found.end()
    if (found := _CONTAINS.match(text, position)) is not None:
        return Term(member=found[1].lower(), operator="any", value=_unquote(found[3])), found.end()
    if (found := _CALLED.match(text, position)) is not None:
        return Term(member=found[1].lower(), operator="call", value=_unquote(found[2] or "")), found.end()
    if (found := _COMPARED.match(text, position)) is not None:
        value = _unquote(found[3]) if found[3] is not None else found[4]
        return Term(member=found[1].lower(), operator=found[2].lower(), value=value), found.end()
    return None


def _unquote(text: str) -> str:
    return text.replace("''", "'")
