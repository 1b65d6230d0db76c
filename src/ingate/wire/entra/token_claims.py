"""The claims of Entra ID's tokens, in both versions.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .issuers import render_v1_issuer, render_v2_issuer

MOST_GROUPS = 200
"""In a token; whoever is in more has to be looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSubject:
    """Whom a token is about."""

    tenant_id: str
    object_id: str
    subject: str
    """`sub`: of people, different for each audience."""
    groups: frozenset[str] = frozenset()
    name: str = ""
    user_principal_name: str | None = None
    """Of people only."""
    caller_address: str = ""
    managed_resource_id: str | None = None
    """Of a managed identity: the resource that it belongs to, or itself."""

    @property
    def is_user(self) -> bool:
        return self.user_principal_name is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTerms:
    """For whom, by whose hand, from when until when."""

    audience: str
    client_id: str
    client_method: str
    """`appidacr`: 0 nothing, 1 a secret, 2 a key."""
    scopes: tuple[str, ...]
    """Of tokens about people."""
    begins: int
    ends: int
    """Seconds since 1970."""
    unique_id: str
    """`uti`."""
    opaque: str
    """What `aio` and `rh` are: nobody's business."""
    nonce: str | None = None
    methods: tuple[str, ...] = field(default=("pwd",))
    """`amr`: how a person proved who they are."""


def render_v1_access_claims(subject: TokenSubject, terms: TokenTerms) -> dict[str, Any]:
    issuer = render_v1_issuer(subject.tenant_id)
    claims = {
        **_render_shared(subject, terms, issuer),
        "appid": terms.client_id,
        "appidacr": terms.client_method,
        "ver": "1.0",
    }
    if not subject.is_user:
        return {**claims, "idp": issuer}
    return {
        **claims,
        "acr": "1",
        "amr": list(terms.methods),
        "ipaddr": subject.caller_address,
        "name": subject.name,
        "scp": " ".join(terms.scopes),
        "unique_name": subject.user_principal_name,
        "upn": subject.user_principal_name,
    }


def render_v2_access_claims(subject: TokenSubject, terms: TokenTerms) -> dict[str, Any]:
    claims = {
        **_render_shared(subject, terms, render_v2_issuer(subject.tenant_id)),
        "azp": terms.client_id,
        "azpacr": terms.client_method,
        "ver": "2.0",
    }
    if not subject.is_user:
        return claims
    return {
        **claims,
        "name": subject.name,
        "preferred_username": subject.user_principal_name,
        "scp": " ".join(terms.scopes),
    }


def _render_shared(subject: TokenSubject, terms: TokenTerms, issuer: str) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "aud": terms.audience,
        "iss": issuer,
        "iat": terms.begins,
        "nbf": terms.begins,
        "exp": terms.ends,
        "aio": terms.opaque,
        "idtyp": "user" if subject.is_user else "app",
        "oid": subject.object_id,
        "rh": f"1.{terms.opaque}.",
        "sub": subject.subject,
        "tid": subject.tenant_id,
        "uti": terms.unique_id,
        **_render_groups(subject),
    }
    if subject.managed_resource_id is not None:
        claims["xms_mirid"] = subject.managed_resource_id
    return claims


def _render_groups(subject: TokenSubject) -> dict[str, Any]:
    if not subject.groups:
        return {}
    if len(subject.groups) <= MOST_GROUPS:
        return {"groups": sorted(subject.groups)}
    kind = "users" if subject.is_user else "servicePrincipals"
    endpoint = f"https://graph.windows.net/{subject.tenant_id}/{kind}/{subject.object_id}/getMemberObjects"
    return {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": endpoint}}}


def render_id_claims(subject: TokenSubject, terms: TokenTerms, *, is_v2: bool) -> dict[str, Any]:
    """For the client itself: it is the audience."""
    issuer = (render_v2_issuer if is_v2 else render_v1_issuer)(subject.tenant_id)
    claims: dict[str, Any] = {
        "aud": terms.audience,
        "iss": issuer,
        "iat": terms.begins,
        "nbf": terms.begins,
        "exp": terms.ends,
        "name": subject.name,
        "oid": subject.object_id,
        "rh": f"1.{terms.opaque}.",
        "sub": subject.subject,
        "tid": subject.tenant_id,
        "uti": terms.unique_id,
        "ver": "2.0" if is_v2 else "1.0",
        **_name_user(subject, is_v2=is_v2),
    }
    return claims if terms.nonce is None else {**claims, "nonce": terms.nonce}


def _name_user(subject: TokenSubject, *, is_v2: bool) -> dict[str, Any]:
    names: Iterable[str] = ("preferred_username",) if is_v2 else ("upn", "unique_name")
    return dict.fromkeys(names, subject.user_principal_name)
