"""Times in ISO 8601, as clients of Azure write them."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_time(text: str) -> datetime | None:
    """With seven digits of a second too, as .NET writes them; UTC when it does not say."""
    head, dot, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    shortened = f"{head}.{rest[: min(digits, 6)]}{rest[digits:]}" if dot and digits else text
    try:
        parsed = datetime.fromisoformat(shortened)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
