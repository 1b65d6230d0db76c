"""Sets of JSON web keys (RFC 7517): ours as Microsoft publishes its own, and those of other issuers."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, cast

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedKey:
    """An RSA key of another issuer's. Others than RSA are not for RS256."""

    key_id: str | None
    modulus: str
    exponent: str
    issuer: str | None = None
    """The only one that it signs for, where the set says so as Microsoft's do; `{tenantid}` stands for any tenant."""


def render_key(
    *, key_id: str, certificate_der: bytes, modulus: str, exponent: str, issuer: str | None
) -> dict[str, str | list[str]]:
    """`modulus` and `exponent` in base64url. `issuer` is for the documents of v2."""
    key: dict[str, str | list[str]] = {
        "kty": "RSA",
        "use": "sig",
        "kid": key_id,
        "x5t": render_thumbprint(certificate_der),
        "n": modulus,
        "e": exponent,
        "x5c": [base64.b64encode(certificate_der).decode("ascii")],
        "cloud_instance_name": "microsoftonline.com",
    }
    return key if issuer is None else {**key, "issuer": issuer}


def render_thumbprint(certificate_der: bytes) -> str:
    """`x5t`: the name of a certificate, and no more than that (RFC 7515, section 4.1.7)."""
    return encode_base64url(sha1(certificate_der, usedforsecurity=False).digest())


def parse_keys(document: bytes) -> tuple[PublishedKey, ...] | None:
    """The RSA signature keys of a set. None for what is no set of keys."""
    try:
        keys = msgspec.json.decode(document, type=dict[str, Any]).get("keys")
    except (ValueError, RecursionError):
        return None
    if not isinstance(keys, list):
        return None
    parsed = [_parse_key(key) for key in cast("list[object]", keys)]
    return tuple(key for key in parsed if key is not None)


def _parse_key(key: object) -> PublishedKey | None:
    if not isinstance(key, dict):
        return None
    fields = cast("dict[str, object]", key)
    modulus, exponent, key_id, issuer = (fields.get(name) for name in ("n", "e", "kid", "issuer"))
    if fields.get("kty") != "RSA" or fields.get("use", "sig") != "sig":
        return None
    if not isinstance(modulus, str) or not isinstance(exponent, str):
        return None
    return PublishedKey(
        key_id=key_id if isinstance(key_id, str) else None,
        modulus=modulus,
        exponent=exponent,
        issuer=issuer if isinstance(issuer, str) else None,
    )


def encode_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
