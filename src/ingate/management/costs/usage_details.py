"""Microsoft.Consumption/usageDetails: a row for each day, deployment, caller and meter.

`kind=modern` in the query asks for the shape of Microsoft Customer Agreements; on Azure the subscription's agreement
decides.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.charge import CONSUMED_SERVICE, Charge
from ingate.domain.cost_filter import find_tag
from ingate.domain.cost_query import LONGEST_SPAN, find_days
from ingate.domain.naming import fold_name
from ingate.management.control_plane import Answer, ControlPlane, Outcome
from ingate.management.odata_terms import Term, parse_terms
from ingate.management.paging import get_query, parse_skip_token, parse_top, render_next_link
from ingate.management.refusals import FilterInvalid, QueryParameterInvalid
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_page

from .cost_refusals import CostsUnavailable
from .cost_scopes import CONSUMPTION, CostScope, find_cost_scope, mount_on_scopes, read_charges
from .query_bodies import parse_day
from .usage_documents import identify, render_usage

LARGEST_PAGE = 1000
METRICS = frozenset({"actualcost", "amortizedcost", "usage"})
_KNOWN = (
    "properties/usageStart ge",
    "properties/usageEnd le",
    "properties/date ge and le",
    "properties/resourceGroup eq",
    "properties/resourceName eq",
    "properties/resourceId eq",
    "properties/instanceName eq",
    "properties/resourceLocation eq",
    "properties/consumedService eq",
    "properties/chargeType eq",
    "properties/publisherType eq",
    "tags eq 'name:value'",
)
_EQUALS = frozenset(
    {
        "resourcegroup",
        "resourcegroupname",
        "resourcename",
        "resourceid",
        "instancename",
        "instanceid",
        "resourcelocation",
        "consumedservice",
        "chargetype",
        "publishertype",
        "tags",
    }
)
_PREFIX = re.compile(r"\bproperties/", re.IGNORECASE)


def usage_detail_routes(plane: ControlPlane) -> list[BaseRoute]:
    return mount_on_scopes(plane, f"{CONSUMPTION}/usageDetails", {"GET": list_usage_details})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    first: date
    last: date
    terms: tuple[Term, ...]
    size: int
    start: str
    """The key of the last row of the page before."""
    is_modern: bool
    has_meter: bool


async def list_usage_details(plane: ControlPlane, request: Request) -> Outcome:
    """204 when nothing was charged. This month's, unless the filter says otherwise."""
    question = _parse_question(request, plane.clock().date())
    if not isinstance(question, _Question):
        return question
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
        tenants = await session.tenants.list_tenants()
    if not isinstance(scope, CostScope):
        return scope
    charges = await read_charges(plane, scope, question.first, question.last)
    if isinstance(charges, CostsUnavailable):
        return charges
    tenant_id = tenants[0].tenant_id if tenants else ""
    page = await asyncio.to_thread(_render_rows, plane, request, question, charges, tenant_id)
    return Answer(document=page) if page["value"] else Answer(status=204)


def _render_rows(
    plane: ControlPlane, request: Request, question: _Question, charges: Sequence[Charge], tenant_id: str
) -> JsonObject:
    fitting = ((_key(charge), charge) for charge in charges if _fits(charge, question.terms))
    keyed = sorted(fitting, key=lambda pair: pair[0])
    rest = [pair for pair in keyed if pair[0] > question.start] if question.start else keyed
    shown = rest[: question.size]
    items = [
        render_usage(
            charge,
            plane.catalog,
            tenant_id=tenant_id,
            is_modern=question.is_modern,
            has_meter=question.has_meter,
        )
        for _, charge in shown
    ]
    return render_page(items, render_next_link(request, shown[-1][0]) if len(rest) > len(shown) else None)


def _key(charge: Charge) -> str:
    return f"{charge.day.isoformat()}|{charge.deployment_id.lower()}|{identify(charge)}"


def _parse_question(request: Request, today: date) -> _Question | FilterInvalid | QueryParameterInvalid:
    terms = parse_terms(_PREFIX.sub("", get_query(request, "$filter") or ""))
    if terms is None:
        return FilterInvalid(known=_KNOWN)
    days = _parse_days(terms, today)
    if not isinstance(days, tuple):
        return days
    if (get_query(request, "metric") or "actualcost").lower() not in METRICS:
        return QueryParameterInvalid(name="metric", reason="it must be actualcost, amortizedcost or usage")
    kind = (get_query(request, "kind") or "legacy").lower()
    if kind not in {"legacy", "modern"}:
        return QueryParameterInvalid(name="kind", reason="it must be legacy or modern")
    size, start = parse_top(request, largest=LARGEST_PAGE), parse_skip_token(request)
    if isinstance(size, QueryParameterInvalid):
        return size
    if isinstance(start, QueryParameterInvalid):
        return start
    equals = tuple(term for term in terms if term.operator == "eq")
    return _Question(
        first=days[0],
        last=days[1],
        terms=equals,
        size=size,
        start=start,
        is_modern=kind == "modern",
        has_meter="meterdetails" in (get_query(request, "$expand") or "").lower(),
    )


def _parse_days(terms: Sequence[Term], today: date) -> tuple[date, date] | FilterInvalid | QueryParameterInvalid:
    first, last = find_days("MonthToDate", today)
    for term in terms:
        if term.member in {"usagestart", "usageend", "date"} and term.operator in {"ge", "gt", "le", "lt", "eq"}:
            day = parse_day(term.value)
            if day is None:
                return QueryParameterInvalid(name="$filter", reason=f"{term.member} must be a date, in ISO 8601")
            if term.operator in {"ge", "gt", "eq"}:
                first = day
            if term.operator in {"le", "lt", "eq"}:
                last = day
        elif term.operator != "eq" or term.member not in _EQUALS:
            return FilterInvalid(known=_KNOWN)
    if last - first > LONGEST_SPAN:
        return QueryParameterInvalid(name="$filter", reason=f"it must not span more than {LONGEST_SPAN.days} days")
    return first, last


def _fits(charge: Charge, terms: Sequence[Term]) -> bool:
    return all(_fits_term(charge, term) for term in terms if term.member in _EQUALS)


def _fits_term(charge: Charge, term: Term) -> bool:
    wanted = fold_name(term.value)
    match term.member:
        case "resourcegroup" | "resourcegroupname":
            return fold_name(charge.address.resource_group) == wanted
        case "resourcename":
            return fold_name(charge.address.name) == wanted
        case "resourceid" | "instancename" | "instanceid":
            return fold_name(charge.row.resource_id) == wanted.rstrip("/")
        case "resourcelocation":
            return fold_name(charge.row.location) == wanted
        case "consumedservice":
            return wanted == fold_name(CONSUMED_SERVICE)
        case "chargetype":
            return wanted == "usage"
        case "publishertype":
            return wanted == "marketplace"
        case _:
            name, _, value = term.value.partition(":")
            return fold_name(find_tag(charge.tags, name)) == fold_name(value)
