"""The price book: the catalogue's list prices, and what an operator agreed on instead, resolved for each deployment.

List prices and agreements are dated, and only ever added: what was in force yesterday stays as it was, and a wrong
agreement is superseded by a later one. Gateways get the result, entries that already include discounts and the data
zone's surcharge, and apply the one in force when an exchange happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

from .catalog import CatalogModel, ModelPrice, PriceTier
from .change import SystemData
from .naming import fold_name
from .price import PRICE_DIGITS, PriceEntry, UnitPrices

WEB_SEARCH_USD = Decimal(10)
"""For a thousand searches.
https://platform.claude.com/docs/en/about-claude/pricing"""

DATA_ZONE = "DataZoneStandard"
DATA_ZONE_FACTOR = Decimal("1.1")
"""On every class of tokens; a search costs the same everywhere. Microsoft Learn, concepts-claude-models."""

LARGEST_DISCOUNT = Decimal(100)
LARGEST_SURCHARGE = Decimal(1000)
"""Percent."""

_QUANTUM = Decimal(1).scaleb(-PRICE_DIGITS)
_ALWAYS = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """Off the list price, of every class of tokens and of searches; below 0 it is a surcharge."""

    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPrices:
    """In place of the list price, whatever the deployment's type."""

    tiers: tuple[UnitPrices, ...]
    """Smaller ones first; the last one has no limit."""
    web_search: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """From now on what is agreed on more broadly counts, or else the list price."""


Terms: TypeAlias = Discount | FixedPrices | Withdrawn
TargetKind = Literal["all", "model", "resource", "deployment"]

_BREADTH: tuple[TargetKind, ...] = ("deployment", "resource", "model", "all")
"""The narrowest agreement counts; agreements do not add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTarget:
    """What an agreement is about."""

    kind: TargetKind
    value: str = ""
    """A model's id, or an ARM id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAgreement:
    """An operator's price, from a moment on. Once in force it is neither changed nor deleted."""

    subscription_id: str
    name: str
    target: PriceTarget
    terms: Terms
    effective_from: datetime
    etag: str
    system_data: SystemData

    def is_in_force(self, now: datetime) -> bool:
        return self.effective_from <= now


class PriceStore(Protocol):
    """Keeps agreements. Names are compared without regard to case; a change is a new revision of the directory."""

    async def get_agreement(self, subscription_id: str, name: str) -> PriceAgreement | None: ...

    async def list_agreements(self, subscription_id: str | None = None) -> list[PriceAgreement]:
        """Of all subscriptions when none is named; by when they come into force."""
        ...

    async def put_agreement(self, agreement: PriceAgreement) -> None: ...

    async def delete_agreement(self, subscription_id: str, name: str) -> bool:
        """False when there was none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedDeployment:
    """As much of a deployment as its prices depend on."""

    deployment_id: str
    resource_id: str
    model_id: str
    deployment_type: str


def resolve_prices(
    deployment: PricedDeployment, model: CatalogModel | None, agreements: Iterable[PriceAgreement]
) -> tuple[PriceEntry, ...]:
    """What the deployment's exchanges cost, by when that came into force. `agreements` are those of its subscription.
    None for a time when neither a list price nor a fixed one is known."""
    mine = [entry for entry in agreements if _is_about(entry.target, deployment)]
    listed = model.prices if model is not None else ()
    moments = sorted(
        {_begin_of(listed, price) for price in listed} | {entry.effective_from.timestamp() for entry in mine}
    )
    resolved: list[PriceEntry] = []
    for moment in moments:
        entry = _resolve_at(moment, deployment, listed, mine)
        if entry is not None and not (resolved and resolved[-1].label == entry.label):
            resolved.append(entry)
    return tuple(resolved)


def find_list_prices(model: CatalogModel, deployment_type: str, day: date) -> ModelPrice:
    """The list price of a day, data zone included. Raises LookupError when the model has none."""
    listed = _find_listed(model.prices, _midnight(day))
    if listed is None:
        raise LookupError(model.model_id)
    factor = DATA_ZONE_FACTOR if deployment_type == DATA_ZONE else Decimal(1)
    tiers = tuple(
        PriceTier(
            up_to_input_tokens=tier.up_to_input_tokens,
            input=tier.input * factor,
            cache_write_5m=tier.cache_write_5m * factor,
            cache_write_1h=tier.cache_write_1h * factor,
            cache_read=tier.cache_read * factor,
            output=tier.output * factor,
        )
        for tier in listed.tiers
    )
    return ModelPrice(as_of=listed.as_of, source=listed.source, tiers=tiers)


def render_list_label(model_id: str, as_of: date) -> str:
    return f"{model_id}@{as_of.isoformat()}"


def is_list_label(label: str) -> bool:
    """Whether a recorded price was the catalogue's."""
    return " " not in label


def _resolve_at(
    moment: float, deployment: PricedDeployment, listed: Sequence[ModelPrice], mine: Sequence[PriceAgreement]
) -> PriceEntry | None:
    agreement = _find_agreement(moment, mine)
    if agreement is not None and isinstance(agreement.terms, FixedPrices):
        return PriceEntry(
            label=_render_label(deployment.model_id, agreement),
            effective_from=moment,
            tiers=agreement.terms.tiers,
            web_search=agreement.terms.web_search,
        )
    price = _find_listed(listed, moment)
    if price is None:
        return None
    factor = DATA_ZONE_FACTOR if deployment.deployment_type == DATA_ZONE else Decimal(1)
    kept, label = Decimal(1), render_list_label(deployment.model_id, price.as_of)
    if agreement is not None and isinstance(agreement.terms, Discount):
        kept = 1 - agreement.terms.percent / 100
        # Both dates: a discount on another list price is another price.
        label = f"{label} {_render_label('', agreement)}"
    return PriceEntry(
        label=label,
        effective_from=moment,
        tiers=_multiply(price, factor * kept),
        web_search=_round(WEB_SEARCH_USD * kept),
    )


def _find_agreement(moment: float, mine: Sequence[PriceAgreement]) -> PriceAgreement | None:
    in_force = [entry for entry in mine if entry.effective_from.timestamp() <= moment]
    for kind in _BREADTH:
        found = [entry for entry in in_force if entry.target.kind == kind]
        if found:
            latest = max(found, key=_order)
            if not isinstance(latest.terms, Withdrawn):
                return latest
    return None


def _order(agreement: PriceAgreement) -> tuple[float, float, str]:
    """Of two that come into force together, the one that was made last counts."""
    return (
        agreement.effective_from.timestamp(),
        agreement.system_data.created_at.timestamp(),
        fold_name(agreement.name),
    )


def _is_about(target: PriceTarget, deployment: PricedDeployment) -> bool:
    match target.kind:
        case "all":
            return True
        case "model":
            return fold_name(target.value) == fold_name(deployment.model_id)
        case "resource":
            return fold_name(target.value) == fold_name(deployment.resource_id)
        case "deployment":
            return fold_name(target.value) == fold_name(deployment.deployment_id)


def _render_label(model_id: str, agreement: PriceAgreement) -> str:
    moment = agreement.effective_from.astimezone(UTC)
    at_midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    written = moment.strftime("%Y-%m-%d" if at_midnight else "%Y-%m-%dT%H:%M:%SZ")
    return f"{model_id}@{written} override {agreement.name}"


def _begin_of(listed: Sequence[ModelPrice], price: ModelPrice) -> float:
    """The oldest price that is known stands for all time before: better than to count nothing."""
    oldest = min(entry.as_of for entry in listed)
    return _ALWAYS if price.as_of == oldest else _midnight(price.as_of)


def _find_listed(listed: Sequence[ModelPrice], moment: float) -> ModelPrice | None:
    known = sorted(listed, key=lambda price: price.as_of)
    past = [price for price in known if _midnight(price.as_of) <= moment]
    return past[-1] if past else known[0] if known else None


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _multiply(price: ModelPrice, factor: Decimal) -> tuple[UnitPrices, ...]:
    return tuple(
        UnitPrices(
            up_to_input_tokens=tier.up_to_input_tokens,
            input=_round(tier.input * factor),
            cache_write_5m=_round(tier.cache_write_5m * factor),
            cache_write_1h=_round(tier.cache_write_1h * factor),
            cache_read=_round(tier.cache_read * factor),
            output=_round(tier.output * factor),
        )
        for tier in price.tiers
    )


def _round(price: Decimal) -> Decimal:
    """To what a price may have after its point (`PRICE_DIGITS`), half to even. List prices have fewer digits."""
    return price.quantize(_QUANTUM).normalize() + Decimal(0)
