"""Every sign-in, and every one that failed, in the control plane's audit trail."""

from __future__ import annotations

from ingate.domain.audit import AuditEvent
from ingate.domain.naming import is_guid
from ingate.domain.principal import Principal
from ingate.domain.state import StateSession
from ingate.wire.entra.errors import EntraError

from .entra import Entra
from .issuing import Grant
from .turn import Turn

SIGN_IN_ACTION = "Ingate.Identity/signIns/action"

_NO_OUTCOME = frozenset({"authorization_pending", "slow_down"})
"""A device that still waits: nothing has happened yet."""


async def note_sign_in(entra: Entra, turn: Turn, grant: Grant, *, way: str) -> None:
    """`way` is the grant, or the kind of endpoint."""
    event = AuditEvent(
        event_id=entra.plane.new_id(),
        time=turn.time,
        action=SIGN_IN_ACTION,
        target_id=grant.principal.object_id,
        actor_id=grant.principal.object_id,
        actor_name=_name(grant.principal),
        caller_address=turn.caller_address,
        correlation_id=turn.correlation_id,
        result="succeeded",
        status=200,
        detail=f"{way} {grant.audience.value} by {grant.client_id}",
    )
    async with entra.plane.state.writing() as session:
        await session.audit.append_event(event)


async def note_refusal(
    entra: Entra, turn: Turn, error: EntraError, *, way: str, client_id: str = "", user_name: str = ""
) -> None:
    """Nobody is known to have done it, so nobody is its actor; it was done to whoever was named."""
    if error.error in _NO_OUTCOME:
        return
    async with entra.plane.state.writing() as session:
        principal = await _find_named(session, client_id, user_name)
        remark = (entra.anonymous_refusals if principal is None else entra.refusals).admit(turn.time)
        if remark is None:
            return
        event = AuditEvent(
            event_id=entra.plane.new_id(),
            time=turn.time,
            action=SIGN_IN_ACTION,
            target_id="" if principal is None else principal.object_id,
            actor_id="",
            actor_name="",
            caller_address=turn.caller_address,
            correlation_id=turn.correlation_id,
            result="refused",
            status=error.status,
            detail=_describe(error, way, client_id) + remark,
        )
        await session.audit.append_event(event)


async def _find_named(session: StateSession, client_id: str, user_name: str) -> Principal | None:
    """What nobody is called is not written down: people type passwords into the wrong field."""
    if user_name:
        return await session.principals.get_principal_by_user_principal_name(user_name)
    return await session.principals.get_principal_by_client_id(client_id) if client_id else None


def _describe(error: EntraError, way: str, client_id: str) -> str:
    parts = [f"AADSTS{error.number}", way, f"by {client_id}" if is_guid(client_id) else ""]
    return " ".join(part for part in parts if part)


def _name(principal: Principal) -> str:
    return principal.user_principal_name or principal.name
