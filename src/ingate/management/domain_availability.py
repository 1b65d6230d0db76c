"""checkDomainAvailability: whether a subdomain is free."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import RESOURCE_NAME_RULE, is_resource_name
from ingate.domain.state import StateSession
from ingate.domain.subscription import Subscription
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.ids import ACCOUNT_TYPE

from .accounts import is_subdomain_taken
from .bodies import Body, read_body
from .control_plane import Answer, ControlPlane, Outcome, mount
from .refusals import PropertyInvalid
from .scopes import PROVIDER, SUBSCRIPTION_PATH, find_subscription


class DomainQuestion(msgspec.Struct, rename="camel"):
    subdomain_name: str
    type: str
    kind: str | None = None


def domain_availability_routes(plane: ControlPlane) -> list[BaseRoute]:
    path = SUBSCRIPTION_PATH + PROVIDER + "/checkDomainAvailability"
    return [mount(plane, path, {"POST": check_domain_availability})]


async def check_domain_availability(plane: ControlPlane, request: Request) -> Outcome:
    body = await read_body(request, DomainQuestion)
    if not isinstance(body, Body):
        return body
    question = body.content
    if question.type.lower() != ACCOUNT_TYPE.lower():
        return PropertyInvalid(name="type", reason=f"must be {ACCOUNT_TYPE}")
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        reason = await _find_reason(plane, session, question.subdomain_name)
    answer: JsonObject = {
        "isSubdomainAvailable": reason is None,
        "subdomainName": question.subdomain_name,
        "type": question.type,
    }
    if reason is not None:
        answer["reason"] = reason
    if question.kind is not None:
        answer["kind"] = question.kind
    return Answer(document=answer)


async def _find_reason(plane: ControlPlane, session: StateSession, subdomain: str) -> str | None:
    """Why it is not free."""
    if not is_resource_name(subdomain):
        return f"The subdomain name '{subdomain}' is not valid. It must be {RESOURCE_NAME_RULE}."
    if await is_subdomain_taken(plane, session, subdomain):
        return f"Sub domain name '{subdomain}' is already used. Please pick a different name."
    return None
