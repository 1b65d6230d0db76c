"""Refusals of callers as Azure Resource Manager says them.

Its codes and texts, with the way out added where it is another one here.
https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from ingate.wire.arm.errors import ArmError

from . import access_refusals as r


def render_access_refusal(refusal: r.AccessRefusal) -> tuple[int, ArmError]:
    if isinstance(refusal, r.NotAuthorized):
        return 403, ArmError(
            code="AuthorizationFailed",
            message=f"The client '{refusal.client}' with object id '{refusal.object_id}' does not have authorization "
            f"to perform action '{refusal.action}' over scope '{refusal.scope}' or the scope is invalid. If access "
            "was recently granted, please refresh your credentials.",
        )
    return 401, _render_authentication(refusal)


def _render_authentication(refusal: r.AuthenticationRefusal) -> ArmError:
    match refusal:
        case r.TokenMissing():
            return ArmError(
                code="AuthenticationFailed",
                message="Authentication failed. The 'Authorization' header is missing. Send an access token for "
                "https://management.core.windows.net/, or the content of admin.token in Ingate's data directory, as "
                "a bearer token.",
            )
        case r.TokenWrong():
            return ArmError(
                code="InvalidAuthenticationToken",
                message="The access token is invalid. Send an access token of this Ingate's tenant, or the content "
                "of admin.token in its data directory.",
            )
        case r.TokenExpired(expired_at=expired_at, now=now):
            return ArmError(
                code="ExpiredAuthenticationToken",
                message=f"The access token expiry UTC time '{_render_time(expired_at)}' is earlier than current UTC "
                f"time '{_render_time(now)}'.",
            )
        case r.TokenNotYetValid():
            return ArmError(
                code="InvalidAuthenticationToken",
                message="The access token is not valid yet. Check the clocks of its issuer and of this machine.",
            )
        case r.TokenAudienceWrong(audience=audience, allowed=allowed):
            return ArmError(
                code="InvalidAuthenticationTokenAudience",
                message=f"The access token has been obtained for wrong audience or resource '{audience}'. It should "
                f"exactly match with one of the allowed audiences {','.join(repr(entry) for entry in allowed)}.",
            )
        case r.TokenTenantWrong(issuer=issuer, expected=expected):
            return ArmError(
                code="InvalidAuthenticationTokenTenant",
                message=f"The access token is from the wrong issuer '{issuer}'. It must match the tenant "
                f"'{expected}' associated with this subscription.",
            )
        case r.PrincipalUnusable(object_id=object_id):
            return ArmError(
                code="InvalidAuthenticationToken",
                message=f"The access token is invalid. The principal '{object_id}' that it was issued to is disabled "
                "or does not exist any more.",
            )
        case _:
            assert_never(refusal)


def _render_time(moment: datetime) -> str:
    """As Resource Manager writes it: 11/22/2026 9:03:09 PM."""
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {half}"
