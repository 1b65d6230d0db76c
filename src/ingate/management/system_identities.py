"""System-assigned managed identities: principals that come and go with the resource that they belong to."""

from __future__ import annotations

from ingate.domain.principal import Principal
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession

from .control_plane import ControlPlane


async def ensure_system_identity(session: StateSession, plane: ControlPlane, resource: FoundryResource) -> Principal:
    """The resource's identity; a new one when it has none yet."""
    existing = await session.principals.get_principal_of_resource(resource.resource_id)
    if existing is not None:
        return existing
    subscription = await session.subscriptions.get_subscription(resource.subscription_id)
    if subscription is None:
        raise LookupError(f"{resource.resource_id} is in a subscription that does not exist")
    object_id = plane.new_id()
    identity = Principal(
        object_id=object_id,
        tenant_id=subscription.tenant_id,
        kind="managed-identity",
        name=await _find_free_name(session, subscription.tenant_id, resource.name, object_id),
        created_at=plane.clock(),
        client_id=plane.new_id(),
        resource_id=resource.resource_id,
    )
    await session.principals.put_principal(identity)
    return identity


async def drop_system_identity(session: StateSession, resource: FoundryResource) -> bool:
    """With its role assignments. False when it had none."""
    existing = await session.principals.get_principal_of_resource(resource.resource_id)
    return existing is not None and await session.principals.delete_principal(existing.object_id)


async def _find_free_name(session: StateSession, tenant_id: str, name: str, object_id: str) -> str:
    """The resource's own, as on Azure, unless another principal has it: names are unique here."""
    taken = await session.principals.get_principal_by_name(tenant_id, name)
    return name if taken is None else f"{name} {object_id}"
