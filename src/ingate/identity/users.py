"""People: their passwords, and whether they may still sign in."""

from __future__ import annotations

from ingate.domain.naming import fold_name
from ingate.domain.principal import Principal
from ingate.domain.state import StateSession
from ingate.domain.subscription import Tenant
from ingate.wire.entra.errors import (
    EntraError,
    service_busy,
    sign_in_locked,
    tenant_not_found,
    user_credentials_wrong,
    user_disabled,
)

from .entra import Entra
from .secret_checks import Busy
from .tenants import TenantSegment
from .turn import Turn


async def authenticate_user(
    entra: Entra, turn: Turn, segment: TenantSegment, user_name: str, password: str
) -> Principal | EntraError:
    """A name that nobody has is refused like a wrong password, in the same time, and locked like one, too."""
    async with entra.plane.state.reading() as session:
        principal = await session.principals.get_principal_by_user_principal_name(user_name)
        if principal is not None and (principal.kind != "user" or not segment.admits(principal.tenant_id)):
            principal = None
        password_hash = None if principal is None else await session.principals.get_password_hash(principal.object_id)
    attempts_key = f"user {fold_name(user_name)}"
    if entra.attempts.is_locked(attempts_key, turn.time):
        return sign_in_locked()
    found = await entra.secret_checks.find(password, [password_hash] if password_hash is not None else [])
    if isinstance(found, Busy):
        return service_busy()
    if entra.attempts.is_locked(attempts_key, turn.time):
        # Others who tried at the same time: the right password does not count among them either.
        return sign_in_locked()
    if principal is None or found is None:
        entra.attempts.note_failure(attempts_key, turn.time)
        return user_credentials_wrong()
    entra.attempts.note_success(attempts_key)
    # Only who knows the password learns that it would have been the right one.
    return principal if principal.is_enabled else user_disabled()


async def find_user(session: StateSession, object_id: str) -> Principal | None:
    """A person who signed in earlier, if they may still."""
    principal = await session.principals.get_principal(object_id)
    if principal is None or principal.kind != "user" or not principal.is_enabled:
        return None
    return principal


async def find_home(session: StateSession, principal: Principal) -> Tenant | EntraError:
    tenant = await session.tenants.get_tenant(principal.tenant_id)
    return tenant_not_found(principal.tenant_id) if tenant is None else tenant
