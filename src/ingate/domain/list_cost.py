"""What a charge would have cost at list prices: the catalogue's, data zone included, without any agreement."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .catalog import Catalog, PriceTier
from .charge import Charge, Meter
from .price_book import WEB_SEARCH_USD, find_list_prices, is_list_label


def find_list_cost(charge: Charge, catalog: Catalog) -> Decimal:
    """The cost itself where it was made at list prices, and also where the list price depends on the length of each
    prompt, which a day's sum no longer tells."""
    if is_list_label(charge.row.price or ""):
        return charge.cost
    unit_price = find_list_price(charge, catalog)
    return charge.cost if unit_price is None else charge.count * unit_price / charge.metering.unit_size


def find_list_price(charge: Charge, catalog: Catalog) -> Decimal | None:
    """US dollars a unit of the meter; None where there is none, or more than one."""
    if charge.meter == "Web searches":
        return WEB_SEARCH_USD
    model = catalog.get_model(charge.row.model)
    if model is None or not model.prices:
        return None
    tiers = find_list_prices(model, charge.row.deployment_type, _find_price_day(charge)).tiers
    return _read_price(tiers[0], charge.meter) if len(tiers) == 1 else None


def _find_price_day(charge: Charge) -> date:
    """That of the list price under a discount, which the label begins with: an edition of the catalogue that is newer
    than the record may have another for the day. Fixed prices have no list price under them."""
    listed, is_discounted, _ = (charge.row.price or "").partition(" @")
    written = listed.rpartition("@")[2] if is_discounted else ""
    try:
        return min(date.fromisoformat(written), charge.day)
    except ValueError:
        return charge.day


def _read_price(tier: PriceTier, meter: Meter) -> Decimal | None:
    match meter:
        case "Input tokens":
            return tier.input
        case "Output tokens":
            return tier.output
        case "Cache read tokens":
            return tier.cache_read
        case "Cache write tokens (5 minutes)":
            return tier.cache_write_5m
        case "Cache write tokens (1 hour)":
            return tier.cache_write_1h
        case "Web searches":
            return WEB_SEARCH_USD
