"""A device asks whether the person has signed in by now (RFC 8628, section 3.4)."""

from __future__ import annotations

from ingate.identity.device_sign_ins import DeviceSignIn, DeviceState, note_poll
from ingate.identity.issuing import Grant
from ingate.identity.users import find_user
from ingate.wire.entra.errors import (
    EntraError,
    authorization_pending,
    device_code_declined,
    device_code_expired,
    device_code_unknown,
    grant_of_another_client,
    grant_revoked,
    parameter_missing,
    polling_too_fast,
)

from .grant_request import GrantRequest, grant_to_user, read_asked


async def grant_device_code(request: GrantRequest) -> Grant | EntraError:
    # The standard says `device_code`; version 1 said `code`, and MSAL sends both.
    text = request.form.get("device_code") or request.form.get("code")
    if text is None:
        return parameter_missing("device_code")
    sign_in = request.entra.device_sign_ins.find(text)
    if sign_in is None:
        return device_code_unknown()
    if sign_in.client_id != request.client.client_id:
        return grant_of_another_client()
    object_id = _decide(sign_in, request)
    if isinstance(object_id, EntraError):
        return object_id
    asked = read_asked(sign_in.resource_and_scopes, is_v2=sign_in.is_v2)
    if isinstance(asked, EntraError):
        return asked
    request.entra.device_sign_ins.remove(text)
    async with request.entra.plane.state.reading() as session:
        principal = await find_user(session, object_id)
    if principal is None or not request.segment.admits(principal.tenant_id):
        return grant_revoked()
    return await grant_to_user(request, principal, asked)


def _decide(sign_in: DeviceSignIn, request: GrantRequest) -> str | EntraError:
    """The object id of who approved it."""
    now = request.turn.time
    if sign_in.is_expired(now):
        return device_code_expired()
    if sign_in.state is DeviceState.DECLINED:
        return device_code_declined()
    if sign_in.state is DeviceState.APPROVED and sign_in.object_id is not None:
        return sign_in.object_id
    return authorization_pending() if note_poll(sign_in, now) else polling_too_fast()
