"""Authorization codes: made at the sign-in page, redeemed once by the client that asked for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

LIFETIME = timedelta(minutes=10)
_REMEMBERED = 10_000
"""Codes, redeemed ones among them. The oldest are forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """What a person agreed to."""

    object_id: str
    client_id: str
    redirect_uri: str
    challenge: str | None
    """`code_challenge`, by S256 (RFC 7636). None: the client is confidential and proves itself otherwise."""
    resource_and_scopes: str
    """The request's `scope` in version 2, its `resource` in version 1."""
    is_v2: bool
    nonce: str | None
    created_at: datetime


class CodeFault(Enum):
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REDEEMED = "redeemed"


class AuthorizationCodes:
    """Held by digest: a look into memory shows no code."""

    def __init__(self) -> None:
        self._codes: OrderedDict[str, AuthorizationCode | None] = OrderedDict()
        """None stands for one that was redeemed."""

    def put(self, text: str, code: AuthorizationCode) -> None:
        self._codes[_digest(text)] = code
        if len(self._codes) > _REMEMBERED:
            self._codes.popitem(last=False)

    def redeem(self, text: str, now: datetime) -> AuthorizationCode | CodeFault:
        """Whatever becomes of it afterwards, the code is used up."""
        key = _digest(text)
        if key not in self._codes:
            return CodeFault.UNKNOWN
        code, self._codes[key] = self._codes[key], None
        if code is None:
            return CodeFault.REDEEMED
        return CodeFault.EXPIRED if now >= code.created_at + LIFETIME else code


def fits_challenge(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(expected, challenge.encode())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
