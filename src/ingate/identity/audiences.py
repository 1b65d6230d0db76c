"""What tokens may be asked for: Azure's own services that Ingate stands in for, and applications of the tenant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingate.domain.naming import is_guid
from ingate.domain.state import StateSession
from ingate.domain.subscription import Tenant
from ingate.wire.entra.errors import (
    EntraError,
    resource_not_found,
    scope_invalid,
    scope_not_default,
    scope_of_several_resources,
    scope_unknown,
)

GRAPH = "https://graph.microsoft.com"
"""Whose scopes are meant when a scope names no resource."""
FIRST_PARTY = frozenset(
    {
        "https://cognitiveservices.azure.com",
        "https://ai.azure.com",
        "https://management.core.windows.net",
        "https://management.azure.com",
        GRAPH,
        "https://graph.windows.net",
        "https://api.loganalytics.io",
        "https://api.loganalytics.azure.com",
        "https://monitor.azure.com",
        "https://metrics.monitor.azure.com",
    }
)
"""Without their trailing slashes, with which they may be asked for as well."""
OPENID_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT = ".default"
IMPERSONATION = "user_impersonation"

_LOOPBACK = re.compile(r"https://(localhost|127\.0\.0\.1|\[::1\]):[0-9]{1,5}")
"""Ingate's own address, which azure-cli takes for Microsoft Graph's where a cloud is registered by it. Management
believes such a token only if it names the very address that it is presented to; but whoever presents one says what
that address is, so tokens are not made for other programs on this machine."""
_SCOPE_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
LONGEST_SCOPE = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRequest:
    """A `scope`, taken apart."""

    resource: str
    """As it was written, without `/.default` or another scope's name."""
    names: tuple[str, ...]
    openid: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who a token is for."""

    value: str
    """`aud`."""
    resource: str
    """As it was asked for; the answer's scopes begin with it."""
    is_application: bool
    """Applications get tokens of version 2, Azure's services of version 1."""


def parse_scope(text: str) -> ScopeRequest | EntraError:
    """Scopes of one resource, and OpenID's. Without a resource's, Microsoft Graph is meant."""
    if len(text) > LONGEST_SCOPE:
        return scope_invalid(text)
    openid: set[str] = set()
    names: list[str] = []
    resources: set[str] = set()
    for scope in text.split():
        if scope.lower() in OPENID_SCOPES:
            openid.add(scope.lower())
            continue
        # azure-cli asks for `https://management.core.windows.net//.default`: the slash is the resource's own.
        resource, slash, name = scope.rpartition("/")
        if not _SCOPE_NAME.fullmatch(name) or (slash and not resource):
            return scope_invalid(scope)
        resources.add(resource or GRAPH)
        names.append(name)
    if len(resources) > 1:
        return scope_of_several_resources(text)
    if not names and not openid:
        return scope_invalid(text)
    return ScopeRequest(
        resource=next(iter(resources), GRAPH), names=tuple(names) or (DEFAULT,), openid=frozenset(openid)
    )


def parse_default_scope(text: str) -> ScopeRequest | EntraError:
    """Of an application that asks for itself: what it was given, all of it, and nothing else."""
    request = parse_scope(text)
    if isinstance(request, EntraError):
        return request
    if not text.strip().endswith("/" + DEFAULT) or request.names != (DEFAULT,):
        return scope_not_default(text)
    return request


async def find_audience(
    session: StateSession, tenant: Tenant, resource: str, *, authority: str | None = ""
) -> Audience | EntraError:
    """`authority` is the address at which the client asks: of addresses on this machine, the only one that is ours.
    None: it asked where that cannot be told, and any may be."""
    bare = resource.rstrip("/").lower()
    if bare in FIRST_PARTY or _is_own_address(bare, authority):
        value = bare + ("/" if resource.endswith("/") else "")
        return Audience(value=value, resource=resource, is_application=False)
    client_id = bare.removeprefix("api://")
    principal = await session.principals.get_principal_by_client_id(client_id) if is_guid(client_id) else None
    if principal is None or principal.tenant_id != tenant.tenant_id or not principal.is_enabled:
        return resource_not_found(resource, tenant.display_name)
    return Audience(value=client_id, resource=resource, is_application=True)


def _is_own_address(bare: str, authority: str | None) -> bool:
    return _LOOPBACK.fullmatch(bare) is not None and (authority is None or bare == authority.lower())


def decide_user_scopes(names: tuple[str, ...], audience: Audience) -> tuple[str, ...] | EntraError:
    """What a token for a person says in `scp`. Ingate keeps no list of the scopes that applications define, and asks
    nobody for consent: an application's scopes are granted as asked, those of Azure's services are what they are."""
    bare = audience.value.rstrip("/")
    default = "User.Read" if bare == GRAPH else IMPERSONATION
    granted = tuple(dict.fromkeys(default if name == DEFAULT else name for name in names))
    if audience.is_application:
        return granted
    for name in granted:
        known = name == default or (bare == GRAPH and "." in name.strip("."))
        if not known:
            return scope_unknown(name, audience.resource)
    return granted
