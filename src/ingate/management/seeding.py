"""What an empty data directory begins with: one resource that the documentation's examples work against."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.domain.change import created
from ingate.domain.deployment import Deployment
from ingate.domain.key import DEVELOPMENT_KEYS, KeyPair
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription, SubscriptionId, Tenant, TenantId
from ingate.domain.upstream import SIMULATOR

from .control_plane import ControlPlane
from .monitor.workspaces import seed_workspace

DEFAULT_RESOURCE_GROUP = "example-group"
DEFAULT_RESOURCE = "example-resource"
DEFAULT_LOCATION = "eastus2"
DEFAULT_CAPACITY = 10_000
DEFAULT_MODELS = ("claude-opus-4-5", "claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5")
"""The models of Anthropic's page about Claude in Microsoft Foundry, each deployed under its own id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What was made when the data directory was."""

    tenant_id: TenantId
    subscription_id: SubscriptionId
    resource_group: str = DEFAULT_RESOURCE_GROUP
    resource: str = DEFAULT_RESOURCE


async def seed_defaults(plane: ControlPlane, *, development_keys: bool = False) -> Defaults:
    """Makes the defaults where there is no tenant yet, in one transaction, and says what they are called.

    A state that has a tenant is left as it is, whatever `development_keys` says. Publishes the directory either
    way, so that it is there before a gateway looks for it.
    """
    async with plane.changing() as session:
        found = await _find_defaults(session)
        defaults = found or await _seed(plane, session, development_keys=development_keys)
        await seed_workspace(
            plane,
            session,
            subscription_id=defaults.subscription_id,
            resource_group=defaults.resource_group,
            location=DEFAULT_LOCATION,
        )
        return defaults


async def _find_defaults(session: StateSession) -> Defaults | None:
    subscriptions = await session.subscriptions.list_subscriptions()
    if not subscriptions:
        return None
    first = subscriptions[0]
    return Defaults(tenant_id=first.tenant_id, subscription_id=first.subscription_id)


async def _seed(plane: ControlPlane, session: StateSession, *, development_keys: bool) -> Defaults:
    defaults = Defaults(tenant_id=TenantId(plane.new_id()), subscription_id=SubscriptionId(plane.new_id()))
    await _seed_scope(session, defaults)
    resource = _build_resource(plane, defaults)
    await session.resources.put_resource(resource)
    await session.keys.put_keys(resource.resource_id, _choose_keys(plane, development_keys=development_keys))
    for model_id in DEFAULT_MODELS:
        await session.deployments.put_deployment(_build_deployment(plane, resource, model_id))
    return defaults


async def _seed_scope(session: StateSession, defaults: Defaults) -> None:
    await session.tenants.put_tenant(Tenant(tenant_id=defaults.tenant_id, display_name="Ingate"))
    await session.subscriptions.put_subscription(
        Subscription(
            subscription_id=defaults.subscription_id,
            tenant_id=defaults.tenant_id,
            display_name="Ingate subscription",
        )
    )
    await session.resource_groups.put_resource_group(
        ResourceGroup(
            subscription_id=defaults.subscription_id,
            name=defaults.resource_group,
            location=DEFAULT_LOCATION,
        )
    )


def _choose_keys(plane: ControlPlane, *, development_keys: bool) -> KeyPair:
    if development_keys:
        return KeyPair(key1=DEVELOPMENT_KEYS[0], key2=DEVELOPMENT_KEYS[1])
    return KeyPair(key1=plane.new_api_key(), key2=plane.new_api_key())


def _build_resource(plane: ControlPlane, defaults: Defaults) -> FoundryResource:
    return FoundryResource(
        subscription_id=defaults.subscription_id,
        resource_group=defaults.resource_group,
        name=defaults.resource,
        location=DEFAULT_LOCATION,
        subdomain=defaults.resource,
        internal_id=plane.new_id().replace("-", ""),
        etag=plane.new_etag(),
        system_data=created(plane.actor, plane.clock()),
        document={"properties": {"customSubDomainName": defaults.resource, "allowProjectManagement": True}},
    )


def _build_deployment(plane: ControlPlane, resource: FoundryResource, model_id: str) -> Deployment:
    model = plane.catalog.get_model(model_id)
    if model is None:
        raise LookupError(f"the catalogue has no {model_id}")
    return Deployment(
        resource_id=resource.resource_id,
        name=model_id,
        model_id=model_id,
        model_version=model.default_version,
        deployment_type="GlobalStandard",
        capacity=DEFAULT_CAPACITY,
        upstream=SIMULATOR,
        upstream_model=model_id,
        etag=plane.new_etag(),
        system_data=created(plane.actor, plane.clock()),
    )
