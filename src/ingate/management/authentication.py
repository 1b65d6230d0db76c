"""Who a bearer token belongs to: the local administrator, or a principal that a trusted issuer signed a token for."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingate.domain.change import LOCAL_ADMINISTRATOR, Actor, IdentityType
from ingate.domain.directory import TrustedIssuer, VerificationKey
from ingate.domain.principal import Principal, PrincipalKind
from ingate.domain.state import StateSession
from ingate.domain.token import TokenClaims, TokenFault, decide_token
from ingate.wire.entra.json_web_token import JsonWebToken, parse_json_web_token
from ingate.wire.entra.signature import verify_rs256

from .access_refusals import (
    AuthenticationRefusal,
    PrincipalUnusable,
    TokenAudienceWrong,
    TokenExpired,
    TokenNotYetValid,
    TokenTenantWrong,
    TokenWrong,
)
from .access_rules import UNLIMITED, Access, AccessRules

MANAGEMENT_AUDIENCES = (
    "https://management.core.windows.net",
    "https://management.azure.com",
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
)
"""Of Resource Manager: its two names, each with or without a slash at its end, and its application's id."""
GRAPH_AUDIENCES = ("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000")
LOG_AUDIENCES = (
    "https://api.loganalytics.io",
    "https://api.loganalytics.azure.com",
    "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5",
)
"""Of Log Analytics: its two names, and its application's id."""
METRICS_AUDIENCES = ("https://metrics.monitor.azure.com",)
"""Of Azure Monitor's metrics of several resources."""

MOST_TOKENS = 1024
"""Verified ones that are remembered. One takes some 2 KiB."""
_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    actor: Actor
    object_id: str
    """Empty for the administrator."""
    access: Access


ADMINISTRATOR = Caller(actor=LOCAL_ADMINISTRATOR, object_id="", access=UNLIMITED)
SCRAPER = Caller(actor=Actor(name="metrics.token", type="Key"), object_id="", access=UNLIMITED)
"""Whoever has the token that serves for /metrics, and for nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    claims: TokenClaims
    issuer: str


def is_secret(given: bytes, secret: str) -> bool:
    """An empty secret is nobody's."""
    return bool(secret) and hmac.compare_digest(given, secret.encode())


class TokenVerifier:
    """Checks tokens, each one's signature once. What it remembers is forgotten with the token's end, and with every
    change of whom to trust; the key to it is a digest, so that no token stays in memory."""

    def __init__(self, admin_token: str) -> None:
        """Raises ValueError for an empty token."""
        if not admin_token.strip():
            raise ValueError("an empty administrator token would let everybody in")
        self._admin_token = admin_token.strip().encode()
        self._issuers: tuple[TrustedIssuer, ...] = ()
        self._verified: OrderedDict[tuple[bytes, Sequence[str]], VerifiedToken] = OrderedDict()

    def is_administrators(self, token: bytes) -> bool:
        return hmac.compare_digest(token, self._admin_token)

    def verify(
        self, token: bytes, *, issuers: tuple[TrustedIssuer, ...], audiences: tuple[str, ...], now: datetime
    ) -> VerifiedToken | AuthenticationRefusal:
        """`issuers`: Ingate's own first."""
        if issuers != self._issuers:
            self._verified.clear()
            self._issuers = issuers
        key = (hashlib.sha256(token).digest(), audiences)
        known = self._verified.get(key)
        if known is not None and now.timestamp() < known.claims.expires_at:
            self._verified.move_to_end(key)
            return known
        self._verified.pop(key, None)
        verified = _verify(token, issuers, audiences, now)
        if isinstance(verified, VerifiedToken):
            self._verified[key] = verified
            if len(self._verified) > MOST_TOKENS:
                self._verified.popitem(last=False)
        return verified


def _verify(
    encoded: bytes, issuers: tuple[TrustedIssuer, ...], audiences: tuple[str, ...], now: datetime
) -> VerifiedToken | AuthenticationRefusal:
    token = parse_json_web_token(encoded)
    decided = decide_token(token, issuers=issuers, audiences=audiences, now=now.timestamp(), verify=_verify_signature)
    if token is None:
        return TokenWrong()
    if isinstance(decided, TokenClaims):
        return VerifiedToken(claims=decided, issuer=str(token.claims["iss"]))
    return _explain(decided, token, issuers, audiences, now)


def _verify_signature(token: JsonWebToken, key: VerificationKey) -> bool:
    return verify_rs256(token.signed, token.signature, modulus=key.modulus, exponent=key.exponent)


def _explain(
    fault: TokenFault,
    token: JsonWebToken,
    issuers: tuple[TrustedIssuer, ...],
    audiences: Collection[str],
    now: datetime,
) -> AuthenticationRefusal:
    match fault:
        case TokenFault.EXPIRED:
            return TokenExpired(expired_at=_parse_time(token.claims["exp"], now), now=now.astimezone(UTC))
        case TokenFault.NOT_YET_VALID:
            return TokenNotYetValid()
        case TokenFault.AUDIENCE:
            urls = (audience for audience in audiences if "://" in audience)
            allowed = tuple(entry for url in urls for entry in (f"{url}/", url))
            return TokenAudienceWrong(audience=_shorten(token.claims.get("aud")), allowed=allowed)
        case TokenFault.ISSUER | TokenFault.TENANT:
            expected = issuers[0].issuer if issuers else ""
            return TokenTenantWrong(issuer=_shorten(token.claims.get("iss")), expected=expected)
        case _:
            return TokenWrong()


def _parse_time(seconds: float, now: datetime) -> datetime:
    """A time before ours that no calendar has is shown as ours."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return now.astimezone(UTC)


def _shorten(value: object) -> str:
    return value[:_LONGEST_SHOWN] if isinstance(value, str) else ""


async def identify(
    session: StateSession, verified: VerifiedToken, rules: AccessRules
) -> Caller | PrincipalUnusable | TokenTenantWrong:
    """Looked up for every request: a principal that is disabled or deleted has lost its tokens."""
    claims = verified.claims
    principal = await session.principals.get_principal(claims.object_id)
    if verified.issuer in {issuer.issuer for issuer in rules.issuers}:
        if principal is None or not principal.is_enabled or principal.tenant_id != claims.tenant_id:
            return PrincipalUnusable(object_id=claims.object_id)
        groups = await session.principals.list_groups(claims.object_id)
        return _make_caller(claims, principal, groups, rules)
    # Somebody else's word is not taken for anybody of ours, neither for the tenant nor for a principal in it.
    if await session.tenants.get_tenant(claims.tenant_id) is not None or principal is not None:
        return TokenTenantWrong(issuer=verified.issuer, expected=rules.issuers[0].issuer if rules.issuers else "")
    assigned = {assignment.principal_id for assignment in rules.assignments}
    groups = [
        group
        for group in claims.groups
        if group in assigned and await session.principals.get_principal(group) is None
    ]
    return _make_caller(claims, None, groups, rules)


def _make_caller(
    claims: TokenClaims, principal: Principal | None, groups: Collection[str], rules: AccessRules
) -> Caller:
    name = (
        claims.name if principal is None else principal.user_principal_name or principal.client_id or principal.name
    )
    kind: PrincipalKind | None = principal.kind if principal is not None else None
    return Caller(
        actor=Actor(name=name, type=_find_type(kind, is_user=claims.is_user)),
        object_id=claims.object_id,
        access=Access(
            is_of_our_tenant=principal is not None,
            principal_ids=frozenset({claims.object_id, *groups}),
            roles=rules.roles,
            assignments=rules.assignments,
        ),
    )


def _find_type(kind: PrincipalKind | None, *, is_user: bool) -> IdentityType:
    if kind == "managed-identity":
        return "ManagedIdentity"
    return "User" if kind == "user" or (kind is None and is_user) else "Application"
