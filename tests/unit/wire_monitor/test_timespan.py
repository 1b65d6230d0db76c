"""Times and spans as Azure Monitor's clients write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingate.wire.monitor.timespan import parse_duration, parse_moment, parse_timespan, render_timespan

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEN, ELEVEN = datetime(2026, 11, 22, 10, tzinfo=UTC), datetime(2026, 11, 22, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:00:00Z",
        "2026-11-22T10:00:00",
        "2026-11-22 10:00:00",
        "2026-11-22T10:00:00.0000000Z",
        "2026-11-22T12:00:00+02:00",
        "2026-11-22T12:00:00 02:00",
        "2026-11-22T10:00Z",
    ],
)
def test_a_moment_is_read_in_all_its_spellings(text: str) -> None:
    assert parse_moment(text) == TEN


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01T00:00:00Z", "99999-01-01", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert parse_moment(text) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("PT1M", 1),
        ("P1D", 1440),
        ("PT60M", 60),
        ("P1DT1H", 1500),
        ("P1W", 10080),
        ("pt30s", 0.5),
        ("PT0.5S", 1 / 120),
    ],
)
def test_a_duration_is_days_and_clock_time(text: str, minutes: float) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "1H", "PT1", "P1Y", "P1M", "PT999999999S1", "-PT1H"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:00:00Z/2026-11-22T11:00:00Z",
        "2026-11-22T10%3A00%3A00Z/2026-11-22T11%3A00%3A00Z",
        "2026-11-22T10%3A00%3A00Z%2F2026-11-22T11%3A00%3A00Z",
        "2026-11-22T10:00:00Z/PT1H",
        "PT1H/2026-11-22T11:00:00Z",
    ],
)
def test_a_span_is_read_in_all_its_spellings(text: str) -> None:
    assert parse_timespan(text, NOW) == (TEN, ELEVEN)


def test_a_duration_alone_ends_now() -> None:
    assert parse_timespan("PT2H", NOW) == (TEN, NOW)


@pytest.mark.parametrize(
    "text", ["", "/", "2026-11-22T10:00:00Z", "a/b", "PT1H/PT1H", "P999999D", "PT1H/" + "x" * 300]
)
def test_what_is_no_span_is_none(text: str) -> None:
    assert parse_timespan(text, NOW) is None


def test_a_span_is_written_to_the_second() -> None:
    span = parse_timespan("2026-11-22T12:00:00.25+02:00/PT1H", NOW)
    assert span is not None
    assert render_timespan(span) == "2026-11-22T10:00:00Z/2026-11-22T11:00:00Z"
