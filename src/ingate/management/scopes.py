"""Where a request points: its subscription, resource group and resource, or why there is none."""

from __future__ import annotations

from starlette.requests import Request

from ingate.domain.naming import is_guid
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription
from ingate.wire.arm.ids import ACCOUNT_TYPE, render_account_id

from .control_plane import Answer, ControlPlane, Handler, Outcome
from .refusals import (
    PreconditionFailed,
    ResourceGroupNotFound,
    ResourceNotFound,
    SubscriptionIdInvalid,
    SubscriptionNotFound,
)

SUBSCRIPTION_PATH = "/subscriptions/{subscription}"
RESOURCE_GROUP_PATH = SUBSCRIPTION_PATH + "/resourceGroups/{group}"
PROVIDER = "/providers/Microsoft.CognitiveServices"
ACCOUNT_PATH = RESOURCE_GROUP_PATH + PROVIDER + "/accounts/{account}"
DEPLOYMENT_PATH = ACCOUNT_PATH + "/deployments/{deployment}"
LOCATION_PATH = SUBSCRIPTION_PATH + PROVIDER + "/locations/{location}"


def path_part(request: Request, name: str) -> str:
    return str(request.path_params[name])


async def find_subscription(
    session: StateSession, request: Request
) -> Subscription | SubscriptionIdInvalid | SubscriptionNotFound:
    subscription_id = path_part(request, "subscription")
    if not is_guid(subscription_id):
        return SubscriptionIdInvalid(subscription_id=subscription_id)
    found = await session.subscriptions.get_subscription(subscription_id)
    return found or SubscriptionNotFound(subscription_id=subscription_id)


async def find_resource_group(
    session: StateSession, request: Request
) -> ResourceGroup | SubscriptionIdInvalid | SubscriptionNotFound | ResourceGroupNotFound:
    subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    name = path_part(request, "group")
    found = await session.resource_groups.get_resource_group(subscription.subscription_id, name)
    return found or ResourceGroupNotFound(resource_group=name)


async def find_resource(
    session: StateSession, request: Request
) -> FoundryResource | SubscriptionIdInvalid | SubscriptionNotFound | ResourceGroupNotFound | ResourceNotFound:
    group = await find_resource_group(session, request)
    if not isinstance(group, ResourceGroup):
        return group
    name = path_part(request, "account")
    found = await session.resources.get_resource(render_account_id(group.subscription_id, group.name, name))
    return found or ResourceNotFound(type=ACCOUNT_TYPE, name=name, resource_group=group.name)


def answer_head(get: Handler) -> Handler:
    """HEAD asks only whether there is something: 204 or 404, as Resource Manager answers it."""

    async def check(plane: ControlPlane, request: Request) -> Outcome:
        outcome = await get(plane, request)
        return Answer(status=204) if isinstance(outcome, Answer) else outcome

    return check


def decide_precondition(request: Request, etag: str | None) -> PreconditionFailed | None:
    """`If-Match` and `If-None-Match` of a change (RFC 9110, section 13.1); `etag` is None when nothing is there."""
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
    if wanted is not None and not _matches(wanted, etag):
        return PreconditionFailed()
    if unwanted is not None and _matches(unwanted, etag):
        return PreconditionFailed()
    return None


def _matches(condition: str, etag: str | None) -> bool:
    if etag is None:
        return False
    return condition.strip() == "*" or etag in (part.strip() for part in condition.split(","))
