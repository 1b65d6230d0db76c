"""Charges as rows of FOCUS, the FinOps Open Cost and Usage Specification, version 1.1: what finance tools read.

Columns, their types and the conditions that tie them: https://focus.finops.org/focus-specification/v1-1/
`x_` columns are ours, as the specification allows.
"""

from __future__ import annotations

import calendar
import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from .catalog import Catalog
from .charge import CURRENCY, PUBLISHER_NAME, RESOURCE_TYPE, SERVICE_NAME, Charge
from .list_cost import find_list_cost
from .price_document import render_number

FOCUS_VERSION = "1.1"
PROVIDER = "Microsoft"

Read: TypeAlias = Callable[[Charge, Catalog], str]


def _constant(value: str) -> Read:
    return lambda charge, catalog: value


def _render_day(day: date) -> str:
    """A Date/Time of FOCUS: ISO 8601 in UTC."""
    return f"{day.isoformat()}T00:00:00Z"


def _billing_start(charge: Charge, catalog: Catalog) -> str:
    return _render_day(charge.day.replace(day=1))


def _billing_end(charge: Charge, catalog: Catalog) -> str:
    """Exclusive, as all ends in FOCUS are."""
    last = calendar.monthrange(charge.day.year, charge.day.month)[1]
    return _render_day(charge.day.replace(day=last) + timedelta(days=1))


def _cost(charge: Charge, catalog: Catalog) -> str:
    return render_number(charge.cost)


def _list_cost(charge: Charge, catalog: Catalog) -> str:
    return render_number(find_list_cost(charge, catalog))


def _unit_price(cost: Decimal, charge: Charge) -> str:
    """Of a pricing unit, so that it times the quantity is the cost. Null where nothing was counted."""
    return render_number(cost * charge.metering.unit_size / charge.count) if charge.count else ""


def _count_unit(charge: Charge) -> str:
    return "Searches" if charge.meter == "Web searches" else "Tokens"


def _sku(charge: Charge, catalog: Catalog) -> str:
    return f"{charge.row.model}/{charge.row.deployment_type}/{charge.meter}"


def _describe(charge: Charge, catalog: Catalog) -> str:
    return f"{charge.meter} of {charge.row.model}, deployment {charge.row.deployment} ({charge.row.deployment_type})"


def _tags(charge: Charge, catalog: Catalog) -> str:
    """Key-Value of FOCUS: a JSON object."""
    return json.dumps(dict(charge.tags), ensure_ascii=False, separators=(",", ":"))


COLUMNS: tuple[tuple[str, Read], ...] = (
    ("AvailabilityZone", _constant("")),
    ("BilledCost", _cost),
    ("BillingAccountId", lambda charge, catalog: charge.address.subscription_id),
    ("BillingAccountName", lambda charge, catalog: charge.subscription_name),
    ("BillingCurrency", _constant(CURRENCY)),
    ("BillingPeriodEnd", _billing_end),
    ("BillingPeriodStart", _billing_start),
    ("CapacityReservationId", _constant("")),
    ("CapacityReservationStatus", _constant("")),
    ("ChargeCategory", _constant("Usage")),
    ("ChargeClass", _constant("")),
    ("ChargeDescription", _describe),
    ("ChargeFrequency", _constant("Usage-Based")),
    ("ChargePeriodEnd", lambda charge, catalog: _render_day(charge.day + timedelta(days=1))),
    ("ChargePeriodStart", lambda charge, catalog: _render_day(charge.day)),
    ("CommitmentDiscountCategory", _constant("")),
    ("CommitmentDiscountId", _constant("")),
    ("CommitmentDiscountName", _constant("")),
    ("CommitmentDiscountQuantity", _constant("")),
    ("CommitmentDiscountStatus", _constant("")),
    ("CommitmentDiscountType", _constant("")),
    ("CommitmentDiscountUnit", _constant("")),
    ("ConsumedQuantity", lambda charge, catalog: str(charge.count)),
    ("ConsumedUnit", lambda charge, catalog: _count_unit(charge)),
    ("ContractedCost", _cost),
    ("ContractedUnitPrice", lambda charge, catalog: _unit_price(charge.cost, charge)),
    ("EffectiveCost", _cost),
    ("InvoiceIssuerName", _constant(PROVIDER)),
    ("ListCost", _list_cost),
    ("ListUnitPrice", lambda charge, catalog: _unit_price(find_list_cost(charge, catalog), charge)),
    ("PricingCategory", _constant("Standard")),
    ("PricingQuantity", lambda charge, catalog: render_number(charge.quantity)),
    ("PricingUnit", lambda charge, catalog: f"{charge.metering.unit_size} {_count_unit(charge)}"),
    ("ProviderName", _constant(PROVIDER)),
    ("PublisherName", _constant(PUBLISHER_NAME)),
    ("RegionId", lambda charge, catalog: charge.row.location),
    ("RegionName", lambda charge, catalog: charge.row.location),
    ("ResourceId", lambda charge, catalog: charge.row.resource_id),
    ("ResourceName", lambda charge, catalog: charge.address.name),
    ("ResourceType", _constant(RESOURCE_TYPE)),
    ("ServiceCategory", _constant("AI and Machine Learning")),
    ("ServiceName", _constant(SERVICE_NAME)),
    ("ServiceSubcategory", _constant("Generative AI")),
    ("SkuId", _sku),
    ("SkuMeter", lambda charge, catalog: charge.meter),
    ("SkuPriceDetails", _constant("")),
    ("SkuPriceId", lambda charge, catalog: f"{_sku(charge, catalog)}/{charge.row.price or ''}"),
    ("SubAccountId", lambda charge, catalog: charge.address.subscription_id),
    ("SubAccountName", lambda charge, catalog: charge.subscription_name),
    ("Tags", _tags),
    ("x_ConsumptionUnits", lambda charge, catalog: render_number(charge.consumption_units)),
    ("x_Deployment", lambda charge, catalog: charge.row.deployment),
    ("x_DeploymentType", lambda charge, catalog: charge.row.deployment_type),
    ("x_Model", lambda charge, catalog: charge.row.model),
    ("x_ModelVersion", lambda charge, catalog: charge.row.model_version),
    ("x_Price", lambda charge, catalog: charge.row.price or ""),
    ("x_Principal", lambda charge, catalog: charge.principal),
    ("x_ResourceGroupName", lambda charge, catalog: charge.address.resource_group),
)
"""In the order of the file. An empty text is null."""


def render_focus_row(charge: Charge, catalog: Catalog) -> list[str]:
    return [read(charge, catalog) for _, read in COLUMNS]
