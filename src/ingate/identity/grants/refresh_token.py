"""A sign-in that goes on (RFC 6749, section 6): the same person and client, for the same resource or another."""

from __future__ import annotations

from ingate.domain.principal import Principal
from ingate.identity.audiences import ScopeRequest, parse_scope
from ingate.identity.issuing import Grant
from ingate.identity.refresh_tokens import RefreshToken, RefreshTokens, is_expired, make_stamp
from ingate.wire.entra.errors import (
    EntraError,
    client_credential_missing,
    grant_expired,
    grant_malformed,
    grant_of_another_client,
    grant_revoked,
    parameter_missing,
    user_disabled,
)

from .grant_request import GrantRequest, grant_to_user


async def grant_refresh_token(request: GrantRequest) -> Grant | EntraError:
    text = request.form.get("refresh_token")
    if text is None:
        return parameter_missing("refresh_token")
    token = RefreshTokens(request.entra.plane.sealer).open(text)
    if token is None:
        return grant_malformed()
    if token.client_id != request.client.client_id:
        return grant_of_another_client()
    if token.is_proved and request.client_method == "0":
        return client_credential_missing()
    if is_expired(token, request.turn.time):
        return grant_expired()
    principal = await _find_principal(request, token)
    if isinstance(principal, EntraError):
        return principal
    asked = _read_asked(request, token)
    if isinstance(asked, EntraError):
        return asked
    return await grant_to_user(request, principal, asked)


async def _find_principal(request: GrantRequest, token: RefreshToken) -> Principal | EntraError:
    async with request.entra.plane.state.reading() as session:
        principal = await session.principals.get_principal(token.object_id)
        password_hash = await session.principals.get_password_hash(token.object_id)
    if principal is None or not request.segment.admits(principal.tenant_id):
        return grant_revoked()
    if make_stamp(principal, password_hash) != token.stamp:
        return grant_revoked()
    return principal if principal.is_enabled else user_disabled()


def _read_asked(request: GrantRequest, token: RefreshToken) -> ScopeRequest | EntraError:
    """Another resource's scopes may be asked for. What OpenID's scopes allowed stays allowed."""
    before = frozenset(token.openid)
    text = request.resource_and_scopes
    if text is None:
        return ScopeRequest(resource=token.resource, names=token.scopes, openid=before)
    if not request.is_v2:
        return ScopeRequest(resource=text, names=(".default",), openid=before)
    asked = parse_scope(text)
    if isinstance(asked, EntraError):
        return asked
    return ScopeRequest(resource=asked.resource, names=asked.names, openid=asked.openid | before)
