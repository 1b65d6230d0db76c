"""Lists in pages: `$top` says how many to show, `nextLink` leads to the rest.

A page begins after the name that the one before ended with, so what is created or deleted meanwhile moves nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote, urlencode

from starlette.requests import Request

from ingate.domain.naming import fold_name
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_page

from .control_plane import Answer, Outcome
from .refusals import QueryParameterInvalid
from .request_ids import find_base_url

LARGEST_PAGE = 200
"""Entries, unless the caller wishes fewer."""

Entry = TypeVar("Entry")


def get_query(request: Request, name: str) -> str | None:
    """A query parameter; their names are compared without regard to case."""
    return next((value for key, value in request.query_params.multi_items() if key.lower() == name.lower()), None)


def render_list(
    request: Request, entries: Iterable[Entry], key: Callable[[Entry], str], render: Callable[[Entry], JsonObject]
) -> Outcome:
    """The page that the request asks for, in the order of the keys, which tell entries apart."""
    size, start = parse_top(request, largest=LARGEST_PAGE), parse_skip_token(request)
    if isinstance(size, QueryParameterInvalid):
        return size
    if isinstance(start, QueryParameterInvalid):
        return start
    keyed = sorted(((fold_name(key(entry)), entry) for entry in entries), key=lambda pair: pair[0])
    rest = [pair for pair in keyed if pair[0] > start] if start else keyed
    shown = rest[:size]
    next_link = render_next_link(request, shown[-1][0]) if len(rest) > size else None
    return Answer(document=render_page([render(entry) for _, entry in shown], next_link))


def parse_top(request: Request, *, largest: int) -> int | QueryParameterInvalid:
    """How many entries a page has: at most the largest, which is also usual."""
    given = get_query(request, "$top")
    if given is None:
        return largest
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and int(given) > 0):
        return QueryParameterInvalid(name="$top", reason="it must be a whole number greater than 0")
    return min(int(given), largest)


def parse_skip_token(request: Request) -> str | QueryParameterInvalid:
    """What the page before ended with; empty for the first page."""
    given = get_query(request, "$skiptoken")
    if given is None:
        return ""
    try:
        return base64.urlsafe_b64decode(given.encode("ascii")).decode()
    except (binascii.Error, ValueError):
        return QueryParameterInvalid(name="$skiptoken", reason="it must be one that a nextLink contains")


def render_next_link(request: Request, last: str) -> str:
    """To the page that begins after `last`."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name.lower() != "$skiptoken"]
    token = base64.urlsafe_b64encode(last.encode()).decode("ascii")
    query = urlencode([*kept, ("$skiptoken", token)], quote_via=quote)
    return f"{find_base_url(request.scope)}{quote(request.scope['path'])}?{query}"
