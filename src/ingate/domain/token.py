"""Access tokens: whether to believe one, and what it then says.

The rules are RFC 8725's (pinned algorithm, issuer and audience compared exactly, a key found only among the issuer's
own) and Microsoft's for its claims: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeGuard, cast

from ingate.wire.entra.json_web_token import JsonWebToken

from .directory import TrustedIssuer, VerificationKey

CLOCK_SKEW = 60.0
"""Seconds that an issuer's clock may be ahead of ours. A token's end is kept to the second."""

DATA_AUDIENCES = frozenset({"https://cognitiveservices.azure.com", "https://ai.azure.com"})
"""Without their trailing slashes, with which a token may name them as well."""

_ALGORITHM = "RS256"
_LATEST = 2.0**53
"""Of a time; later ones are no numbers of seconds."""

Verify = Callable[[JsonWebToken, VerificationKey], bool]


class TokenFault(Enum):
    """Why a token is not believed. For logs and tests: callers are told no more than that it is not."""

    MALFORMED = "not a signed token"
    ALGORITHM = "another algorithm than RS256"
    ISSUER = "an issuer that is not trusted"
    KEY = "a key that its issuer does not have"
    SIGNATURE = "a signature that does not fit"
    AUDIENCE = "meant for somebody else"
    TENANT = "of another tenant than its issuer's"
    EXPIRED = "expired"
    NOT_YET_VALID = "not valid yet"
    PRINCIPAL = "of nobody in particular"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """What a believed token says."""

    object_id: str
    """`oid`: whom it was issued to."""
    tenant_id: str
    client_id: str | None
    """The application that asked for it."""
    audience: str
    name: str
    """For people: a user's name, or the application's id."""
    is_user: bool
    groups: tuple[str, ...]
    """Object ids of the groups that the token names; a token may leave them out. None of Ingate's own tokens: who is
    in which of its groups is in its directory, and may have changed since."""
    expires_at: float
    """Seconds since 1970."""
    is_own: bool = False
    """Whether Ingate issued it: only then are the object ids those of its own principals."""


def decide_token(
    token: JsonWebToken | None,
    *,
    issuers: Collection[TrustedIssuer],
    audiences: Collection[str],
    now: float,
    verify: Verify,
) -> TokenClaims | TokenFault:
    """`audiences` without trailing slashes; `now` in seconds since 1970; `verify` checks one signature."""
    if token is None:
        return TokenFault.MALFORMED
    if token.header.get("alg") != _ALGORITHM or "crit" in token.header:
        return TokenFault.ALGORITHM
    claims = token.claims
    issuer = next((entry for entry in issuers if entry.issuer == claims.get("iss")), None)
    if issuer is None:
        return TokenFault.ISSUER
    key = next((entry for entry in issuer.keys if entry.key_id == token.header.get("kid")), None)
    if key is None:
        return TokenFault.KEY
    if not verify(token, key):
        return TokenFault.SIGNATURE
    tenant_id = _get_text(claims, "tid")
    if not _speaks_for(issuer, tenant_id.lower(), issuers):
        return TokenFault.TENANT
    audience = _get_text(claims, "aud")
    if audience.rstrip("/") not in audiences:
        return TokenFault.AUDIENCE
    return _decide_lifetime(claims, now) or _read_claims(claims, issuer, tenant_id, audience)


def _speaks_for(issuer: TrustedIssuer, tenant_id: str, issuers: Collection[TrustedIssuer]) -> bool:
    """For its own tenant, where it has one; for a tenant of Ingate's, Ingate alone."""
    if issuer.tenant_id is not None:
        return tenant_id == issuer.tenant_id.lower()
    return not any(entry.is_own and entry.tenant_id == tenant_id for entry in issuers)


def _decide_lifetime(claims: dict[str, Any], now: float) -> TokenFault | None:
    expires_at, begins_at = claims.get("exp"), claims.get("nbf", 0)
    if not _is_time(expires_at) or not _is_time(begins_at):
        return TokenFault.MALFORMED
    if now >= expires_at:
        return TokenFault.EXPIRED
    return TokenFault.NOT_YET_VALID if begins_at > now + CLOCK_SKEW else None


def _read_claims(
    claims: dict[str, Any], issuer: TrustedIssuer, tenant_id: str, audience: str
) -> TokenClaims | TokenFault:
    object_id = _get_text(claims, "oid").lower()
    if not object_id:
        return TokenFault.PRINCIPAL
    client_id = (_get_text(claims, "appid") or _get_text(claims, "azp")).lower() or None
    groups = None if issuer.is_own else claims.get("groups")
    listed = cast("list[object]", groups) if isinstance(groups, list) else []
    name = _get_text(claims, "upn") or _get_text(claims, "preferred_username") or _get_text(claims, "name")
    return TokenClaims(
        object_id=object_id,
        tenant_id=tenant_id.lower(),
        client_id=client_id,
        audience=audience,
        name=name or client_id or object_id,
        is_user=claims.get("idtyp") == "user" or "scp" in claims,
        groups=tuple(group.lower() for group in listed if isinstance(group, str)),
        expires_at=float(claims["exp"]),
        is_own=issuer.is_own,
    )


def _is_time(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LATEST


def _get_text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
