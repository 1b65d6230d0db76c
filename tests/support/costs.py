"""Costs for tests: rows as the rollups keep them, and a store of rows in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ingate.domain.cost import CostRow

ACCOUNT = (
    "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/example-group"
    "/providers/Microsoft.CognitiveServices/accounts/example-resource"
)


def make_row(day: date, **changes: Any) -> CostRow:
    """A million input tokens of Opus 4.5 for 5 dollars, and 100,000 output tokens for 2.50, unless told otherwise."""
    content: dict[str, Any] = {
        "day": day,
        "resource_id": ACCOUNT,
        "deployment": "prod-a",
        "model": "claude-opus-4-5",
        "model_version": "20251101",
        "deployment_type": "GlobalStandard",
        "location": "eastus2",
        "principal_id": None,
        "price": "claude-opus-4-5@2026-08-21",
        "requests": 10,
        "input_tokens": 1_000_000,
        "output_tokens": 100_000,
        "cache_read_tokens": 0,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "web_search_requests": 0,
        "input_cost": Decimal(5),
        "output_cost": Decimal("2.5"),
        "cache_read_cost": Decimal(0),
        "cache_write_5m_cost": Decimal(0),
        "cache_write_1h_cost": Decimal(0),
        "web_search_cost": Decimal(0),
    }
    return CostRow(**(content | changes))


class CostRowsInMemory:
    """Implements `domain.cost.CostRows`."""

    def __init__(self, rows: Iterable[CostRow] = ()) -> None:
        self.rows = list(rows)
        self.reads = 0

    def list_cost_rows(
        self, from_day: date, to_day: date, resource_ids: Sequence[str] | None = None
    ) -> Iterable[CostRow]:
        self.reads += 1
        wanted = None if resource_ids is None else {name.casefold() for name in resource_ids}
        return [
            row
            for row in sorted(self.rows, key=lambda row: row.day)
            if from_day <= row.day <= to_day and (wanted is None or row.resource_id.casefold() in wanted)
        ]
