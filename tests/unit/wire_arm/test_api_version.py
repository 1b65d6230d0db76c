from __future__ import annotations

import pytest

from ingate.wire.arm.api_version import ApiVersionFault, parse_api_version


@pytest.mark.parametrize("value", ["2025-09-01", "2026-05-15-preview", "2019-05-10-alpha.2"])
def test_a_dated_version_is_taken_as_it_is(value: str) -> None:
    assert parse_api_version(value) == value


@pytest.mark.parametrize("value", [None, ""])
def test_no_version_is_missing(value: str | None) -> None:
    assert parse_api_version(value) is ApiVersionFault.MISSING


@pytest.mark.parametrize(
    "value", ["latest", "v1", "2025-02-30", "2025-9-1", "2025-09-01-", "2025-09-01\n", "٢٠٢٥-٠٩-٠١"]
)
def test_what_is_no_date_is_malformed(value: str) -> None:
    assert parse_api_version(value) is ApiVersionFault.MALFORMED
