"""An application asks for itself (RFC 6749, section 4.4)."""

from __future__ import annotations

from ingate.identity.audiences import DEFAULT, ScopeRequest, find_audience, parse_default_scope
from ingate.identity.issuing import Grant
from ingate.identity.tenants import require_tenant
from ingate.wire.entra.errors import EntraError, client_credential_missing, parameter_missing

from .grant_request import GrantRequest


async def grant_client_credentials(request: GrantRequest) -> Grant | EntraError:
    principal = request.client.principal
    if principal is None or request.client_method == "0":
        return client_credential_missing()
    tenant = require_tenant(request.segment)
    if isinstance(tenant, EntraError):
        return tenant
    asked = _read_asked(request)
    if isinstance(asked, EntraError):
        return asked
    async with request.entra.plane.state.reading() as session:
        audience = await find_audience(session, tenant, asked.resource, authority=request.turn.authority)
    if isinstance(audience, EntraError):
        return audience
    return Grant(
        principal=principal,
        client_id=request.client.client_id,
        client_method=request.client_method,
        audience=audience,
    )


def _read_asked(request: GrantRequest) -> ScopeRequest | EntraError:
    text = request.resource_and_scopes
    if text is None:
        return parameter_missing("scope" if request.is_v2 else "resource")
    if request.is_v2:
        return parse_default_scope(text)
    return ScopeRequest(resource=text, names=(DEFAULT,), openid=frozenset())
