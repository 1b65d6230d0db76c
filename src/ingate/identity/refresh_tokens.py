"""Refresh tokens: sealed, so that nothing has to be kept about them, and good until what they rest on changes.

As with Entra, using one does not end it; each use gives a new one.
https://learn.microsoft.com/entra/identity-platform/refresh-tokens
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from ingate.domain.principal import Principal
from ingate.wire.entra.json_web_keys import encode_base64url
from ingate.wire.entra.json_web_token import decode_base64url

from .audiences import Audience
from .client_authentication import ClientMethod
from .identity_plane import GrantSealer

LIFETIME = timedelta(days=90)
"""Since it was last used."""
_OWNER = "refresh-token"
_PREFIX = "1."


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    object_id: str
    client_id: str
    resource: str
    """What it was first asked for, which is meant when a client does not say."""
    scopes: tuple[str, ...]
    openid: tuple[str, ...]
    issued_at: int
    """Seconds since 1970."""
    stamp: str
    """Of what it rests on."""
    is_proved: bool = False
    """Whether the client had proved itself. It has to from then on, also when it has nothing left to do it with."""


class RefreshableGrant(Protocol):
    """A grant, as far as a refresh token repeats it."""

    @property
    def principal(self) -> Principal: ...
    @property
    def client_id(self) -> str: ...
    @property
    def audience(self) -> Audience: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def openid(self) -> frozenset[str]: ...
    @property
    def client_method(self) -> ClientMethod: ...


class RefreshTokens:
    def __init__(self, sealer: GrantSealer) -> None:
        self._sealer = sealer

    def make(self, grant: RefreshableGrant, *, stamp: str, now: datetime, is_v2: bool) -> str | None:
        """Version 2 gives one only to those who asked for `offline_access`; version 1 gives one to everybody."""
        if is_v2 and "offline_access" not in grant.openid:
            return None
        content = RefreshToken(
            object_id=grant.principal.object_id,
            client_id=grant.client_id,
            resource=grant.audience.resource,
            scopes=grant.scopes,
            openid=tuple(sorted(grant.openid)),
            issued_at=int(now.timestamp()),
            stamp=stamp,
            is_proved=grant.client_method != "0",
        )
        return _PREFIX + encode_base64url(self._sealer.seal(_OWNER, msgspec.json.encode(content)))

    def open(self, text: str) -> RefreshToken | None:
        """None for what is none of ours."""
        if not text.startswith(_PREFIX) or not text.isascii():
            return None
        try:
            sealed = decode_base64url(text.removeprefix(_PREFIX).encode())
            content = self._sealer.unseal(_OWNER, sealed)
            return None if content is None else msgspec.json.decode(content, type=RefreshToken)
        except (ValueError, binascii.Error):
            return None


def is_expired(token: RefreshToken, now: datetime) -> bool:
    return now.timestamp() >= token.issued_at + LIFETIME.total_seconds()


def make_stamp(principal: Principal, password_hash: str | None) -> str:
    """Changes with the password, and with the principal itself, should another one get its object id."""
    basis = f"{principal.object_id} {principal.created_at.isoformat()} {password_hash}"
    return hashlib.sha256(basis.encode()).hexdigest()
