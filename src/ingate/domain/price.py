"""Prices at the moment of settlement: what an exchange costs, at the price in force when it happened.

The control plane resolves the price book (catalogue, overrides, discounts, data zone) into dated entries for each
deployment; a gateway only picks one and multiplies. What a record says it cost is never computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import msgspec

from .usage import TokenUsage

PRICE_DIGITS = 6
"""After the point, of US dollars for a million tokens: so that a cost is a whole number of 1e-12 dollars."""

CCU_USD = Decimal("0.01")
"""Of one Claude Consumption Unit, in which Azure bills Claude."""

_ZERO = Decimal(0)


class UnitPrices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """US dollars for a million tokens, of requests with at most `up_to_input_tokens` input tokens (None: any)."""

    up_to_input_tokens: int | None = None
    input: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    output: Decimal


class PriceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment's exchanges cost from a moment on, discounts and data zone included."""

    label: str
    """Says which prices these are, such as `claude-opus-4-5@2026-08-21`; records keep it."""
    effective_from: float
    """Seconds since 1970, UTC."""
    tiers: tuple[UnitPrices, ...]
    """Smaller ones first."""
    web_search: Decimal
    """US dollars for a thousand searches."""


class ExchangeCost(msgspec.Struct, frozen=True, array_like=True):
    """US dollars, exactly. In JSON a list of decimal numbers in quotes, in this order."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    web_search: Decimal

    @property
    def total(self) -> Decimal:
        return (
            self.input + self.output + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.web_search
        )


class PricedExchange(NamedTuple):
    cost: ExchangeCost | None
    label: str | None


NOT_PRICED = PricedExchange(None, None)


def decide_cost(usage: TokenUsage | None, entries: Sequence[PriceEntry], at: float) -> PricedExchange:
    """`entries` are sorted by when they come into force; `at` is the exchange's time. Nothing is priced without a
    usage, or before the first entry. The tier is that of all input, cached or not, as Anthropic counts it."""
    if usage is None:
        return NOT_PRICED
    entry = find_entry(entries, at)
    if entry is None:
        return NOT_PRICED
    read, write_5m, write_1h = (
        usage.cache_read_input_tokens,
        usage.cache_creation_5m_input_tokens,
        usage.cache_creation_1h_input_tokens,
    )
    prices = _find_tier(entry.tiers, usage.input_tokens + read + write_5m + write_1h)
    cost = ExchangeCost(
        _multiply(usage.input_tokens, prices.input),
        _multiply(usage.output_tokens, prices.output),
        _multiply(read, prices.cache_read),
        _multiply(write_5m, prices.cache_write_5m),
        _multiply(write_1h, prices.cache_write_1h),
        entry.web_search * usage.web_search_requests / 1000 if usage.web_search_requests else _ZERO,
    )
    return PricedExchange(cost, entry.label)


def find_entry(entries: Sequence[PriceEntry], at: float) -> PriceEntry | None:
    """The last that is in force."""
    for entry in reversed(entries):
        if entry.effective_from <= at:
            return entry
    return None


def _find_tier(tiers: Sequence[UnitPrices], input_tokens: int) -> UnitPrices:
    for tier in tiers:
        if tier.up_to_input_tokens is None or input_tokens <= tier.up_to_input_tokens:
            return tier
    return tiers[-1]


@lru_cache(maxsize=1024)
def _price_one(price: Decimal) -> Decimal:
    """Of one token."""
    return price.scaleb(-6)


def _multiply(tokens: int, price: Decimal) -> Decimal:
    return _price_one(price) * tokens if tokens else _ZERO
