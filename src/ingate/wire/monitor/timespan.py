"""Times, durations and spans of time in ISO 8601, as Azure Monitor's clients write them.

https://learn.microsoft.com/rest/api/monitor/metrics/list
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import unquote

from ingate.wire.arm.times import parse_time

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,7})?)S)?)?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST = 200


class Timespan(NamedTuple):
    start: datetime
    end: datetime


def parse_moment(text: str) -> datetime | None:
    """UTC when it does not say; a `+` that was not encoded comes as a space."""
    return parse_time(text.strip().replace(" ", "+" if "T" in text else "T"))


def parse_duration(text: str) -> timedelta | None:
    """Without years and months, whose lengths differ."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or text.strip().upper() in {"P", "PT"} or text.strip().upper().endswith("T"):
        return None
    try:
        return timedelta(**{name: float(value) for name, value in found.groupdict(default="0").items()})
    except OverflowError:
        return None


def parse_timespan(text: str, now: datetime) -> Timespan | None:
    """`start/end`, `start/duration`, `duration/end`, or a duration up to now. azure-cli encodes it twice."""
    if len(text) > _LONGEST:
        return None
    left, slash, right = (unquote(text) if "%" in text else text).strip().partition("/")
    if not slash:
        duration = parse_duration(left)
        return None if duration is None else _subtract(now, duration)
    start, end = parse_moment(left), parse_moment(right)
    if start is not None and end is not None:
        return Timespan(start, end)
    if start is not None and (duration := parse_duration(right)) is not None:
        return _add(start, duration)
    if end is not None and (duration := parse_duration(left)) is not None:
        return _subtract(end, duration)
    return None


def render_moment(moment: datetime) -> str:
    """To the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def render_timespan(span: Timespan) -> str:
    return f"{render_moment(span.start)}/{render_moment(span.end)}"


def _add(start: datetime, duration: timedelta) -> Timespan | None:
    try:
        return Timespan(start, start + duration)
    except OverflowError:
        return None


def _subtract(end: datetime, duration: timedelta) -> Timespan | None:
    try:
        return Timespan(end - duration, end)
    except OverflowError:
        return None
