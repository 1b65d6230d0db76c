"""Issues tokens: the step that every grant ends in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import jwt
import msgspec

from ingate.domain.principal import Principal
from ingate.domain.signing_key import SigningKey
from ingate.wire.entra.json_web_keys import encode_base64url
from ingate.wire.entra.signature import ALGORITHM
from ingate.wire.entra.token_claims import (
    TokenSubject,
    TokenTerms,
    render_id_claims,
    render_v1_access_claims,
    render_v2_access_claims,
)

from .audiences import Audience
from .client_authentication import ClientMethod
from .entra import Entra
from .refresh_tokens import RefreshTokens, make_stamp
from .signing_keys import load_private_key
from .turn import Turn

SHORTEST_LIFETIME = timedelta(minutes=60)
LONGEST_LIFETIME = timedelta(minutes=90)
BACKDATING = timedelta(minutes=5)
"""How long before now a token begins, for resources whose clock is behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What was decided: who gets a token for what, asked for by whom."""

    principal: Principal
    client_id: str
    client_method: ClientMethod
    audience: Audience
    scopes: tuple[str, ...] = ()
    """Granted ones, of tokens about people."""
    openid: frozenset[str] = frozenset()
    nonce: str | None = None

    @property
    def is_user(self) -> bool:
        return self.principal.kind == "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTokens:
    grant: Grant
    issued_at: datetime
    begins_at: datetime
    expires_at: datetime
    access_token: str
    refresh_token: str | None = None
    id_token: str | None = None

    @property
    def expires_in(self) -> int:
        """Seconds. One less than it is, as Entra says it, for the answer's way."""
        return int((self.expires_at - self.issued_at).total_seconds()) - 1


async def issue_tokens(entra: Entra, turn: Turn, grant: Grant, *, is_v2: bool) -> IssuedTokens:
    """`is_v2` is the endpoint's version; an access token's is its audience's."""
    key = await entra.key_ring.choose()
    password_hash = None
    async with entra.plane.state.reading() as session:
        groups = await session.principals.list_groups(grant.principal.object_id)
        if grant.is_user:
            password_hash = await session.principals.get_password_hash(grant.principal.object_id)
    now = turn.time.replace(microsecond=0)
    begins_at, expires_at = now - BACKDATING, now + _choose_lifetime(entra.plane.random_bytes(2))
    subject = _describe_subject(turn, grant, groups)
    terms = TokenTerms(
        audience=grant.audience.value,
        client_id=grant.client_id,
        client_method=grant.client_method,
        scopes=grant.scopes,
        begins=int(begins_at.timestamp()),
        ends=int(expires_at.timestamp()),
        unique_id=encode_base64url(entra.plane.random_bytes(16)),
        opaque=encode_base64url(entra.plane.random_bytes(24)),
        nonce=grant.nonce,
    )
    render = render_v2_access_claims if grant.audience.is_application else render_v1_access_claims
    refresh_token = id_token = None
    if grant.is_user:
        id_token = _sign_id_token(grant, subject, terms, key, is_v2=is_v2)
        stamp = make_stamp(grant.principal, password_hash)
        refresh_token = RefreshTokens(entra.plane.sealer).make(grant, stamp=stamp, now=now, is_v2=is_v2)
    return IssuedTokens(
        grant=grant,
        issued_at=now,
        begins_at=begins_at,
        expires_at=expires_at,
        access_token=sign(render(subject, terms), key),
        refresh_token=refresh_token,
        id_token=id_token,
    )


def sign(claims: dict[str, Any], key: SigningKey) -> str:
    headers = {"kid": key.key_id, "x5t": key.key_id}
    return jwt.encode(claims, load_private_key(key.private_key_pem), algorithm=ALGORITHM, headers=headers)


def render_tokens_v2(tokens: IssuedTokens, *, with_client_info: bool) -> dict[str, object]:
    document: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "ext_expires_in": tokens.expires_in,
        "access_token": tokens.access_token,
    }
    if not tokens.grant.is_user:
        return document
    resource = tokens.grant.audience.resource
    openid = sorted(tokens.grant.openid - {"offline_access"})
    # `.default` is named as well, or MSAL would not find the token in its cache again.
    scopes = [f"{resource}/{name}" for name in (*tokens.grant.scopes, ".default")]
    document["scope"] = " ".join([*openid, *scopes])
    return {**document, **_render_users_part(tokens, with_client_info=with_client_info)}


def render_tokens_v1(tokens: IssuedTokens, *, with_client_info: bool) -> dict[str, object]:
    """Numbers are strings in version 1."""
    document: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": str(tokens.expires_in),
        "ext_expires_in": str(tokens.expires_in),
        "expires_on": str(int(tokens.expires_at.timestamp())),
        "not_before": str(int(tokens.begins_at.timestamp())),
        "resource": tokens.grant.audience.value,
        "access_token": tokens.access_token,
    }
    if not tokens.grant.is_user:
        return document
    document["scope"] = " ".join(tokens.grant.scopes)
    return {**document, **_render_users_part(tokens, with_client_info=with_client_info)}


def _render_users_part(tokens: IssuedTokens, *, with_client_info: bool) -> dict[str, object]:
    part: dict[str, object] = {}
    if tokens.refresh_token is not None:
        part["refresh_token"] = tokens.refresh_token
    if tokens.id_token is not None:
        part["id_token"] = tokens.id_token
    if with_client_info:
        principal = tokens.grant.principal
        info = msgspec.json.encode({"uid": principal.object_id, "utid": principal.tenant_id})
        part["client_info"] = encode_base64url(info)
    return part


def _sign_id_token(grant: Grant, subject: TokenSubject, terms: TokenTerms, key: SigningKey, *, is_v2: bool) -> str:
    for_client = replace(subject, subject=_make_pairwise(subject.object_id, grant.client_id))
    own = replace(terms, audience=grant.client_id)
    return sign(render_id_claims(for_client, own, is_v2=is_v2), key)


def _describe_subject(turn: Turn, grant: Grant, groups: frozenset[str]) -> TokenSubject:
    principal = grant.principal
    is_managed = principal.kind == "managed-identity"
    return TokenSubject(
        tenant_id=principal.tenant_id,
        object_id=principal.object_id,
        subject=_make_pairwise(principal.object_id, grant.audience.value) if grant.is_user else principal.object_id,
        groups=groups,
        name=principal.name,
        user_principal_name=(principal.user_principal_name or principal.name) if grant.is_user else None,
        caller_address=turn.caller_address,
        managed_resource_id=principal.resource_id if is_managed else None,
    )


def _make_pairwise(object_id: str, audience: str) -> str:
    """The same person is somebody else to each audience, always the same one (OpenID Connect Core, section 8.1)."""
    return encode_base64url(hashlib.sha256(f"{object_id} {audience.rstrip('/')}".encode()).digest())


def _choose_lifetime(randomness: bytes) -> timedelta:
    """Spread, so that clients that started together do not all come back together."""
    span = int((LONGEST_LIFETIME - SHORTEST_LIFETIME).total_seconds())
    return SHORTEST_LIFETIME + timedelta(seconds=int.from_bytes(randomness, "big") % (span + 1))
