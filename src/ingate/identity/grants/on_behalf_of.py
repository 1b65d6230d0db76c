"""An application that was called with a person's token calls on in their name (RFC 7523; Microsoft's on-behalf-of).

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
"""

from __future__ import annotations

from ingate.domain.token import TokenClaims, TokenFault
from ingate.identity.issuing import Grant
from ingate.identity.own_tokens import decide_own_token
from ingate.identity.users import find_user
from ingate.wire.entra.errors import (
    EntraError,
    client_credential_missing,
    grant_revoked,
    parameter_invalid,
    parameter_missing,
    user_assertion_audience_wrong,
    user_assertion_malformed,
    user_assertion_of_application,
)

from .grant_request import GrantRequest, grant_to_user, read_asked


async def grant_on_behalf_of(request: GrantRequest) -> Grant | EntraError:
    assertion = request.form.get("assertion")
    if assertion is None:
        return parameter_missing("assertion")
    if request.form.get("requested_token_use") != "on_behalf_of":
        return parameter_invalid("requested_token_use")
    if request.client_method == "0":
        return client_credential_missing()
    asked = read_asked(request.resource_and_scopes, is_v2=request.is_v2)
    if isinstance(asked, EntraError):
        return asked
    claims = await _check_assertion(request, assertion)
    if isinstance(claims, EntraError):
        return claims
    async with request.entra.plane.state.reading() as session:
        principal = await find_user(session, claims.object_id)
    if principal is None:
        return grant_revoked()
    return await grant_to_user(request, principal, asked)


async def _check_assertion(request: GrantRequest, assertion: str) -> TokenClaims | EntraError:
    audiences = {request.client.client_id, f"api://{request.client.client_id}"}
    claims = await decide_own_token(request.entra, request.turn, assertion, audiences)
    if claims is TokenFault.AUDIENCE:
        return user_assertion_audience_wrong()
    if isinstance(claims, TokenFault):
        return user_assertion_malformed(f"Reason - {claims.value}")
    return claims if claims.is_user else user_assertion_of_application()
