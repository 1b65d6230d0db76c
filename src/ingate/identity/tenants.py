"""Which tenant a path means."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.domain.state import StateSession
from ingate.domain.subscription import Tenant
from ingate.wire.entra.errors import EntraError, tenant_not_found, tenant_unnamed

ANY_TENANT = frozenset({"common", "organizations"})
"""Segments that leave it to who signs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSegment:
    text: str
    """As the client wrote it."""
    tenant: Tenant | None
    """None for `common` and `organizations`."""

    @property
    def described(self) -> str:
        return self.tenant.display_name if self.tenant is not None else self.text

    def admits(self, tenant_id: str) -> bool:
        return self.tenant is None or self.tenant.tenant_id == tenant_id


async def find_tenant(session: StateSession, text: str) -> TenantSegment | EntraError:
    if text.lower() in ANY_TENANT:
        return TenantSegment(text=text, tenant=None)
    tenant = await session.tenants.get_tenant(text.lower())
    return tenant_not_found(text) if tenant is None else TenantSegment(text=text, tenant=tenant)


def require_tenant(segment: TenantSegment) -> Tenant | EntraError:
    """For grants in which nobody signs in who could tell it."""
    return tenant_unnamed() if segment.tenant is None else segment.tenant
