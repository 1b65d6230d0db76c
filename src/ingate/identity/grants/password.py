"""A person's name and password, by way of a program that they trust (RFC 6749, section 4.3): `az login -u -p`."""

from __future__ import annotations

from ingate.identity.issuing import Grant
from ingate.identity.users import authenticate_user
from ingate.wire.entra.errors import EntraError, parameter_missing

from .grant_request import GrantRequest, grant_to_user, read_asked


async def grant_password(request: GrantRequest) -> Grant | EntraError:
    user_name, password = request.form.get("username"), request.form.get("password")
    if user_name is None or password is None:
        return parameter_missing("username" if user_name is None else "password")
    asked = read_asked(request.resource_and_scopes, is_v2=request.is_v2)
    if isinstance(asked, EntraError):
        return asked
    principal = await authenticate_user(request.entra, request.turn, request.segment, user_name, password)
    if isinstance(principal, EntraError):
        return principal
    return await grant_to_user(request, principal, asked)
