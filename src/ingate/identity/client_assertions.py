"""Assertions that an application signs with the key of its own certificate (`private_key_jwt`, RFC 7523).

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import binascii
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeGuard, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from ingate.domain.principal import ClientCertificate
from ingate.wire.entra.errors import (
    EntraError,
    assertion_audience_wrong,
    assertion_client_wrong,
    assertion_out_of_time,
    assertion_signature_wrong,
)
from ingate.wire.entra.issuers import AUTHORITY_HOST, render_issuers
from ingate.wire.entra.json_web_keys import encode_base64url
from ingate.wire.entra.json_web_token import JsonWebToken
from ingate.wire.entra.signature import SMALLEST_KEY_BITS

ALGORITHMS = ("RS256", "PS256")
CLOCK_SKEW = timedelta(minutes=5)
LONGEST_VALIDITY = timedelta(hours=24)
"""Entra sets no bound. Its clients make assertions for 10 minutes, and send each several times: MSAL for Python keeps
one for 9 minutes, so a `jti` that was seen before is no sign of theft."""


def check_client_assertion(
    assertion: str,
    token: JsonWebToken,
    *,
    client_id: str,
    certificates: Iterable[ClientCertificate],
    audiences: Collection[str],
    now: datetime,
) -> EntraError | None:
    """`token` is the assertion taken apart. None: the application itself made it, for us."""
    name = _get_certificate_name(token.header)
    certificate = next((entry for entry in certificates if name in _list_names(entry)), None)
    if certificate is None:
        return assertion_signature_wrong("The key was not found.", name)
    if certificate.expires_at <= now:
        return assertion_signature_wrong("The certificate has expired.", name)
    if not _is_signed_by(assertion, certificate):
        return assertion_signature_wrong("The provided signature value did not match the expected one.", name)
    if str(token.claims.get("sub", "")).lower() != client_id:
        return assertion_client_wrong()
    if not names_audience(token.claims, audiences):
        return assertion_audience_wrong()
    return check_times(token.claims, now, longest=LONGEST_VALIDITY)


def list_assertion_audiences(authority: str, tenant_segment: str, tenant_id: str | None) -> frozenset[str]:
    """What an assertion for us may name: the token endpoint, of either version, by the host that the client used or
    by Microsoft's, or the tenant's issuer."""
    tenants = {tenant_segment, tenant_segment.lower(), tenant_id or tenant_segment}
    hosts = {authority, f"https://{AUTHORITY_HOST}"}
    endpoints = {
        f"{host}/{tenant}{path}"
        for host in hosts
        for tenant in tenants
        for path in ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/", "")
    }
    return frozenset(endpoints | (set(render_issuers(tenant_id)) if tenant_id else set()))


def names_audience(claims: dict[str, Any], audiences: Collection[str]) -> bool:
    audience = claims.get("aud")
    if isinstance(audience, str):
        return audience in audiences
    return isinstance(audience, list) and any(entry in audiences for entry in cast("list[object]", audience))


def check_times(claims: dict[str, Any], now: datetime, *, longest: timedelta | None = None) -> EntraError | None:
    """`exp` is demanded; `nbf` is obeyed. `longest` bounds how far ahead the end may be."""
    ends, begins, present = claims.get("exp"), claims.get("nbf", 0), now.timestamp()
    skew = CLOCK_SKEW.total_seconds()
    if not _is_time(ends) or not _is_time(begins) or ends <= present - skew or begins > present + skew:
        return assertion_out_of_time(now)
    if longest is not None and ends > present + longest.total_seconds() + skew:
        return assertion_out_of_time(now)
    return None


def _is_time(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _get_certificate_name(header: dict[str, Any]) -> str:
    for parameter in ("x5t#S256", "x5t", "kid"):
        name = header.get(parameter)
        if isinstance(name, str) and name:
            # MSAL for Python writes the padding that the standard leaves out.
            return name.rstrip("=")
    return ""


def _list_names(certificate: ClientCertificate) -> set[str]:
    """Every way to write its thumbprints: base64url as the standard says, hex as Entra's own `kid` has it."""
    names: set[str] = set()
    for thumbprint in (certificate.thumbprint_sha1, certificate.thumbprint_sha256):
        digest = binascii.unhexlify(thumbprint)
        names |= {encode_base64url(digest), digest.hex(), digest.hex().upper()}
    return names


def _is_signed_by(assertion: str, certificate: ClientCertificate) -> bool:
    key = x509.load_pem_x509_certificate(certificate.certificate_pem.encode("ascii")).public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
        return False
    try:
        PyJWS().decode(assertion, key, algorithms=list(ALGORITHMS))
    except (PyJWTError, ValueError):
        return False
    return True
