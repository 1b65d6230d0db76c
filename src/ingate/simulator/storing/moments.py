"""Moments, kept as whole microseconds since 1970, UTC: exact, and in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(seconds: float) -> int:
    return round(seconds * SECOND)


def render_moment(microseconds: int) -> str:
    """As the API writes it: `2025-04-15T18:37:24.100435Z`."""
    return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
