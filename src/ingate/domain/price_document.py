"""Price agreements as JSON: what an operator may write, and what of it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias, cast

from ingate.wire.arm.documents import JsonObject

from .price import PRICE_DIGITS, UnitPrices
from .price_book import (
    LARGEST_DISCOUNT,
    LARGEST_SURCHARGE,
    WEB_SEARCH_USD,
    Discount,
    FixedPrices,
    PriceTarget,
    Terms,
    Withdrawn,
)

LARGEST_PRICE = Decimal(1_000_000)
"""US dollars for a million tokens: a dollar each."""
MOST_TIERS = 8

_Narrow: TypeAlias = Literal["model", "resource", "deployment"]
_TARGETS: tuple[_Narrow, ...] = ("model", "resource", "deployment")
_TERMS = ("discountPercent", "unitPrices", "withdrawn")
_CLASSES = (
    ("input", "input"),
    ("output", "output"),
    ("cacheRead", "cache_read"),
    ("cacheWrite5m", "cache_write_5m"),
    ("cacheWrite1h", "cache_write_1h"),
)
_LIMIT = "upToInputTokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceInvalid:
    """`reason` never repeats a value."""

    member: str
    reason: str


def parse_target(properties: JsonObject) -> PriceTarget | PriceInvalid:
    """At most one of `model`, `resource` and `deployment`; without any it is about everything."""
    given: list[_Narrow] = [kind for kind in _TARGETS if properties.get(kind) is not None]
    if len(given) > 1:
        return PriceInvalid(member=given[1], reason="cannot be given beside another of model, resource, deployment")
    if not given:
        return PriceTarget(kind="all")
    value = properties[given[0]]
    if not isinstance(value, str) or not value.strip() or len(value) > 1024:
        return PriceInvalid(member=given[0], reason="must be a name or an ARM id")
    return PriceTarget(kind=given[0], value=value.rstrip("/"))


def parse_terms(properties: JsonObject) -> Terms | PriceInvalid:
    """Exactly one of `discountPercent`, `unitPrices` and `withdrawn`. Numbers, or their digits as a string."""
    given = [name for name in _TERMS if properties.get(name) is not None]
    if len(given) != 1:
        return PriceInvalid(member=given[1] if given else _TERMS[0], reason=f"exactly one of {', '.join(_TERMS)}")
    if properties.get("webSearch") is not None and given[0] != "unitPrices":
        return PriceInvalid(member="webSearch", reason="belongs to unitPrices")
    match given[0]:
        case "discountPercent":
            return _parse_discount(properties["discountPercent"])
        case "unitPrices":
            return _parse_fixed(properties["unitPrices"], properties.get("webSearch"))
        case _:
            if properties["withdrawn"] is not True:
                return PriceInvalid(member="withdrawn", reason="must be true when it is given")
            return Withdrawn()


def _parse_discount(given: object) -> Discount | PriceInvalid:
    percent = parse_number(given)
    if percent is None or not -LARGEST_SURCHARGE <= percent <= LARGEST_DISCOUNT or _digits(percent) > 4:
        reason = f"must be a number from {-LARGEST_SURCHARGE} to {LARGEST_DISCOUNT} with at most 4 decimals"
        return PriceInvalid(member="discountPercent", reason=reason)
    return Discount(percent=percent)


def _parse_fixed(given: object, web_search: object) -> FixedPrices | PriceInvalid:
    items = cast("list[object]", given) if isinstance(given, list) else [given]
    if not 1 <= len(items) <= MOST_TIERS:
        return PriceInvalid(member="unitPrices", reason=f"must have 1 to {MOST_TIERS} tiers")
    tiers: list[UnitPrices] = []
    for item in items:
        tier = _parse_tier(cast("JsonObject", item) if isinstance(item, dict) else {})
        if isinstance(tier, PriceInvalid):
            return tier
        tiers.append(tier)
    limits = [tier.up_to_input_tokens for tier in tiers]
    bounded = [limit for limit in limits if limit is not None]
    if limits[-1] is not None or len(bounded) != len(limits) - 1 or bounded != sorted(set(bounded)):
        reason = "must grow from tier to tier, and the last tier has none"
        return PriceInvalid(member=f"unitPrices.{_LIMIT}", reason=reason)
    search = WEB_SEARCH_USD if web_search is None else _parse_price(web_search)
    if search is None:
        return PriceInvalid(member="webSearch", reason=_PRICE_RULE)
    return FixedPrices(tiers=tuple(tiers), web_search=search)


_PRICE_RULE = f"must be a number from 0 to {LARGEST_PRICE} with at most {PRICE_DIGITS} decimals"


def _parse_tier(item: JsonObject) -> UnitPrices | PriceInvalid:
    unknown = sorted(set(item) - {name for name, _ in _CLASSES} - {_LIMIT})
    if unknown:
        return PriceInvalid(member=f"unitPrices.{unknown[0][:40]}", reason="is not known")
    limit = item.get(_LIMIT)
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        return PriceInvalid(member=f"unitPrices.{_LIMIT}", reason="must be a whole number greater than 0")
    prices: dict[str, Decimal] = {}
    for name, field in _CLASSES:
        price = _parse_price(item.get(name))
        if price is None:
            return PriceInvalid(member=f"unitPrices.{name}", reason=_PRICE_RULE)
        prices[field] = price
    return UnitPrices(up_to_input_tokens=limit, **prices)


def _parse_price(given: object) -> Decimal | None:
    price = parse_number(given)
    if price is None or not 0 <= price <= LARGEST_PRICE or _digits(price) > PRICE_DIGITS:
        return None
    return price


def parse_number(given: object) -> Decimal | None:
    """A JSON number or its digits as a string. None for all else."""
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    text = given if isinstance(given, str) else repr(given)
    if len(text) > 40:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None


def _digits(number: Decimal) -> int:
    """After the point."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def render_number(number: Decimal) -> str:
    """Its digits, without an exponent and without zeros at the end."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def render_terms(terms: Terms) -> JsonObject:
    """What `parse_terms` reads; prices as strings, which JSON keeps exact."""
    match terms:
        case Discount(percent=percent):
            return {"discountPercent": render_number(percent)}
        case Withdrawn():
            return {"withdrawn": True}
        case FixedPrices():
            tiers = [render_unit_prices(tier) for tier in terms.tiers]
            return {"unitPrices": tiers, "webSearch": render_number(terms.web_search)}


def render_unit_prices(tier: UnitPrices) -> JsonObject:
    limit: JsonObject = {} if tier.up_to_input_tokens is None else {_LIMIT: tier.up_to_input_tokens}
    return limit | {name: render_number(getattr(tier, field)) for name, field in _CLASSES}


def render_target(target: PriceTarget) -> JsonObject:
    return {} if target.kind == "all" else {target.kind: target.value}
