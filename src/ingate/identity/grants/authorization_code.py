"""A code from the sign-in page (RFC 6749, section 4.1; RFC 7636)."""

from __future__ import annotations

from typing import assert_never

from ingate.identity.authorization_codes import AuthorizationCode, CodeFault, fits_challenge
from ingate.identity.issuing import Grant
from ingate.identity.users import find_user
from ingate.wire.entra.errors import (
    EntraError,
    challenge_mismatch,
    client_credential_missing,
    code_redeemed,
    grant_expired,
    grant_malformed,
    grant_of_another_client,
    grant_revoked,
    parameter_missing,
    redirect_uri_wrong,
)

from .grant_request import GrantRequest, grant_to_user, read_asked


async def grant_authorization_code(request: GrantRequest) -> Grant | EntraError:
    text = request.form.get("code")
    if text is None:
        return parameter_missing("code")
    code = request.entra.codes.redeem(text, request.turn.time)
    if isinstance(code, CodeFault):
        return _render_fault(code)
    refusal = _check_binding(request, code)
    if refusal is not None:
        return refusal
    asked = read_asked(code.resource_and_scopes, is_v2=code.is_v2)
    if isinstance(asked, EntraError):
        return asked
    async with request.entra.plane.state.reading() as session:
        principal = await find_user(session, code.object_id)
    if principal is None or not request.segment.admits(principal.tenant_id):
        return grant_revoked()
    return await grant_to_user(request, principal, asked, nonce=code.nonce)


def _check_binding(request: GrantRequest, code: AuthorizationCode) -> EntraError | None:
    """To the client, to where the code was sent, and to who began the sign-in."""
    if code.client_id != request.client.client_id:
        return grant_of_another_client()
    redirect_uri = request.form.get("redirect_uri", "")
    if code.redirect_uri != redirect_uri:
        return redirect_uri_wrong(redirect_uri, code.client_id)
    verifier = request.form.get("code_verifier")
    if code.challenge is None:
        if request.client_method == "0":
            # It could prove itself when it asked, and its credentials have been taken away since.
            return client_credential_missing()
        return None if verifier is None else challenge_mismatch()
    if verifier is None:
        return parameter_missing("code_verifier")
    return None if fits_challenge(verifier, code.challenge) else challenge_mismatch()


def _render_fault(fault: CodeFault) -> EntraError:
    match fault:
        case CodeFault.UNKNOWN:
            return grant_malformed()
        case CodeFault.EXPIRED:
            return grant_expired()
        case CodeFault.REDEEMED:
            return code_redeemed()
        case _:
            assert_never(fault)
