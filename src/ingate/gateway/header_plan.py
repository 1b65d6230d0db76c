"""Sorts a message's headers by a plan made once for each sequence of names.

A client or an upstream sends the same names in the same order again and again; only values change. So what each
header is for is decided once for the whole sequence, and remembered, up to a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from ingate.wire.http1 import Header

PLANS_LIMIT = 1024
NAMES_LIMIT = 64
"""Longer sequences are planned each time, so that nobody fills the memory with them."""

DROP = "drop"
FORWARD = ""
_get_name = itemgetter(0)


class HeaderPlan(NamedTuple):
    forward: Callable[[Sequence[Header]], tuple[Header, ...]]
    """Picks the headers that go on, in order."""
    read: tuple[tuple[str, int], ...]
    """Attribute and position of each header that is read. A repeated header stands here as often as it came."""


class HeaderPlanner:
    """`classify` says of a lower-case name: `FORWARD`, `DROP`, or the attribute that takes its value. `also_forward`
    names attributes whose headers go on as well."""

    __slots__ = ("_also_forward", "_classify", "_plans")

    def __init__(self, classify: Callable[[bytes], str], also_forward: frozenset[str]) -> None:
        self._classify = classify
        self._also_forward = also_forward
        self._plans: dict[tuple[bytes, ...], HeaderPlan] = {}

    def get_plan(self, headers: Sequence[Header]) -> HeaderPlan:
        names = tuple(map(_get_name, headers))
        plan = self._plans.get(names)
        if plan is None:
            plan = self._make_plan(names)
            if len(self._plans) < PLANS_LIMIT and len(names) <= NAMES_LIMIT:
                self._plans[names] = plan
        return plan

    def _make_plan(self, names: Sequence[bytes]) -> HeaderPlan:
        uses = [self._classify(name.lower()) for name in names]
        read = tuple((use, index) for index, use in enumerate(uses) if use not in (FORWARD, DROP))
        forward = [index for index, use in enumerate(uses) if use == FORWARD or use in self._also_forward]
        return HeaderPlan(_make_picker(forward), read)


def classify_by(
    read: Mapping[bytes, str], dropped: frozenset[bytes], prefixes: tuple[bytes, ...]
) -> Callable[[bytes], str]:
    """The rule that tables make: read what has an attribute, drop what is named or begins so, forward the rest."""

    def classify(name: bytes) -> str:
        attribute = read.get(name)
        if attribute is not None:
            return attribute
        return DROP if name in dropped or name.startswith(prefixes) else FORWARD

    return classify


def drop_nominated(headers: tuple[Header, ...], connection: bytes) -> tuple[Header, ...]:
    """Without the headers that the sender's `Connection` header names: they were meant for the next hop alone."""
    if connection in _PLAIN_OPTIONS:
        return headers
    nominated = {name.strip().lower() for name in connection.split(b",")}
    if nominated <= _NOMINATE_NOTHING:
        return headers
    return tuple(header for header in headers if header[0].lower() not in nominated)


_PLAIN_OPTIONS = (b"keep-alive", b"close", b"Keep-Alive", b"Close")
_NOMINATE_NOTHING = frozenset((b"", b"close", b"keep-alive", b"upgrade", b"te", b"http2-settings"))
"""Connection options that are no end-to-end header's name."""


def _make_picker(positions: Sequence[int]) -> Callable[[Sequence[Header]], tuple[Header, ...]]:
    match positions:
        case []:
            return lambda headers: ()
        case [only]:
            return lambda headers: (headers[only],)
        case _:
            return itemgetter(*positions)
