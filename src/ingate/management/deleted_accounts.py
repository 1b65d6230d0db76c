"""Deleted accounts: listed, shown, and purged before their time. To restore one is a PUT of the account."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.naming import parse_location
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.subscription import Subscription
from ingate.wire.arm.ids import render_account_id

from .account_lifecycle import is_expired, purge
from .account_views import DELETED_ACCOUNT_TYPE, render_deleted_account, view_account, view_accounts
from .accounts import address_account, decide_account_busy
from .control_plane import Answer, ControlPlane, Outcome, mount
from .long_running import accept_change
from .paging import render_list
from .refusals import ResourceNotFound, SubscriptionIdInvalid, SubscriptionNotFound
from .scopes import LOCATION_PATH, PROVIDER, SUBSCRIPTION_PATH, find_subscription, path_part

DELETED_ACCOUNT_PATH = LOCATION_PATH + "/resourceGroups/{group}/deletedAccounts/{account}"


def deleted_account_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, SUBSCRIPTION_PATH + PROVIDER + "/deletedAccounts", {"GET": list_deleted_accounts}),
        mount(plane, DELETED_ACCOUNT_PATH, {"GET": get_deleted_account, "DELETE": purge_deleted_account}),
    ]


async def list_deleted_accounts(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        subscription = await find_subscription(session, request)
        if not isinstance(subscription, Subscription):
            return subscription
        deleted = await session.resources.list_deleted_resources(subscription.subscription_id)
        views = await view_accounts(session, [entry for entry in deleted if not is_expired(plane, entry)])
    return render_list(
        request, views, lambda view: view.resource.resource_id, lambda view: render_deleted_account(plane, view)
    )


async def get_deleted_account(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await _find(plane, session, request)
        if not isinstance(found, FoundryResource):
            return found
        return Answer(document=render_deleted_account(plane, await view_account(session, found)))


async def purge_deleted_account(plane: ControlPlane, request: Request) -> Outcome:
    """For good, with keys, deployments and projects. Its name, its subdomain and its quota are free at once."""
    async with plane.changing() as session:
        found = await _find(plane, session, request)
        if isinstance(found, ResourceNotFound):
            return Answer(status=204)
        if not isinstance(found, FoundryResource):
            return found
        busy = decide_account_busy(plane, found)
        if busy is not None:
            return busy
        await purge(session, found)
        return accept_change(plane, request, Answer(status=200), address_account(found), "delete")


async def _find(
    plane: ControlPlane, session: StateSession, request: Request
) -> FoundryResource | SubscriptionIdInvalid | SubscriptionNotFound | ResourceNotFound:
    """Its group need not exist any more."""
    subscription = await find_subscription(session, request)
    if not isinstance(subscription, Subscription):
        return subscription
    group, name = path_part(request, "group"), path_part(request, "account")
    account_id = render_account_id(subscription.subscription_id, group, name)
    found = await session.resources.get_deleted_resource(account_id)
    location = parse_location(path_part(request, "location"))
    if found is None or found.location != location or is_expired(plane, found):
        return ResourceNotFound(type=DELETED_ACCOUNT_TYPE, name=name, resource_group=group)
    return found
