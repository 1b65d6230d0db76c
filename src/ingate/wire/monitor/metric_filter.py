"""The `$filter` of a metrics query: comparisons of dimensions, joined by `and` and `or`.

    ModelDeploymentName eq '*' and StatusCode eq '200' or StatusCode eq '429'

`or` binds closer than `and`, and joins values of one dimension only. Operators are `eq`, `ne` and `sw` (starts with).
https://learn.microsoft.com/rest/api/monitor/metrics/list
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import unquote

Operator: TypeAlias = Literal["eq", "ne", "sw"]

LONGEST = 8192
DEEPEST = 16
"""Brackets within brackets."""

_COMPARISON = re.compile(
    r"\s*(?P<dimension>[A-Za-z][\w./-]*)\s+(?P<operator>eq|ne|sw)\s+'(?P<value>(?:[^']|'')*)'\s*",
    re.ASCII | re.IGNORECASE,
)
_OPERATORS: dict[str, Operator] = {"eq": "eq", "ne": "ne", "sw": "sw"}
_JOINED = re.compile(r"\s*(and|or)\b", re.ASCII | re.IGNORECASE)
_OPENED = re.compile(r"\s*\(")
_CLOSED = re.compile(r"\s*\)\s*")


class FilterTerm(NamedTuple):
    dimension: str
    operator: Operator
    value: str


Groups: TypeAlias = tuple[tuple[FilterTerm, ...], ...]
"""Every group has to fit, with any of its terms, which are of one dimension."""


class MalformedFilter(NamedTuple):
    reason: str


def parse_metric_filter(text: str | None) -> Groups | MalformedFilter:
    """No groups without a filter."""
    if text is None or not text.strip():
        return ()
    if len(text) > LONGEST:
        return MalformedFilter(f"it is longer than {LONGEST} characters")
    try:
        groups, position = _parse_all(text, 0, 0)
    except _Malformed as error:
        return MalformedFilter(str(error))
    if position != len(text):
        return MalformedFilter(f"unexpected text at position {position}")
    return tuple(groups)


class _Malformed(Exception):
    pass


def _parse_all(text: str, position: int, depth: int) -> tuple[list[tuple[FilterTerm, ...]], int]:
    """`either and either and ...`"""
    groups, position = _parse_either(text, position, depth)
    while (joined := _JOINED.match(text, position)) is not None and joined[1].lower() == "and":
        more, position = _parse_either(text, joined.end(), depth)
        groups += more
    return groups, position


def _parse_either(text: str, position: int, depth: int) -> tuple[list[tuple[FilterTerm, ...]], int]:
    """`one or one or ...`"""
    groups, position = _parse_one(text, position, depth)
    while (joined := _JOINED.match(text, position)) is not None and joined[1].lower() == "or":
        more, position = _parse_one(text, joined.end(), depth)
        groups = [_join(groups, more)]
    return groups, position


def _join(left: list[tuple[FilterTerm, ...]], right: list[tuple[FilterTerm, ...]]) -> tuple[FilterTerm, ...]:
    names = {term.dimension.lower() for group in (*left, *right) for term in group}
    if len(left) != 1 or len(right) != 1 or len(names) != 1:
        raise _Malformed("'or' cannot join conditions on different dimensions")
    return (*left[0], *right[0])


def _parse_one(text: str, position: int, depth: int) -> tuple[list[tuple[FilterTerm, ...]], int]:
    opened = _OPENED.match(text, position)
    if opened is not None:
        if depth == DEEPEST:
            raise _Malformed("its brackets are nested too deep")
        groups, position = _parse_all(text, opened.end(), depth + 1)
        closed = _CLOSED.match(text, position)
        if closed is None:
            raise _Malformed(f"a closing bracket is missing at position {position}")
        return groups, closed.end()
    found = _COMPARISON.match(text, position)
    if found is None:
        raise _Malformed(f"a condition like <dimension> eq '<value>' is missing at position {position}")
    value = found["value"].replace("''", "'")
    # Brackets in values are encoded once more, as the documentation asks.
    value = unquote(value) if "%" in value else value
    return [(FilterTerm(found["dimension"], _OPERATORS[found["operator"].lower()], value),)], found.end()
