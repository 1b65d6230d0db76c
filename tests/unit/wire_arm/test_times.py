from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingate.wire.arm.times import parse_time


@pytest.mark.parametrize(
    "text", ["2026-11-22T12:00:00.2500000Z", "2026-11-22T12:00:00.25Z", "2026-11-22T13:00:00.25+01:00"]
)
def test_times_are_read_with_any_precision(text: str) -> None:
    assert parse_time(text) == datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
    assert parse_time("2026-11-22") == datetime(2026, 11, 22, tzinfo=UTC)
    assert parse_time("0001-01-01T00:00:00+23:00") is None
    assert parse_time("noon") is None
