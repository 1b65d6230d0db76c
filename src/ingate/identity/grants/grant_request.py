"""What every grant starts from: the tenant is known, the client has proved itself as far as it can."""

from __future__ import annotations

from dataclasses import dataclass

from ingate.domain.principal import Principal
from ingate.domain.state import StateSession
from ingate.identity.audiences import (
    DEFAULT,
    LONGEST_SCOPE,
    ScopeRequest,
    decide_user_scopes,
    find_audience,
    parse_scope,
)
from ingate.identity.client_authentication import ClientMethod
from ingate.identity.clients import Client
from ingate.identity.entra import Entra
from ingate.identity.forms import Form
from ingate.identity.issuing import Grant
from ingate.identity.tenants import TenantSegment
from ingate.identity.turn import Turn
from ingate.identity.users import find_home
from ingate.wire.entra.errors import EntraError, client_not_found, parameter_missing, scope_invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRequest:
    entra: Entra
    turn: Turn
    segment: TenantSegment
    client: Client
    client_method: ClientMethod
    form: Form
    is_v2: bool

    @property
    def resource_and_scopes(self) -> str | None:
        """What the client asks for, in the parameter that its version of the endpoint has for it."""
        return self.form.get("scope" if self.is_v2 else "resource")


async def grant_to_user(
    request: GrantRequest, principal: Principal, asked: ScopeRequest, *, nonce: str | None = None
) -> Grant | EntraError:
    """The end of every grant in which a person takes part."""
    async with request.entra.plane.state.reading() as session:
        tenant = await find_home(session, principal)
        if isinstance(tenant, EntraError):
            return tenant
        client = request.client
        if client.principal is not None and client.principal.tenant_id != principal.tenant_id:
            return client_not_found(client.client_id, tenant.display_name)
        audience = await find_audience(session, tenant, asked.resource, authority=request.turn.authority)
    if isinstance(audience, EntraError):
        return audience
    scopes = decide_user_scopes(asked.names, audience)
    if isinstance(scopes, EntraError):
        return scopes
    return Grant(
        principal=principal,
        client_id=request.client.client_id,
        client_method=request.client_method,
        audience=audience,
        scopes=scopes,
        openid=asked.openid,
        nonce=nonce,
    )


def read_asked(text: str | None, *, is_v2: bool) -> ScopeRequest | EntraError:
    """A `scope` of version 2 or a `resource` of version 1."""
    if not text:
        return parameter_missing("scope" if is_v2 else "resource")
    if is_v2:
        return parse_scope(text)
    if len(text) > LONGEST_SCOPE:
        return scope_invalid(text)
    return ScopeRequest(resource=text, names=(DEFAULT,), openid=frozenset())


async def check_resource(
    session: StateSession, request_tenant: TenantSegment, asked: ScopeRequest, *, authority: str
) -> EntraError | None:
    """Early, where a sign-in page would follow; a tenant that is not known yet is looked into later."""
    if request_tenant.tenant is None:
        return None
    audience = await find_audience(session, request_tenant.tenant, asked.resource, authority=authority)
    if isinstance(audience, EntraError):
        return audience
    scopes = decide_user_scopes(asked.names, audience)
    return scopes if isinstance(scopes, EntraError) else None
