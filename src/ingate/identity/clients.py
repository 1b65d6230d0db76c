"""Clients: the applications that ask for tokens. Microsoft's own public ones are known in every tenant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ingate.domain.naming import is_guid
from ingate.domain.principal import Credential, Principal
from ingate.domain.state import StateSession
from ingate.wire.entra.errors import EntraError, client_disabled, client_not_found, parameter_missing

from .tenants import TenantSegment, find_tenant

WELL_KNOWN_CLIENTS: Mapping[str, str] = MappingProxyType(
    {
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
        "1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
        "aebc6443-996d-45c2-90f0-388ff96faa56": "Visual Studio Code",
    }
)
"""azure-identity signs developers in as the first, unless it is told otherwise."""

_LOOPBACK = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(/[^#\\\s]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    client_id: str
    name: str
    principal: Principal | None
    """None for Microsoft's own."""
    credentials: tuple[Credential, ...]

    @property
    def is_public(self) -> bool:
        """It has nothing to prove itself with, and so may only bring somebody who signs in. An application that was
        given a credential has to use it; a managed identity brings nobody."""
        is_application = self.principal is None or self.principal.kind == "application"
        return is_application and not self.credentials

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        if self.principal is None:
            return ("http://localhost", "http://127.0.0.1")
        return self.principal.redirect_uris


async def find_asking_client(
    session: StateSession, tenant: str, client_id: str | None
) -> tuple[TenantSegment, Client] | EntraError:
    """Who asks at a tenant's endpoint: the tenant of the path, then the client that the request has to name."""
    segment = await find_tenant(session, tenant)
    if isinstance(segment, EntraError):
        return segment
    if client_id is None:
        return parameter_missing("client_id")
    client = await find_client(session, client_id, segment)
    return client if isinstance(client, EntraError) else (segment, client)


async def find_client(session: StateSession, client_id: str, segment: TenantSegment) -> Client | EntraError:
    key = client_id.lower()
    if key in WELL_KNOWN_CLIENTS:
        return Client(client_id=key, name=WELL_KNOWN_CLIENTS[key], principal=None, credentials=())
    principal = await session.principals.get_principal_by_client_id(key) if is_guid(key) else None
    if principal is None or not segment.admits(principal.tenant_id):
        return client_not_found(client_id, segment.described)
    if not principal.is_enabled:
        return client_disabled(key, principal.name)
    credentials = await session.principals.list_credentials(principal.object_id)
    return Client(client_id=key, name=principal.name, principal=principal, credentials=tuple(credentials))


def is_redirect_uri(client: Client, given: str) -> bool:
    """Character by character, but for the port of loopback addresses, which programs choose when they run (RFC 8252,
    section 7.3). `http://localhost` alone stands for any path as well."""
    return any(_fits(registered, given) for registered in client.redirect_uris)


def _fits(registered: str, given: str) -> bool:
    if registered == given:
        return "#" not in given
    ours, theirs = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(given)
    if ours is None or theirs is None or ours[2] is not None or ours[1] != theirs[1]:
        return False
    return ours[3] is None or ours[3] == theirs[3]
