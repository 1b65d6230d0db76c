"""Bodies of principals: what may be said of which kind, and how they are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from ingate.domain.naming import fold_name, is_guid
from ingate.domain.principal import PRINCIPAL_KINDS, RESERVED_CLIENT_IDS, Principal, PrincipalKind
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_time

from .directory_refusals import PrincipalInvalid
from .refusals import NameInvalid, PropertyImmutable

PRINCIPAL_TYPE = "Ingate.Identity/principals"
PRINCIPALS_PATH = f"/providers/{PRINCIPAL_TYPE}"

LONGEST_PASSWORD = 256
SHORTEST_PASSWORD = 8
MOST_REDIRECT_URIS = 100
NAME_RULE = (
    "1 to 120 letters, digits, spaces and -_.@(), beginning with a letter or digit, ending with one of those, an "
    "underscore or a parenthesis, and not a GUID"
)

_NAME = re.compile(r"[^\W_]([\w .@()-]{0,118}[\w)])?")
_USER_NAME = re.compile(r"[A-Za-z0-9._!#^~'+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*", re.ASCII)


class PrincipalProperties(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    kind: str | None = None
    display_name: str | None = None
    user_principal_name: str | None = None
    password: str | None = None
    redirect_uris: list[str] | None = None
    enabled: bool | None = None
    object_id: str | None = None
    client_id: str | None = None
    # Shown, and so sent back by whoever changes what was shown.
    tenant_id: str | None = None
    created_date_time: str | None = None
    resource_id: str | None = None


class PrincipalBody(msgspec.Struct):
    properties: PrincipalProperties


PrincipalFault = NameInvalid | PrincipalInvalid | PropertyImmutable


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIds:
    """For what a new principal's creator left open."""

    object_id: str
    client_id: str


def decide_principal(
    name: str,
    properties: PrincipalProperties,
    existing: Principal | None,
    *,
    tenant_id: str,
    new_ids: NewIds,
    now: datetime,
) -> Principal | PrincipalFault:
    """What is left out stays as it is, or gets its default."""
    fault = (
        _find_fault_in_name(name, existing)
        or _find_fault_in_kind(properties, existing)
        or _find_change(properties, existing)
    )
    if fault is not None:
        return fault
    kind = existing.kind if existing is not None else _parse_kind(properties.kind)
    fault = _find_misfit(kind, properties) or _find_fault_in_values(kind, properties, existing)
    if fault is not None:
        return fault
    uris = properties.redirect_uris
    given_name = properties.user_principal_name
    return Principal(
        object_id=existing.object_id if existing else (properties.object_id or new_ids.object_id).lower(),
        tenant_id=existing.tenant_id if existing else tenant_id,
        kind=kind,
        name=existing.name if existing else name,
        created_at=existing.created_at if existing else now,
        is_enabled=properties.enabled if properties.enabled is not None else existing is None or existing.is_enabled,
        client_id=_decide_client_id(kind, properties, existing, new_ids),
        user_principal_name=given_name or (existing.user_principal_name if existing else None),
        resource_id=existing.resource_id if existing else None,
        redirect_uris=tuple(uris) if uris is not None else existing.redirect_uris if existing else (),
    )


def _decide_client_id(
    kind: PrincipalKind, properties: PrincipalProperties, existing: Principal | None, new_ids: NewIds
) -> str | None:
    if existing is not None:
        return existing.client_id
    if kind not in {"application", "managed-identity"}:
        return None
    return (properties.client_id or new_ids.client_id).lower()


def _parse_kind(text: str | None) -> PrincipalKind:
    return next(kind for kind in PRINCIPAL_KINDS if kind == (text or "").lower())


def _find_fault_in_name(name: str, existing: Principal | None) -> NameInvalid | None:
    if existing is not None or (_NAME.fullmatch(name) is not None and not is_guid(name)):
        return None
    return NameInvalid(noun="principal", name=name, rule=NAME_RULE)


def _find_fault_in_kind(properties: PrincipalProperties, existing: Principal | None) -> PrincipalFault | None:
    if properties.kind is None:
        return None if existing is not None else PrincipalInvalid(member="kind", reason="is required")
    if properties.kind.lower() not in PRINCIPAL_KINDS:
        return PrincipalInvalid(member="kind", reason=f"must be one of {', '.join(PRINCIPAL_KINDS)}")
    if existing is not None and properties.kind.lower() != existing.kind:
        return PropertyImmutable(name="properties.kind")
    return None


def _find_change(properties: PrincipalProperties, existing: Principal | None) -> PropertyImmutable | None:
    """Ids stay what they are."""
    if existing is None:
        return None
    for member, given, actual in (
        ("objectId", properties.object_id, existing.object_id),
        ("clientId", properties.client_id, existing.client_id),
    ):
        if given is not None and given.lower() != actual:
            return PropertyImmutable(name=f"properties.{member}")
    return None


def _find_misfit(kind: PrincipalKind, properties: PrincipalProperties) -> PrincipalInvalid | None:
    """Members that principals of this kind do not have."""
    of_users = (("userPrincipalName", properties.user_principal_name), ("password", properties.password))
    of_clients = (("clientId", properties.client_id),)
    of_applications = (("redirectUris", properties.redirect_uris or None),)
    wrong = [
        member
        for members, kinds in (
            (of_users, {"user"}),
            (of_clients, {"application", "managed-identity"}),
            (of_applications, {"application"}),
        )
        for member, value in members
        if value is not None and kind not in kinds
    ]
    return PrincipalInvalid(member=wrong[0], reason=f"is not a member of a {kind}") if wrong else None


def _find_fault_in_values(
    kind: PrincipalKind, properties: PrincipalProperties, existing: Principal | None
) -> PrincipalInvalid | None:
    for member, value in (("objectId", properties.object_id), ("clientId", properties.client_id)):
        if value is not None and not is_guid(value):
            return PrincipalInvalid(member=member, reason="must be a GUID")
    if existing is None and (properties.client_id or "").lower() in RESERVED_CLIENT_IDS:
        return PrincipalInvalid(member="clientId", reason="is that of an application of Microsoft's")
    name = properties.user_principal_name
    if kind == "user" and existing is None and name is None:
        return PrincipalInvalid(member="userPrincipalName", reason="is required")
    if name is not None and (len(name) > 113 or _USER_NAME.fullmatch(name) is None):
        return PrincipalInvalid(member="userPrincipalName", reason="must be a name and a domain, ada@example.com")
    password = properties.password
    if password is not None and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        reason = f"must be {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        return PrincipalInvalid(member="password", reason=reason)
    uris = properties.redirect_uris or []
    if len(uris) > MOST_REDIRECT_URIS or not all(is_redirect_uri(uri) for uri in uris):
        reason = f"must be at most {MOST_REDIRECT_URIS} https URLs, or http ones of localhost, without a fragment"
        return PrincipalInvalid(member="redirectUris", reason=reason)
    return None


def is_redirect_uri(text: str) -> bool:
    """Where a code for signing in may be sent to: nowhere that others could listen."""
    if len(text) > 256 or not text.isascii() or not text.isprintable() or any(c in text for c in " \\#*"):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    is_local = fold_name(host) in {"localhost", "127.0.0.1", "::1"}
    return parts.scheme == "https" or (parts.scheme == "http" and is_local)


def render_principal(principal: Principal) -> JsonObject:
    properties: JsonObject = {
        "objectId": principal.object_id,
        "tenantId": principal.tenant_id,
        "clientId": principal.client_id,
        "kind": principal.kind,
        "displayName": principal.name,
        "userPrincipalName": principal.user_principal_name,
        "enabled": principal.is_enabled,
        "redirectUris": list(principal.redirect_uris),
        "createdDateTime": render_time(principal.created_at),
    }
    if principal.resource_id is not None:
        properties["resourceId"] = principal.resource_id
    return {
        "id": f"{PRINCIPALS_PATH}/{principal.name}",
        "name": principal.name,
        "type": PRINCIPAL_TYPE,
        "properties": properties,
    }
