"""Why somebody is not let in, or may not do something. Values that know no HTTP, like those in `refusals.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMissing:
    """No bearer token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWrong:
    """Neither the administrator's token nor one that an issuer signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExpired:
    expired_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenNotYetValid:
    """Its issuer's clock is ahead of ours, or ours is behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAudienceWrong:
    """It was issued for something else than this API."""

    audience: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTenantWrong:
    """Its issuer is not trusted, or speaks for another tenant."""

    issuer: str
    """As the token says it."""
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalUnusable:
    """Whoever the token was issued to was deleted or disabled since."""

    object_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAuthorized:
    """No role of the caller's grants it."""

    client: str
    object_id: str
    action: str
    scope: str


AuthenticationRefusal: TypeAlias = (
    TokenMissing
    | TokenWrong
    | TokenExpired
    | TokenNotYetValid
    | TokenAudienceWrong
    | TokenTenantWrong
    | PrincipalUnusable
)
AccessRefusal: TypeAlias = AuthenticationRefusal | NotAuthorized
