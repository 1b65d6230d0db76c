"""Tenants and subscriptions: read only, made when the data directory is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import BaseRoute

from ingate.domain.subscription import Subscription, Tenant
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_page
from ingate.wire.arm.ids import render_subscription_id

from .control_plane import Answer, ControlPlane, Outcome, mount
from .request_context import get_access
from .scopes import SUBSCRIPTION_PATH, find_subscription


def subscription_routes(plane: ControlPlane) -> list[BaseRoute]:
    return [
        mount(plane, "/tenants", {"GET": list_tenants}),
        mount(plane, "/subscriptions", {"GET": list_subscriptions}),
        mount(plane, SUBSCRIPTION_PATH, {"GET": get_subscription}),
    ]


async def list_tenants(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        tenants = await session.tenants.list_tenants() if get_access().is_of_our_tenant else []
    return Answer(document=render_page([render_tenant(tenant) for tenant in tenants]))


async def list_subscriptions(plane: ControlPlane, request: Request) -> Outcome:
    """Those in which the caller has any role, be it on a single resource."""
    async with plane.state.reading() as session:
        subscriptions = await session.subscriptions.list_subscriptions()
    items = [render_subscription(entry) for entry in subscriptions]
    access = get_access()
    return Answer(document=render_page([item for item in items if access.sees(item["id"])]))


async def get_subscription(plane: ControlPlane, request: Request) -> Outcome:
    async with plane.state.reading() as session:
        found = await find_subscription(session, request)
    return Answer(document=render_subscription(found)) if isinstance(found, Subscription) else found


def render_tenant(tenant: Tenant) -> JsonObject:
    return {
        "id": f"/tenants/{tenant.tenant_id}",
        "tenantId": tenant.tenant_id,
        "displayName": tenant.display_name,
        "tenantCategory": "Home",
    }


def render_subscription(subscription: Subscription) -> JsonObject:
    return {
        "id": render_subscription_id(subscription.subscription_id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.subscription_id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.display_name,
        "state": "Enabled",
    }
