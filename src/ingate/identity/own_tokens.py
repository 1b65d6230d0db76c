"""Tokens that were issued here and come back."""

from __future__ import annotations

from collections.abc import Collection

from ingate.domain.directory import TrustedIssuer, VerificationKey
from ingate.domain.token import TokenClaims, TokenFault, decide_token
from ingate.wire.entra.issuers import render_issuers
from ingate.wire.entra.json_web_token import JsonWebToken, parse_json_web_token
from ingate.wire.entra.signature import verify_rs256

from .entra import Entra
from .signing_keys import get_public_half, list_published
from .turn import Turn


async def decide_own_token(
    entra: Entra, turn: Turn, token: str, audiences: Collection[str]
) -> TokenClaims | TokenFault:
    async with entra.plane.state.reading() as session:
        keys = list_published(await session.signing_keys.list_signing_keys(), turn.time)
        tenants = await session.tenants.list_tenants()
    public = tuple(get_public_half(key).key for key in keys)
    issuers = [
        TrustedIssuer(issuer=issuer, tenant_id=tenant.tenant_id, keys=public)
        for tenant in tenants
        for issuer in render_issuers(tenant.tenant_id)
    ]
    return decide_token(
        parse_json_web_token(token.encode()),
        issuers=issuers,
        audiences=audiences,
        now=turn.time.timestamp(),
        verify=_verify,
    )


def _verify(token: JsonWebToken, key: VerificationKey) -> bool:
    return verify_rs256(token.signed, token.signature, modulus=key.modulus, exponent=key.exponent)
