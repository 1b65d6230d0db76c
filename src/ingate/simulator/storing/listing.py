"""Lists: what a query asks for, and the page that answers it."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

import msgspec

from .problem import Problem, refuse

Item = TypeVar("Item")
Place = tuple[int, str]
"""Where an item stands in its list: its moment, and its id among those of one moment."""

Query = dict[str, list[str]]

DEFAULT_LIMIT = 20
PAGE_PREFIX = "page_"


class _Cursor(msgspec.Struct, array_like=True):
    of: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    items: list[Item]
    next_page: str | None


def parse_query(query: bytes) -> Query:
    found: Query = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=1000):
        found.setdefault(name, []).append(value)
    return found


def get_one(query: Query, name: str) -> str | None:
    """The last value; an empty one counts as none."""
    return (query.get(name) or [""])[-1] or None


def parse_integer(text: str, name: str) -> int | Problem:
    try:
        return int(text) if len(text) < 20 else 10**20
    except ValueError:
        return refuse(f"{name}: Input should be a valid integer, unable to parse string as an integer")


def list_page(
    items: Sequence[Item],
    get_place: Callable[[Item], Place],
    *,
    of: str,
    token: str | None,
    limit: int,
    newest_first: bool,
) -> Page[Item] | Problem:
    """The page that `token` stands for. `of` names the list: another list's token is not valid here. A page goes on
    behind the place where the one before ended, even when what stood there is gone."""
    ordered = sorted(items, key=get_place, reverse=newest_first)
    if token is not None:
        after = _parse_token(token, of)
        if after is None:
            return refuse("page is not a valid page token.")
        ordered = [item for item in ordered if (get_place(item) < after if newest_first else get_place(item) > after)]
    page = ordered[:limit]
    return Page(items=page, next_page=_render_token(of, get_place(page[-1])) if len(ordered) > limit else None)


def _render_token(of: str, place: Place) -> str:
    return PAGE_PREFIX + urlsafe_b64encode(msgspec.json.encode(_Cursor(of, place))).decode().rstrip("=")


def _parse_token(token: str, of: str) -> Place | None:
    if not token.startswith(PAGE_PREFIX):
        return None
    encoded = token.removeprefix(PAGE_PREFIX)
    try:
        cursor = msgspec.json.decode(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
    return cursor.place if cursor.of == of else None
