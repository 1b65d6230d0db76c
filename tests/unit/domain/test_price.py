"""What an exchange costs: expected amounts are worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ingate.domain.price import ExchangeCost, PriceEntry, UnitPrices, decide_cost
from ingate.domain.usage import TokenUsage

SONNET = UnitPrices(
    input=Decimal(3),
    cache_write_5m=Decimal("3.75"),
    cache_write_1h=Decimal(6),
    cache_read=Decimal("0.30"),
    output=Decimal(15),
)
HALF = UnitPrices(
    input=Decimal("1.5"),
    cache_write_5m=Decimal("1.875"),
    cache_write_1h=Decimal(3),
    cache_read=Decimal("0.15"),
    output=Decimal("7.5"),
)


def entry(*tiers: UnitPrices, since: float = 0.0, label: str = "list") -> PriceEntry:
    return PriceEntry(label=label, effective_from=since, tiers=tiers, web_search=Decimal(10))


def test_every_class_of_token_has_its_own_price() -> None:
    usage = TokenUsage(
        input_tokens=1_000,
        output_tokens=200,
        cache_read_input_tokens=50_000,
        cache_creation_5m_input_tokens=400,
        cache_creation_1h_input_tokens=300,
        web_search_requests=2,
    )

    cost, label = decide_cost(usage, (entry(SONNET),), at=1.0)

    assert cost is not None
    assert (cost.input, cost.output) == (Decimal("0.003"), Decimal("0.003"))
    assert (cost.cache_read, cost.cache_write_5m, cost.cache_write_1h) == (
        Decimal("0.015"),
        Decimal("0.0015"),
        Decimal("0.0018"),
    )
    assert cost.web_search == Decimal("0.02")
    assert cost.total == Decimal("0.0443")
    assert label == "list"


def test_price_is_the_one_in_force_when_the_exchange_happened() -> None:
    usage, entries = TokenUsage(input_tokens=1_000_000), (entry(SONNET), entry(HALF, since=100.0, label="half"))

    assert decide_cost(usage, entries, at=99.9)[1] == "list"
    cost, label = decide_cost(usage, entries, at=100.0)
    assert cost is not None
    assert (cost.total, label) == (Decimal("1.5"), "half")


def test_cached_input_counts_towards_the_tier_of_long_requests() -> None:
    small = msgspec.structs.replace(HALF, up_to_input_tokens=1_000)
    tiers = (entry(small, SONNET),)

    at_limit, _ = decide_cost(TokenUsage(input_tokens=400, cache_read_input_tokens=600), tiers, at=0.0)
    above, _ = decide_cost(TokenUsage(input_tokens=400, cache_read_input_tokens=601), tiers, at=0.0)

    assert at_limit is not None
    assert above is not None
    assert (at_limit.input, above.input) == (Decimal("0.0006"), Decimal("0.0012"))


def test_nothing_is_priced_without_usage_or_before_the_first_price() -> None:
    assert decide_cost(None, (entry(SONNET),), at=1.0) == (None, None)
    assert decide_cost(TokenUsage(input_tokens=1), (entry(SONNET, since=5.0),), at=1.0) == (None, None)
    assert decide_cost(TokenUsage(input_tokens=1), (), at=1.0) == (None, None)


def test_costs_survive_the_journal_exactly() -> None:
    cost, _ = decide_cost(TokenUsage(input_tokens=7, cache_read_input_tokens=1), (entry(SONNET),), at=0.0)

    encoded = msgspec.json.encode(cost)

    assert encoded == b'["0.000021","0","3.0E-7","0","0","0"]'
    assert msgspec.json.decode(encoded, type=ExchangeCost) == cost
