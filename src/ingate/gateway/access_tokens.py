"""Access tokens that callers present: each is checked once, and then known by its digest while it is good."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256

from ingate.domain.directory import TrustedIssuer, VerificationKey
from ingate.domain.token import DATA_AUDIENCES, TokenClaims, TokenFault, decide_token
from ingate.wire.entra.json_web_token import JsonWebToken, parse_json_web_token
from ingate.wire.entra.signature import verify_rs256

KNOWN_LIMIT = 4096
"""Tokens that are remembered; those that were not seen for longest are forgotten first."""


class AccessTokens:
    """Of one revision of the directory: with the next one, issuers or their keys may be gone, and so is what was
    remembered."""

    __slots__ = ("_issuers", "_known")

    def __init__(self, issuers: tuple[TrustedIssuer, ...]) -> None:
        self._issuers = issuers
        self._known: OrderedDict[bytes, TokenClaims] = OrderedDict()

    def decide(self, token: bytes, now: float) -> TokenClaims | TokenFault:
        """`now` in seconds since 1970. Only good tokens are remembered: others cannot push them out."""
        digest = sha256(token).digest()
        known = self._known.get(digest)
        if known is None:
            return self._check(token, digest, now)
        if now >= known.expires_at:
            del self._known[digest]
            return TokenFault.EXPIRED
        self._known.move_to_end(digest)
        return known

    def _check(self, token: bytes, digest: bytes, now: float) -> TokenClaims | TokenFault:
        decided = decide_token(
            parse_json_web_token(token), issuers=self._issuers, audiences=DATA_AUDIENCES, now=now, verify=_verify
        )
        if isinstance(decided, TokenClaims):
            self._known[digest] = decided
            if len(self._known) > KNOWN_LIMIT:
                self._known.popitem(last=False)
        return decided


def _verify(token: JsonWebToken, key: VerificationKey) -> bool:
    return verify_rs256(token.signed, token.signature, modulus=key.modulus, exponent=key.exponent)
