"""Moments that people type: how long ago, or a date and time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

_AGO = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Moment(click.ParamType["str | timedelta"]):
    """`90m`, `24h`, `7d`, or a date (and time) of ISO 8601, in UTC unless it says otherwise."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str | timedelta:
        text = str(value).strip()
        if ago := _AGO.fullmatch(text):
            return timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail("a time looks like 90m, 24h, 7d, 2026-11-22 or 2026-11-22T10:00:00Z", param, ctx)
        return render_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def resolve_moment(moment: str | timedelta, now: float) -> str:
    """As Azure's filters have it: ISO 8601 in UTC."""
    return moment if isinstance(moment, str) else render_moment(datetime.fromtimestamp(now, UTC) - moment)


def render_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
