"""Who calls: by one of a resource's API keys, or by an Entra ID access token and the roles of whom it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from ingate.domain.key import KeyNumber, decide_key_number
from ingate.domain.refusal import KeysDisabled, PermissionDenied, Refusal, Unauthenticated
from ingate.domain.token import TokenClaims, TokenFault

if TYPE_CHECKING:
    from ingate.domain.directory import DirectoryResource

    from .access_tokens import AccessTokens
    from .head import RequestHead


class Identity(NamedTuple):
    """A caller who is let in."""

    authentication: Literal["key", "token"]
    key_number: KeyNumber | None = None
    principal_id: str | None = None
    valid_until: float | None = None
    """Seconds since 1970; None for as long as the directory says so."""


_BY_KEY: dict[KeyNumber, Identity] = {1: Identity("key", 1), 2: Identity("key", 2)}


def decide_identity(
    head: RequestHead, resource: DirectoryResource, tokens: AccessTokens, wall_clock: Callable[[], float]
) -> Identity | Refusal:
    """A key in a header of its own goes before `Authorization`, whatever that holds. There, what has two
    dots or more is meant for a JSON Web Token, and anything else for a key."""
    key = head.api_key if head.api_key is not None else head.x_api_key
    if key is None:
        if head.authorization is None:
            return Unauthenticated(presented="nothing")
        key = _get_bearer(head.authorization)
        if key is None:
            return Unauthenticated(presented="token", fault=TokenFault.MALFORMED)
        if key.count(b".") >= 2:
            return _decide_principal(tokens.decide(key, wall_clock()), resource)
    if not resource.allows_keys:
        return KeysDisabled()
    if head.x_api_key is not None and head.x_api_key != key:
        return Unauthenticated(presented="key")
    number = decide_key_number(key, resource.key_digests)
    return Unauthenticated(presented="key") if number is None else _BY_KEY[number]


def _get_bearer(authorization: bytes) -> bytes | None:
    scheme, _, token = authorization.partition(b" ")
    return token.strip() or None if scheme.lower() == b"bearer" else None


def _decide_principal(claims: TokenClaims | TokenFault, resource: DirectoryResource) -> Identity | Refusal:
    if isinstance(claims, TokenFault):
        return Unauthenticated(presented="token", fault=claims)
    # A trusted tenant speaks for its own principals: an object id of ours in its tokens names nobody.
    callers = resource.callers if claims.is_own else resource.foreign_callers
    if claims.object_id not in callers and callers.isdisjoint(claims.groups):
        return PermissionDenied(principal_id=claims.object_id)
    return Identity("token", principal_id=claims.object_id, valid_until=claims.expires_at)
