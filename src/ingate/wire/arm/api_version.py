"""The `api-version` query parameter that every Resource Manager request carries."""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from typing import NewType

ApiVersion = NewType("ApiVersion", str)

_FORM = re.compile(r"(\d{4})-(\d{2})-(\d{2})(-[A-Za-z]+(\.\d+)?)?", re.ASCII)


class ApiVersionFault(Enum):
    MISSING = "missing"
    MALFORMED = "malformed"


def parse_api_version(value: str | None) -> ApiVersion | ApiVersionFault:
    """Any real date, with or without a suffix such as `-preview`.

    Clients send versions newer than any list (azure-cli used 2026-05-15-preview for these types), so the form is
    checked and the date is not.
    """
    if not value:
        return ApiVersionFault.MISSING
    match = _FORM.fullmatch(value)
    if match is None or not _is_date(int(match[1]), int(match[2]), int(match[3])):
        return ApiVersionFault.MALFORMED
    return ApiVersion(value)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
