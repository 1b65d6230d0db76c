"""Ingate.Gateway/prices: our own resource type. What an operator agreed on in place of list prices, dated.

An agreement in force is neither changed nor deleted; it is superseded by one that begins later. What comes of it
for each deployment is at Ingate.Gateway/priceList.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.change import modified
from ingate.domain.naming import RESOURCE_NAME_RULE, is_resource_name
from ingate.domain.price import PriceEntry, find_entry
from ingate.domain.price_book import PriceAgreement, PriceTarget, Terms
from ingate.domain.price_document import (
    PriceInvalid,
    parse_target,
    parse_terms,
    render_number,
    render_target,
    render_terms,
    render_unit_prices,
)
from ingate.domain.subscription import Subscription
from ingate.management.bodies import Body, read_body
from ingate.management.control_plane import Answer, ControlPlane, Outcome, mount
from ingate.management.paging import render_list
from ingate.management.refusals import NameInvalid, PropertyInvalid, ResourceNotFound
from ingate.management.scopes import SUBSCRIPTION_PATH, decide_precondition, find_subscription, path_part
from ingate.wire.arm.documents import JsonObject, get_object
from ingate.wire.arm.envelopes import render_page, render_system_data, render_time
from ingate.wire.arm.ids import render_deployment_id, render_subscription_id
from ingate.wire.arm.times import parse_time

from .cost_refusals import PriceInForce

PRICE_TYPE = "Ingate.Gateway/prices"
PRICES_PATH = f"{SUBSCRIPTION_PATH}/providers/{PRICE_TYPE}"
PRICE_LIST_PATH = f"{SUBSCRIPTION_PATH}/providers/Ingate.Gateway/priceList"

_MEMBERS = frozenset(
    {
        "model",
        "resource",
        "deployment",
        "effectiveFrom",
        "discountPercent",
        "unitPrices",
        "webSearch",
        "withdrawn",
        "inForce",
    }
)
"""`inForce` is read only; accepted so that what GET answers can be sent back."""


class PriceBody(msgspec.Struct):
    """What of it may be said is in `domain.price_document`."""

    properties: dict[str, object] = {}


def price_routes(plane: ControlPlane) -> list[BaseRoute]:
    price = {"GET": get_price, "PUT": put_price, "DELETE": delete_price}
    return [
        mount(plane, PRICES_PATH, {"GET": list_prices}),
        mount(plane, PRICES_PATH + "/{price}", price),
        mount(plane, PRICE_LIST_PATH, {"GET": list_effective_prices}),
    ]


async def list_prices(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        agreements = await session.prices.list_agreements(subscription.subscription_id)
    now = plane.clock()
    return render_list(request, agreements, lambda entry: entry.name, lambda entry: _render(entry, now))


async def get_price(plane: ControlPlane, request: Request) -> Outcome:
    name = path_part(request, "price")
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        found = await session.prices.get_agreement(subscription.subscription_id, name)
    if found is None:
        return ResourceNotFound(type=PRICE_TYPE, name=name, resource_group="")
    return Answer(document=_render(found, plane.clock()))


async def put_price(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, PriceBody)
    if not isinstance(body, Body):
        return body
    name, now = path_part(request, "price"), plane.clock()
    decided = _decide(get_object(body.document, "properties"))
    if isinstance(decided, PropertyInvalid):
        return decided
    target, terms, effective_from = decided
    async with plane.changing() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        existing = await session.prices.get_agreement(subscription.subscription_id, name)
        if existing is None and not is_resource_name(name):
            return NameInvalid(noun="price", name=name, rule=RESOURCE_NAME_RULE)
        refusal = decide_precondition(request, existing and existing.etag)
        if refusal is not None:
            return refusal
        if existing is not None and existing.is_in_force(now):
            return _keep(existing, target, terms, effective_from, now)
        if effective_from is not None and effective_from < now:
            reason = "must not be in the past: what is recorded keeps its price"
            return PropertyInvalid(name="properties.effectiveFrom", reason=reason)
        agreement = PriceAgreement(
            subscription_id=subscription.subscription_id,
            name=name if existing is None else existing.name,
            target=target,
            terms=terms,
            effective_from=effective_from or now,
            etag=plane.new_etag(),
            system_data=modified(existing and existing.system_data, plane.actor, now),
        )
        await session.prices.put_agreement(agreement)
    return Answer(status=201 if existing is None else 200, document=_render(agreement, now))


def _keep(
    existing: PriceAgreement, target: PriceTarget, terms: Terms, effective_from: datetime | None, now: datetime
) -> Outcome:
    """The same again changes nothing and is no mistake."""
    is_same = existing.target == target and existing.terms == terms
    if is_same and effective_from in {None, existing.effective_from}:
        return Answer(document=_render(existing, now))
    return PriceInForce(name=existing.name, effective_from=existing.effective_from)


def _decide(properties: JsonObject) -> tuple[PriceTarget, Terms, datetime | None] | PropertyInvalid:
    unknown = sorted(set(properties) - _MEMBERS)
    if unknown:
        return PropertyInvalid(name=f"properties.{unknown[0][:40]}", reason="is not known")
    target, terms = parse_target(properties), parse_terms(properties)
    if isinstance(target, PriceInvalid):
        return PropertyInvalid(name=f"properties.{target.member}", reason=target.reason)
    if isinstance(terms, PriceInvalid):
        return PropertyInvalid(name=f"properties.{terms.member}", reason=terms.reason)
    given = properties.get("effectiveFrom")
    moment = None if given is None else parse_time(given) if isinstance(given, str) else None
    if given is not None and moment is None:
        return PropertyInvalid(name="properties.effectiveFrom", reason="must be a time, in ISO 8601")
    return target, terms, moment


async def delete_price(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.changing() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        name = path_part(request, "price")
        existing = await session.prices.get_agreement(subscription.subscription_id, name)
        if existing is None:
            return Answer(status=204)
        refusal = decide_precondition(request, existing.etag)
        if refusal is not None:
            return refusal
        if existing.is_in_force(plane.clock()):
            return PriceInForce(name=existing.name, effective_from=existing.effective_from)
        await session.prices.delete_agreement(subscription.subscription_id, name)
    return Answer(status=200)


def _render(agreement: PriceAgreement, now: datetime) -> JsonObject:
    subscription = render_subscription_id(agreement.subscription_id)
    return {
        "id": f"{subscription}/providers/{PRICE_TYPE}/{agreement.name}",
        "name": agreement.name,
        "type": PRICE_TYPE,
        "etag": agreement.etag,
        "systemData": render_system_data(agreement.system_data),
        "properties": {
            **render_target(agreement.target),
            **render_terms(agreement.terms),
            "effectiveFrom": render_time(agreement.effective_from),
            "inForce": agreement.is_in_force(now),
        },
    }


async def list_effective_prices(plane: ControlPlane, request: Request) -> Outcome:
    """What each deployment's exchanges cost now, and from when on that changes, as far as it is known."""
    now = plane.clock()
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        directory = await session.directory.get_directory()
    prefix = f"{render_subscription_id(subscription.subscription_id)}/".lower()
    items: list[JsonObject] = []
    for resource in directory.resources:
        if not resource.resource_id.lower().startswith(prefix):
            continue
        for deployment in resource.deployments:
            current = find_entry(deployment.prices, now.timestamp())
            items.append(
                {
                    "id": render_deployment_id(resource.resource_id, deployment.name),
                    "resource": resource.name,
                    "deployment": deployment.name,
                    "model": deployment.model_id,
                    "deploymentType": deployment.deployment_type,
                    "current": None if current is None else _render_entry(current),
                    "upcoming": [
                        _render_entry(entry) for entry in deployment.prices if entry.effective_from > now.timestamp()
                    ],
                }
            )
    return Answer(document=render_page(items))


def _render_entry(entry: PriceEntry) -> JsonObject:
    begin = datetime.fromtimestamp(entry.effective_from, UTC)
    return {
        "price": entry.label,
        "effectiveFrom": render_time(begin) if entry.effective_from else None,
        "unitPrices": [render_unit_prices(tier) for tier in entry.tiers],
        "webSearch": render_number(entry.web_search),
        "currency": "USD",
    }
