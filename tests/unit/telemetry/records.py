"""Records to write, and what a file holds, read without the code under test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.usage import TokenUsage


def make_record(request_id: str) -> ExchangeRecord:
    return ExchangeRecord(
        time=1_800_000_000.25,
        request_id=request_id,
        apim_request_id="guid",
        resource="example-resource",
        deployment="my-claude",
        operation="messages",
        status=200,
        outcome="completed",
        duration_ms=1.0,
        usage=TokenUsage(input_tokens=3, output_tokens=5),
        authentication="key",
        user_agent="line\nend \u2028 é \x00",
    )


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def read_ids(path: Path) -> list[str | None]:
    """Of all records; None for a line that is no JSON."""
    found: list[str | None] = []
    for line in path.read_bytes().split(b"\n"):
        if line and not line.startswith(b'{"journal_format"'):
            try:
                found.append(json.loads(line)["request_id"])
            except ValueError:
                found.append(None)
    return found
