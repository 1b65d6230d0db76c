"""Budgets, under both of the names that Azure has for them: Microsoft.Consumption and Microsoft.CostManagement.

https://learn.microsoft.com/rest/api/consumption/budgets
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.budget import Budget, decide_closed, find_period
from ingate.domain.budget_document import BudgetInvalid, BudgetTerms, parse_budget
from ingate.domain.change import modified
from ingate.domain.charge import CURRENCY
from ingate.domain.cost_query import sum_by_day
from ingate.management.bodies import Body, read_body
from ingate.management.control_plane import Answer, ControlPlane, Handler, Outcome
from ingate.management.operations import TENANT_OWNER_ACTION
from ingate.management.paging import render_list
from ingate.management.refusals import NameInvalid, PreconditionFailed, PropertyInvalid, ResourceNotFound
from ingate.management.request_context import get_access
from ingate.management.scopes import decide_precondition, path_part
from ingate.wire.arm.documents import JsonObject, get_object, without

from .cost_refusals import WebhookNotAllowed
from .cost_scopes import CONSUMPTION, COST_MANAGEMENT, CostScope, find_cost_scope, mount_on_scopes, read_charges
from .json_numbers import exact_number

BUDGET_NAME_RULE = "1 to 63 letters (a-z), digits, hyphens and underscores, beginning with a letter or digit"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")

_READ_ONLY = frozenset({"id", "name", "type", "eTag", "etag", "systemData"})
_READ_ONLY_PROPERTIES = frozenset({"currentSpend", "forecastSpend"})


def budget_routes(plane: ControlPlane) -> list[BaseRoute]:
    budget: dict[str, Handler] = {"GET": get_budget, "PUT": put_budget, "DELETE": delete_budget}
    routes: list[BaseRoute] = []
    for provider in (CONSUMPTION, COST_MANAGEMENT):
        routes += mount_on_scopes(plane, f"{provider}/budgets", {"GET": list_budgets})
        routes += mount_on_scopes(plane, f"{provider}/budgets/{{budget}}", budget)
    return routes


class BudgetBody(msgspec.Struct, rename="camel"):
    """What of it may be said is in `domain.budget_document`."""

    properties: dict[str, object] = {}
    e_tag: str | None = None


async def list_budgets(plane: ControlPlane, request: Request) -> Outcome:
    """Of exactly this scope, not of those below it."""
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
        if not isinstance(scope, CostScope):
            return scope
        budgets = await session.budgets.list_budgets(scope.scope_id)
    spent = {budget.name: await _find_spent(plane, scope, budget) for budget in budgets}
    return render_list(
        request,
        budgets,
        lambda budget: budget.name,
        lambda budget: render_budget(budget, _find_type(request), spent[budget.name]),
    )


async def get_budget(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
        if not isinstance(scope, CostScope):
            return scope
        budget = await session.budgets.get_budget(scope.scope_id, path_part(request, "budget"))
    if budget is None:
        return _miss(request)
    return Answer(document=render_budget(budget, _find_type(request), await _find_spent(plane, scope, budget)))


async def put_budget(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, BudgetBody)
    if not isinstance(body, Body):
        return body
    name = path_part(request, "budget")
    terms = parse_budget(get_object(body.document, "properties"))
    if isinstance(terms, BudgetInvalid):
        return PropertyInvalid(name=f"properties.{terms.member}", reason=terms.reason)
    async with plane.state.reading() as session:
        scope = await find_cost_scope(session, request)
    if not isinstance(scope, CostScope):
        return scope
    spent = await _find_spent_on(plane, scope, terms, plane.clock().date())
    async with plane.changing() as session:
        existing = await session.budgets.get_budget(scope.scope_id, name)
        refusal = _decide_obstacle(request, body.document, name, terms, existing)
        if refusal is not None:
            return refusal
        budget = _build_budget(plane, scope, name, terms, body.document, existing)
        # Raised or lowered, it opens or closes with this answer, not with the next look at the costs.
        budget = replace(budget, closed_since=_decide_closed(budget, plane.clock().date(), spent))
        await session.budgets.put_budget(budget)
    return Answer(status=201 if existing is None else 200, document=render_budget(budget, _find_type(request), spent))


def _decide_obstacle(
    request: Request, document: JsonObject, name: str, terms: BudgetTerms, existing: Budget | None
) -> NameInvalid | PreconditionFailed | WebhookNotAllowed | PropertyInvalid | None:
    if existing is None and _NAME.fullmatch(name) is None:
        return NameInvalid(noun="budget", name=name, rule=BUDGET_NAME_RULE)
    etag = document.get("eTag", document.get("etag"))
    if existing is not None and etag is not None and etag != existing.etag:
        return PreconditionFailed()
    if existing is not None and terms.start != existing.start:
        reason = "cannot be changed; delete the budget and create another"
        return PropertyInvalid(name="properties.timePeriod.startDate", reason=reason)
    is_new_webhook = terms.webhook is not None and (existing is None or existing.webhook != terms.webhook)
    if is_new_webhook and not get_access().permits(TENANT_OWNER_ACTION, "/"):
        return WebhookNotAllowed()
    return decide_precondition(request, existing and existing.etag)


def _build_budget(
    plane: ControlPlane,
    scope: CostScope,
    name: str,
    terms: BudgetTerms,
    document: JsonObject,
    existing: Budget | None,
) -> Budget:
    kept = without(document, _READ_ONLY)
    kept["properties"] = without(get_object(document, "properties"), _READ_ONLY_PROPERTIES)
    return Budget(
        scope=scope.scope_id,
        name=name if existing is None else existing.name,
        amount=terms.amount,
        time_grain=terms.time_grain,
        start=terms.start,
        end=terms.end,
        filter=terms.filter,
        notifications=terms.notifications,
        webhook=terms.webhook,
        is_enforced=terms.is_enforced,
        etag=plane.new_etag(),
        system_data=modified(existing and existing.system_data, plane.actor, plane.clock()),
        document=kept,
    )


def _decide_closed(budget: Budget, today: date, spent: Decimal) -> date | None:
    return decide_closed(budget, find_period(budget, today), spent)


async def delete_budget(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        scope = await find_cost_scope(session, request)
        if not isinstance(scope, CostScope):
            return scope
        name = path_part(request, "budget")
        existing = await session.budgets.get_budget(scope.scope_id, name)
        if existing is None:
            return _miss(request)
        refusal = decide_precondition(request, existing.etag)
        if refusal is not None:
            return refusal
        await session.budgets.delete_budget(scope.scope_id, name)
    return Answer(status=200)


def _find_type(request: Request) -> str:
    """By the provider in the path."""
    provider = CONSUMPTION if f"{CONSUMPTION}/".lower() in request.url.path.lower() else COST_MANAGEMENT
    return f"{provider.removeprefix('/providers/')}/budgets"


def _miss(request: Request) -> ResourceNotFound:
    return ResourceNotFound(
        type=_find_type(request),
        name=path_part(request, "budget"),
        resource_group=request.path_params.get("group", ""),
    )


async def _find_spent(plane: ControlPlane, scope: CostScope, budget: Budget) -> Decimal:
    return await _find_spent_on(plane, scope, budget, plane.clock().date())


async def _find_spent_on(plane: ControlPlane, scope: CostScope, terms: BudgetTerms | Budget, today: date) -> Decimal:
    """In the period that has this day; nothing outside of the budget's time, or where no account is kept."""
    period = find_period(terms, today)
    if period is None:
        return Decimal(0)
    charges = await read_charges(plane, scope, period.first, period.last)
    if not isinstance(charges, list):
        return Decimal(0)
    days = await asyncio.to_thread(sum_by_day, charges, terms.filter)
    return sum(days.values(), Decimal(0))


def render_budget(budget: Budget, type_: str, spent: Decimal) -> JsonObject:
    properties = get_object(budget.document, "properties")
    period = {
        "startDate": f"{budget.start.isoformat()}T00:00:00Z",
        "endDate": f"{budget.end.isoformat()}T00:00:00Z",
    }
    ours = get_object(properties, "ingate")
    shown: JsonObject = {
        **properties,
        "category": "Cost",
        "amount": exact_number(budget.amount),
        "timePeriod": period,
        "currentSpend": {"amount": exact_number(spent), "unit": CURRENCY},
        "ingate": {
            **ours,
            "enforce": budget.is_enforced,
            "closed": budget.closed_since is not None,
        },
    }
    if budget.forecast is not None:
        shown["forecastSpend"] = {"amount": exact_number(budget.forecast), "unit": CURRENCY}
    return {
        "id": f"{budget.scope}/providers/{type_}/{budget.name}",
        "name": budget.name,
        "type": type_,
        "eTag": budget.etag,
        "properties": shown,
    }
