"""Prices of deployments, and invoices that were computed by hand: no expected amount comes out of the code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.support.aggregates import CREATED

from ingate.domain.catalog import CatalogModel, ModelPrice, PriceTier
from ingate.domain.price import PriceEntry, UnitPrices, decide_cost
from ingate.domain.price_book import (
    Discount,
    FixedPrices,
    PriceAgreement,
    PricedDeployment,
    PriceTarget,
    Terms,
    Withdrawn,
    find_list_prices,
    resolve_prices,
)
from ingate.domain.usage import TokenUsage
from ingate.store.catalog_file import read_catalog

CATALOG = read_catalog()
RESOURCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"
DEPLOYMENT = f"{RESOURCE}/deployments/d"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOW = at("2026-11-22T12:00:00")


def resolve(
    model: str = "claude-opus-4-5", type_: str = "GlobalStandard", agreements: tuple[PriceAgreement, ...] = ()
) -> tuple[PriceEntry, ...]:
    deployment = PricedDeployment(
        deployment_id=DEPLOYMENT, resource_id=RESOURCE, model_id=model, deployment_type=type_
    )
    return resolve_prices(deployment, CATALOG.get_model(model), agreements)


def agree(
    terms: Terms, begin: str, *, name: str = "deal", kind: Any = "all", value: str = "", made: str = "2026-11-01"
) -> PriceAgreement:
    return PriceAgreement(
        subscription_id="s",
        name=name,
        target=PriceTarget(kind=kind, value=value),
        terms=terms,
        effective_from=datetime.fromisoformat(begin).replace(tzinfo=UTC),
        etag='"1"',
        system_data=replace(CREATED, created_at=datetime.fromisoformat(made).replace(tzinfo=UTC)),
    )


def use(
    input_: int, output: int, read: int = 0, write_5m: int = 0, write_1h: int = 0, searches: int = 0
) -> TokenUsage:
    return TokenUsage(
        input_tokens=input_,
        output_tokens=output,
        cache_read_input_tokens=read,
        cache_creation_5m_input_tokens=write_5m,
        cache_creation_1h_input_tokens=write_1h,
        web_search_requests=searches,
    )


GLOBAL, ZONE = "GlobalStandard", "DataZoneStandard"

INVOICE: list[tuple[str, str, TokenUsage, tuple[str, ...], str]] = [
    # model, type, usage; input, output, cache read, write 5m, write 1h, searches; total
    ("claude-opus-4-5", GLOBAL, use(1_000, 500, 2_000, 400, 300, 3),
     ("0.005", "0.0125", "0.001", "0.0025", "0.003", "0.03"), "0.054"),
    ("claude-sonnet-4-5", GLOBAL, use(12_345, 678, 90_000, 1, 7),
     ("0.037035", "0.01017", "0.027", "0.00000375", "0.000042", "0"), "0.07425075"),
    ("claude-opus-4-1", GLOBAL, use(100_000, 32_000, 0, 16_000, 10_000),
     ("1.5", "2.4", "0", "0.3", "0.3", "0"), "4.5"),
    ("claude-haiku-4-5", GLOBAL, use(1, 1, 1, 1, 1),
     ("0.000001", "0.000005", "0.0000001", "0.00000125", "0.000002", "0"), "0.00000935"),
    # A data zone costs a tenth more, on every class of tokens and not on searches.
    ("claude-haiku-4-5", ZONE, use(1_000_000, 200_000, 3_000_000, 80_000, 50_000, 10),
     ("1.1", "1.1", "0.33", "0.11", "0.11", "0.1"), "2.85"),
    # 60,000 + 30,000 + 5,000 + 5,000 input tokens are 100,000: the lower tier, and one more is the higher.
    ("claude-haiku-5-5", GLOBAL, use(60_000, 1_000, 30_000, 5_000, 5_000),
     ("0.006", "0.0005", "0.0003", "0.000625", "0.001", "0"), "0.008425"),
    ("claude-haiku-5-5", GLOBAL, use(60_001, 1_000, 30_000, 5_000, 5_000),
     ("0.0300005", "0.0025", "0.0015", "0.003125", "0.005", "0"), "0.0421255"),
    ("claude-haiku-5-5", ZONE, use(100_000, 2_000), ("0.011", "0.0011", "0", "0", "0", "0"), "0.0121"),
    ("claude-opus-5-5", ZONE, use(10_000, 1_000, 100_000, 2_000, 5_000),
     ("0.044", "0.022", "0.022", "0.011", "0.044", "0"), "0.143"),
    ("claude-fable-5-1", GLOBAL, use(3_000, 400, 40_000, 800, 500, 1),
     ("0.03", "0.02", "0.01", "0.01", "0.01", "0.01"), "0.09"),
    ("claude-sonnet-5-5", GLOBAL, use(500_000, 50_000, 1_000_000), ("1", "0.5", "0.1", "0", "0", "0"), "1.6"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "type_", "usage", "classes", "total"), INVOICE)
def test_each_line_of_a_hand_computed_invoice(
    model: str, type_: str, usage: TokenUsage, classes: tuple[str, ...], total: str
) -> None:
    cost = decide_cost(usage, resolve(model, type_), NOW).cost
    assert cost is not None
    assert (
        cost.input,
        cost.output,
        cost.cache_read,
        cost.cache_write_5m,
        cost.cache_write_1h,
        cost.web_search,
    ) == tuple(map(Decimal, classes))
    assert cost.total == Decimal(total)


def test_the_invoice_adds_up_to_the_cent() -> None:
    costs = [decide_cost(usage, resolve(model, type_), NOW).cost for model, type_, usage, _, _ in INVOICE]
    total = sum((cost.total for cost in costs if cost is not None), Decimal(0))
    assert total == Decimal("9.3739106")
    assert total.quantize(Decimal("0.01")) == Decimal("9.37")


@pytest.mark.parametrize(
    ("models", "total"),
    [
        (("claude-fable-5-1",), "92.75"),
        (("claude-fable-5",), "93.5"),
        (("claude-opus-5-5",), "37.2"),
        (("claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-opus-4-5"), "46.75"),
        (("claude-opus-4-1",), "140.25"),
        (("claude-sonnet-5-5",), "18.6"),
        (("claude-sonnet-5",), "18.7"),
        (("claude-sonnet-4-6", "claude-sonnet-4-5"), "28.05"),
        (("claude-haiku-5-5",), "4.675"),
        (("claude-haiku-4-5",), "9.35"),
    ],
)
def test_a_million_of_each_class_of_every_priced_model(models: tuple[str, ...], total: str) -> None:
    million = 1_000_000
    for model in models:
        cost = decide_cost(use(million, million, million, million, million), resolve(model), NOW).cost
        assert cost is not None
        assert cost.total == Decimal(total), model


def test_a_model_without_a_price_is_not_priced() -> None:
    assert resolve("claude-mythos-5") == ()
    assert resolve("no-such-model") == ()


def test_the_oldest_price_stands_for_all_time_before_it() -> None:
    (entry,) = resolve()
    assert entry.effective_from == 0
    assert entry.label == "claude-opus-4-5@2026-08-21"


PRICES = UnitPrices(
    input=Decimal(4),
    cache_write_5m=Decimal(5),
    cache_write_1h=Decimal(8),
    cache_read=Decimal("0.4"),
    output=Decimal(20),
)
FIXED = FixedPrices(tiers=(PRICES,), web_search=Decimal(8))


def cost_of(entries: tuple[PriceEntry, ...], moment: str) -> str:
    """Of a thousand input tokens and a search."""
    cost = decide_cost(use(1_000, 0, searches=1), entries, at(moment)).cost
    assert cost is not None
    return format(cost.total.normalize(), "f")


def test_a_discount_is_off_everything_from_its_moment_on() -> None:
    entries = resolve(agreements=(agree(Discount(percent=Decimal(10)), "2026-12-01"),))
    assert cost_of(entries, "2026-11-30T23:59:59") == "0.015"
    assert cost_of(entries, "2026-12-01T00:00:00") == "0.0135"
    assert entries[1].label == "claude-opus-4-5@2026-08-21 @2026-12-01 override deal"


def test_a_surcharge_is_a_discount_below_zero() -> None:
    entries = resolve(agreements=(agree(Discount(percent=Decimal(-20)), "2026-11-01T08:30:00"),))
    assert cost_of(entries, "2026-11-22T12:00:00") == "0.018"


def test_fixed_prices_stand_whatever_the_data_zone() -> None:
    entries = resolve("claude-haiku-4-5", ZONE, (agree(FIXED, "2026-11-01"),))
    assert cost_of(entries, "2026-11-22T12:00:00") == "0.012"
    assert entries[-1].label == "claude-haiku-4-5@2026-11-01 override deal"


def test_fixed_prices_make_an_unpriced_model_count() -> None:
    (entry,) = resolve("claude-mythos-5", agreements=(agree(FIXED, "2026-11-01"),))
    assert entry.effective_from == at("2026-11-01")


def test_a_discount_on_no_price_is_no_price() -> None:
    assert resolve("claude-mythos-5", agreements=(agree(Discount(percent=Decimal(10)), "2026-11-01"),)) == ()


def test_the_narrowest_agreement_counts_and_they_do_not_add_up() -> None:
    agreements = (
        agree(Discount(percent=Decimal(10)), "2026-11-01", name="all"),
        agree(Discount(percent=Decimal(20)), "2026-11-01", name="model", kind="model", value="CLAUDE-opus-4-5"),
        agree(Discount(percent=Decimal(30)), "2026-11-01", name="account", kind="resource", value=RESOURCE.upper()),
        agree(Discount(percent=Decimal(40)), "2026-11-01", name="one", kind="deployment", value=DEPLOYMENT),
    )
    assert cost_of(resolve(agreements=agreements), "2026-11-22") == "0.009"
    assert cost_of(resolve(agreements=agreements[:3]), "2026-11-22") == "0.0105"
    assert cost_of(resolve(agreements=agreements[:2]), "2026-11-22") == "0.012"
    assert cost_of(resolve(agreements=agreements[:1]), "2026-11-22") == "0.0135"


def test_agreements_about_something_else_do_not_count() -> None:
    other = agree(Discount(percent=Decimal(50)), "2026-11-01", kind="resource", value=f"{RESOURCE}2")
    assert cost_of(resolve(agreements=(other,)), "2026-11-22") == "0.015"


def test_a_wrong_agreement_is_superseded_and_yesterday_stays() -> None:
    wrong = agree(Discount(percent=Decimal(90)), "2026-11-01", name="wrong")
    right = agree(Discount(percent=Decimal(9)), "2026-11-20", name="right")
    before = resolve(agreements=(wrong,))
    after = resolve(agreements=(wrong, right))
    assert cost_of(before, "2026-11-19T23:59:59") == cost_of(after, "2026-11-19T23:59:59") == "0.0015"
    assert cost_of(after, "2026-11-20T00:00:00") == "0.01365"


def test_of_two_that_begin_together_the_later_made_one_counts() -> None:
    first = agree(Discount(percent=Decimal(10)), "2026-12-01", name="b", made="2026-11-01")
    second = agree(Discount(percent=Decimal(20)), "2026-12-01", name="a", made="2026-11-02")
    assert cost_of(resolve(agreements=(second, first)), "2026-12-02") == "0.012"


def test_a_withdrawn_agreement_gives_way_to_a_broader_one_and_then_to_the_list() -> None:
    broad = agree(Discount(percent=Decimal(10)), "2026-11-01", name="broad")
    narrow = agree(Discount(percent=Decimal(40)), "2026-11-01", name="narrow", kind="model", value="claude-opus-4-5")
    end = agree(Withdrawn(), "2026-11-10", name="end", kind="model", value="claude-opus-4-5")
    end_all = agree(Withdrawn(), "2026-11-15", name="end-all")
    entries = resolve(agreements=(broad, narrow, end, end_all))
    assert [cost_of(entries, f"2026-11-{day}") for day in ("05", "12", "16")] == ["0.009", "0.0135", "0.015"]


def make_dated_model() -> CatalogModel:
    """Its list price falls by half on the first of December."""
    model = CATALOG.get_model("claude-opus-4-5")
    assert model is not None
    (price,) = model.prices
    (tier,) = price.tiers
    half = PriceTier(
        up_to_input_tokens=None,
        input=Decimal("2.5"),
        cache_write_5m=tier.cache_write_5m / 2,
        cache_write_1h=tier.cache_write_1h / 2,
        cache_read=tier.cache_read / 2,
        output=tier.output / 2,
    )
    return replace(model, prices=(ModelPrice(as_of=date(2026, 12, 1), source="test", tiers=(half,)), price))


def test_a_new_list_price_counts_from_its_day_on() -> None:
    deployment = PricedDeployment(
        deployment_id=DEPLOYMENT, resource_id=RESOURCE, model_id="claude-opus-4-5", deployment_type=GLOBAL
    )
    discount = agree(Discount(percent=Decimal(10)), "2026-11-01")
    entries = resolve_prices(deployment, make_dated_model(), (discount,))
    assert [cost_of(entries, moment) for moment in ("2026-10-01", "2026-11-22", "2026-12-01")] == [
        "0.015",
        "0.0135",
        "0.01125",
    ]
    assert [entry.label for entry in entries] == [
        "claude-opus-4-5@2026-08-21",
        "claude-opus-4-5@2026-08-21 @2026-11-01 override deal",
        "claude-opus-4-5@2026-12-01 @2026-11-01 override deal",
    ]


def test_list_prices_of_a_day() -> None:
    model = make_dated_model()
    assert find_list_prices(model, GLOBAL, date(2026, 11, 30)).tiers[0].input == 5
    assert find_list_prices(model, ZONE, date(2026, 12, 1)).tiers[0].input == Decimal("2.75")
    with pytest.raises(LookupError):
        find_list_prices(replace(model, prices=()), GLOBAL, date(2026, 12, 1))
