"""Charges: a cost row taken apart by what was metered, with what cost reports say about each.

The charges of a row add up to the row, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from .cost import CostRow
from .naming import fold_name
from .price import CCU_USD

Meter = Literal[
    "Input tokens",
    "Output tokens",
    "Cache read tokens",
    "Cache write tokens (5 minutes)",
    "Cache write tokens (1 hour)",
    "Web searches",
]
"""The token classes, and searches."""

SERVICE_NAME = "Claude in Microsoft Foundry"
METER_CATEGORY = "SaaS"
"""What Azure files Claude under: it is billed through the Marketplace."""
PUBLISHER_NAME = "Anthropic"
CONSUMED_SERVICE = "Microsoft.CognitiveServices"
RESOURCE_TYPE = "microsoft.cognitiveservices/accounts"
CURRENCY = "USD"
TOKENS_A_UNIT = 1_000_000
SEARCHES_A_UNIT = 1000


class Metering(NamedTuple):
    meter: Meter
    unit: str
    """What prices are for."""
    unit_size: int


_TOKENS = "1M tokens"
METERINGS: tuple[Metering, ...] = (
    Metering("Input tokens", _TOKENS, TOKENS_A_UNIT),
    Metering("Output tokens", _TOKENS, TOKENS_A_UNIT),
    Metering("Cache read tokens", _TOKENS, TOKENS_A_UNIT),
    Metering("Cache write tokens (5 minutes)", _TOKENS, TOKENS_A_UNIT),
    Metering("Cache write tokens (1 hour)", _TOKENS, TOKENS_A_UNIT),
    Metering("Web searches", "1K searches", SEARCHES_A_UNIT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFacts:
    """What is known of a resource that costs were made in. A purged one has lost its tags."""

    subscription_name: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceAddress:
    """The parts of a resource's ARM id; empty where it has none."""

    subscription_id: str
    resource_group: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One day's use of one meter by whoever shares a cost row."""

    row: CostRow
    metering: Metering
    count: int
    """Tokens or searches."""
    cost: Decimal
    """US dollars."""
    address: ResourceAddress
    subscription_name: str
    tags: Mapping[str, str]

    @property
    def day(self) -> date:
        return self.row.day

    @property
    def meter(self) -> Meter:
        return self.metering.meter

    @property
    def quantity(self) -> Decimal:
        """In units of the meter."""
        return Decimal(self.count) / self.metering.unit_size

    @property
    def consumption_units(self) -> Decimal:
        """Claude Consumption Units, in which Azure bills Claude."""
        return self.cost / CCU_USD

    @property
    def effective_price(self) -> Decimal:
        """US dollars a unit, over all tiers and price changes of the day."""
        return self.cost * self.metering.unit_size / self.count if self.count else Decimal(0)

    @property
    def deployment_id(self) -> str:
        row = self.row
        return f"{row.resource_id}/deployments/{row.deployment}" if row.deployment else row.resource_id

    @property
    def principal(self) -> str:
        """The caller's object id, or that it came with an API key."""
        return self.row.principal_id or "api-key"


_NOTHING_KNOWN = ResourceFacts(subscription_name="", tags={})


def list_charges(rows: Iterable[CostRow], facts: Mapping[str, ResourceFacts]) -> Iterator[Charge]:
    """`facts` by folded resource id. What was not used is left out."""
    addresses: dict[str, tuple[ResourceAddress, ResourceFacts]] = {}
    for row in rows:
        known = addresses.get(row.resource_id)
        if known is None:
            found = facts.get(fold_name(row.resource_id), _NOTHING_KNOWN)
            known = addresses[row.resource_id] = (parse_address(row.resource_id), found)
        for metering, (count, cost) in zip(METERINGS, _measure(row), strict=True):
            if count or cost:
                yield Charge(
                    row=row,
                    metering=metering,
                    count=count,
                    cost=cost,
                    address=known[0],
                    subscription_name=known[1].subscription_name,
                    tags=known[1].tags,
                )


def _measure(row: CostRow) -> tuple[tuple[int, Decimal], ...]:
    """In the order of METERINGS."""
    return (
        (row.input_tokens, row.input_cost),
        (row.output_tokens, row.output_cost),
        (row.cache_read_tokens, row.cache_read_cost),
        (row.cache_write_5m_tokens, row.cache_write_5m_cost),
        (row.cache_write_1h_tokens, row.cache_write_1h_cost),
        (row.web_search_requests, row.web_search_cost),
    )


def parse_address(resource_id: str) -> ResourceAddress:
    words = resource_id.strip("/").split("/")
    found = {
        word.lower(): name for word, name in zip(words[::2], words[1::2], strict=False) if word.lower() != "providers"
    }
    return ResourceAddress(
        subscription_id=found.get("subscriptions", ""),
        resource_group=found.get("resourcegroups", ""),
        name=words[-1] if len(words) > 1 else "",
    )
