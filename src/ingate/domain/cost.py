"""What was consumed and what it cost, a row for each day and each way of telling costs apart.

Prices were applied when each exchange settled, at the price in force then: a row is a sum of those, and nothing in it
is ever computed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One day's exchanges that have everything up to `price` in common. Tokens by class, which do not overlap;
    costs in US dollars, exact."""

    day: date
    """UTC, of the time when the request came."""
    resource_id: str
    """The ARM id; empty for journals of a time when it was not recorded."""
    deployment: str
    model: str
    model_version: str
    deployment_type: str
    location: str
    principal_id: str | None
    """None: with an API key."""
    price: str | None
    """The price entry that was applied; None where no price was known, and all costs are zero."""
    requests: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    web_search_requests: int
    input_cost: Decimal
    output_cost: Decimal
    cache_read_cost: Decimal
    cache_write_5m_cost: Decimal
    cache_write_1h_cost: Decimal
    web_search_cost: Decimal

    @property
    def cost(self) -> Decimal:
        """All classes together."""
        return (
            self.input_cost
            + self.output_cost
            + self.cache_read_cost
            + self.cache_write_5m_cost
            + self.cache_write_1h_cost
            + self.web_search_cost
        )


class CostRows(Protocol):
    """Where cost rows are kept. Blocks, so it is called in a thread."""

    def list_cost_rows(
        self, from_day: date, to_day: date, resource_ids: Sequence[str] | None = None
    ) -> Iterable[CostRow]:
        """Of both days and those between, oldest first; of all resources without `resource_ids`, which are compared
        without regard to case. Exchanges that a price applies to or could have: those with a usage."""
        ...
