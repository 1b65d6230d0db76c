from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.costs import make_row

from ingate.domain.catalog import Catalog, ModelPrice, PriceTier
from ingate.domain.charge import Charge, list_charges
from ingate.domain.list_cost import find_list_cost
from ingate.store.catalog_file import read_catalog

DAY = date(2026, 12, 15)
SUMMER = "claude-opus-4-5@2026-08-21"


def make_catalog() -> Catalog:
    """A newer edition, in which Opus 4.5 costs a tenth from the first of December on."""
    catalog = read_catalog()
    model = catalog.get_model("claude-opus-4-5")
    assert model is not None
    tenth = PriceTier(
        up_to_input_tokens=None,
        input=Decimal("0.5"),
        cache_write_5m=Decimal("0.625"),
        cache_write_1h=Decimal(1),
        cache_read=Decimal("0.05"),
        output=Decimal("2.5"),
    )
    prices = (*model.prices, ModelPrice(as_of=date(2026, 12, 1), source="test", tiers=(tenth,)))
    others = tuple(entry for entry in catalog.models if entry.model_id != model.model_id)
    return replace(catalog, models=(*others, replace(model, prices=prices)))


def charge(**changes: Any) -> Charge:
    """Of a million input tokens."""
    content: dict[str, Any] = {"output_tokens": 0, "output_cost": Decimal(0), "input_cost": Decimal(4)}
    content |= changes
    (found,) = list_charges([make_row(DAY, **content)], {})
    return found


@pytest.mark.parametrize(
    ("price", "listed"),
    [
        (SUMMER, "4"),
        (f"{SUMMER} @2026-11-01 override deal", "5"),
        ("claude-opus-4-5@2026-12-01 @2026-11-01 override deal", "0.5"),
        ("claude-opus-4-5@2026-11-01 override fixed", "0.5"),
        ("claude-opus-4-5@2026-11-01T08:30:00Z override fixed", "0.5"),
        (None, "4"),
    ],
)
def test_what_a_charge_would_have_cost(price: str | None, listed: str) -> None:
    assert find_list_cost(charge(price=price), make_catalog()) == Decimal(listed)


def test_a_data_zone_has_its_own_list_price() -> None:
    priced = charge(deployment_type="DataZoneStandard", price=f"{SUMMER} @2026-11-01 override deal")
    assert find_list_cost(priced, make_catalog()) == Decimal("5.5")


def test_what_has_no_list_price_costs_what_it_cost() -> None:
    assert find_list_cost(charge(model="claude-mythos-5", price="x override y"), make_catalog()) == 4
    assert find_list_cost(charge(model="gone", price="x override y"), make_catalog()) == 4
