"""Usage details as Consumption shows them: the legacy shape of pay-as-you-go and Enterprise agreements, and the
modern one of Microsoft Customer Agreements.

https://learn.microsoft.com/rest/api/consumption/usage-details/list
"""

from __future__ import annotations

import calendar
import json
from datetime import date, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from ingate.domain.catalog import Catalog
from ingate.domain.charge import (
    CONSUMED_SERVICE,
    CURRENCY,
    METER_CATEGORY,
    PUBLISHER_NAME,
    SERVICE_NAME,
    Charge,
)
from ingate.domain.list_cost import find_list_cost
from ingate.domain.price_document import render_number
from ingate.wire.arm.documents import JsonObject

from .json_numbers import exact_number

USAGE_TYPE = "Microsoft.Consumption/usageDetails"
PRODUCT = "Anthropic Claude"


def identify(charge: Charge) -> str:
    """The same for the same charge whenever it is asked: a GUID out of all that tells charges apart."""
    row = charge.row
    parts = (
        row.day.isoformat(),
        charge.deployment_id.lower(),
        row.model,
        row.model_version,
        row.deployment_type,
        row.location,
        charge.principal,
        row.price or "",
        charge.meter,
    )
    return str(uuid5(NAMESPACE_URL, "|".join(parts)))


def identify_meter(charge: Charge) -> str:
    return str(uuid5(NAMESPACE_URL, f"{charge.row.model}|{charge.row.deployment_type}|{charge.meter}"))


def render_usage(charge: Charge, catalog: Catalog, *, tenant_id: str, is_modern: bool, has_meter: bool) -> JsonObject:
    """`has_meter`: whether the legacy shape, which leaves it out, is to describe the meter."""
    name = identify(charge)
    period = f"/providers/Microsoft.Billing/billingPeriods/{charge.day.strftime('%Y%m')}"
    properties = (
        _render_modern(charge, catalog, tenant_id)
        if is_modern
        else _render_legacy(charge, catalog, tenant_id, has_meter=has_meter)
    )
    return {
        "kind": "modern" if is_modern else "legacy",
        "id": f"/subscriptions/{charge.address.subscription_id}{period}/providers/{USAGE_TYPE}/{name}",
        "name": name,
        "type": USAGE_TYPE,
        "tags": dict(charge.tags) or None,
        "properties": properties,
    }


def _render_common(charge: Charge, catalog: Catalog) -> JsonObject:
    row = charge.row
    first, last = find_month(row.day)
    unit_price = _find_unit_price(charge, catalog)
    return {
        "billingPeriodStartDate": f"{first.isoformat()}T00:00:00.0000000Z",
        "billingPeriodEndDate": f"{last.isoformat()}T00:00:00.0000000Z",
        "date": f"{row.day.isoformat()}T00:00:00.0000000Z",
        "subscriptionName": charge.subscription_name,
        "product": f"{PRODUCT} - {row.model} - {row.deployment_type}",
        "meterId": identify_meter(charge),
        "quantity": exact_number(charge.quantity),
        "effectivePrice": exact_number(charge.effective_price),
        "unitPrice": exact_number(unit_price),
        "payGPrice": exact_number(unit_price),
        "resourceLocation": row.location,
        "consumedService": CONSUMED_SERVICE,
        "resourceGroup": charge.address.resource_group,
        "additionalInfo": _render_additional(charge),
        "publisherName": PUBLISHER_NAME,
        "publisherType": "Marketplace",
        "chargeType": "Usage",
        "frequency": "UsageBased",
        "pricingModel": "OnDemand",
        "isAzureCreditEligible": False,
    }


def _render_legacy(charge: Charge, catalog: Catalog, tenant_id: str, *, has_meter: bool) -> JsonObject:
    return _render_common(charge, catalog) | {
        "billingAccountId": tenant_id,
        "billingProfileId": charge.address.subscription_id,
        "subscriptionId": charge.address.subscription_id,
        "partNumber": None,
        "meterDetails": _render_meter(charge) if has_meter else None,
        "cost": exact_number(charge.cost),
        "billingCurrency": CURRENCY,
        "resourceId": charge.row.resource_id,
        "resourceName": charge.address.name,
        "invoiceSection": None,
        "costCenter": None,
        "offerId": None,
        "planName": charge.row.deployment_type,
    }


def _render_meter(charge: Charge) -> JsonObject:
    return {
        "meterName": charge.meter,
        "meterCategory": METER_CATEGORY,
        "meterSubCategory": charge.row.model,
        "unitOfMeasure": charge.metering.unit,
        "serviceFamily": "AI + Machine Learning",
    }


def _render_modern(charge: Charge, catalog: Catalog, tenant_id: str) -> JsonObject:
    cost = exact_number(charge.cost)
    first, last = find_month(charge.day)
    return _render_common(charge, catalog) | {
        "billingAccountId": tenant_id,
        "subscriptionGuid": charge.address.subscription_id,
        "meterName": charge.meter,
        "meterCategory": METER_CATEGORY,
        "meterSubCategory": charge.row.model,
        "meterRegion": charge.row.location,
        "serviceFamily": "AI + Machine Learning",
        "unitOfMeasure": charge.metering.unit,
        "instanceName": charge.row.resource_id,
        "costInUSD": cost,
        "costInBillingCurrency": cost,
        "costInPricingCurrency": cost,
        "paygCostInUSD": exact_number(find_list_cost(charge, catalog)),
        "billingCurrencyCode": CURRENCY,
        "pricingCurrencyCode": CURRENCY,
        "exchangeRate": "1",
        "customerTenantId": tenant_id,
        "provider": "Microsoft",
        "servicePeriodStartDate": f"{first.isoformat()}T00:00:00.0000000Z",
        "servicePeriodEndDate": f"{last.isoformat()}T00:00:00.0000000Z",
        "serviceInfo2": SERVICE_NAME,
    }


def _render_additional(charge: Charge) -> str:
    """A JSON text within JSON, as Azure has it. All that Azure has no member for."""
    row = charge.row
    return json.dumps(
        {
            "Deployment": row.deployment,
            "Model": row.model,
            "ModelVersion": row.model_version,
            "DeploymentType": row.deployment_type,
            "Principal": charge.principal,
            "Price": row.price,
            "ClaudeConsumptionUnits": render_number(charge.consumption_units),
        },
        separators=(",", ":"),
    )


def _find_unit_price(charge: Charge, catalog: Catalog) -> Decimal:
    """The list price of a unit; over several tiers, their mean."""
    count = charge.count
    return find_list_cost(charge, catalog) * charge.metering.unit_size / count if count else Decimal(0)


def find_month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, first + timedelta(days=calendar.monthrange(day.year, day.month)[1] - 1)
