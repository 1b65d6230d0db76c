"""JSON web tokens in their compact form (RFC 7519, RFC 7515): taken apart, and believed by nobody yet."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import msgspec

LONGEST_TOKEN = 16 * 1024
"""Bytes. Entra's tokens have some 1,500; with every group that fits, 6,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonWebToken:
    """What a token says of itself, unverified."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    """What the signature is over: header and claims as they were sent."""
    signature: bytes


def parse_json_web_token(token: bytes) -> JsonWebToken | None:
    """None for what is no signed token in compact form."""
    if len(token) > LONGEST_TOKEN or token.count(b".") != 2:
        return None
    signed, _, signature = token.rpartition(b".")
    header, _, claims = signed.partition(b".")
    try:
        return JsonWebToken(
            header=msgspec.json.decode(decode_base64url(header), type=dict[str, Any]),
            claims=msgspec.json.decode(decode_base64url(claims), type=dict[str, Any]),
            signed=signed,
            signature=decode_base64url(signature),
        )
    except (ValueError, RecursionError):
        return None


def decode_base64url(text: bytes) -> bytes:
    """Without padding, as RFC 7515 has it. Raises ValueError."""
    if b"=" in text:
        raise ValueError("padded")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
