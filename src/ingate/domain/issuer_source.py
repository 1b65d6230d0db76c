"""Other issuers of tokens that an operator trusts: what may be configured, and which keys of theirs count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ingate.wire.entra.issuers import AUTHORITY_HOST, render_issuers
from ingate.wire.entra.json_web_keys import PublishedKey

from .directory import TrustedIssuer, VerificationKey
from .naming import is_guid
from .upstream_rules import is_loopback_url

ISSUER_SOURCE_RULE = "a tenant's id (a GUID), or ISSUER=URL with the https URL of its JSON web keys"
LARGEST_KEY_SET = 64
"""Keys of one issuer that are kept. Microsoft publishes about ten."""

_ANY_TENANT = "{tenantid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSource:
    """Whose tokens are to be believed, and where their keys are."""

    issuers: tuple[str, ...]
    """As `iss` names them: a tenant of Entra ID has one for each version of its tokens."""
    tenant_id: str | None
    """What `tid` has to say, for a tenant of Entra ID."""
    keys_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerSourceInvalid:
    """The text is not repeated: it may be a pasted secret."""

    reason: str


def parse_issuer_source(text: str) -> IssuerSource | IssuerSourceInvalid:
    if is_guid(text):
        tenant_id = text.lower()
        return IssuerSource(
            issuers=render_issuers(tenant_id),
            tenant_id=tenant_id,
            keys_url=f"https://{AUTHORITY_HOST}/{tenant_id}/discovery/v2.0/keys",
        )
    issuer, _, url = text.partition("=")
    if not issuer.strip() or not _is_usable(url.strip()):
        return IssuerSourceInvalid(reason=f"must be {ISSUER_SOURCE_RULE}")
    return IssuerSource(issuers=(issuer.strip(),), tenant_id=None, keys_url=url.strip())


def _is_usable(url: str) -> bool:
    """Whoever can change the keys on their way signs every token, so they come over https, or never leave this
    machine."""
    try:
        parts = urlsplit(url)
        if not parts.hostname or "@" in parts.netloc or parts.port == 0:
            return False
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback_url(url))


def choose_keys(source: IssuerSource, published: Iterable[PublishedKey]) -> tuple[VerificationKey, ...]:
    """Those that a token can name and, of a tenant of Entra ID, that sign for this tenant: Microsoft's document also
    holds keys that are for other kinds of accounts only, and says so."""
    chosen = [
        VerificationKey(key_id=key.key_id, modulus=key.modulus, exponent=key.exponent)
        for key in published
        if key.key_id and _signs_for(key.issuer, source)
    ]
    return tuple(chosen[:LARGEST_KEY_SET])


def _signs_for(issuer: str | None, source: IssuerSource) -> bool:
    if issuer is None or source.tenant_id is None:
        return True
    return issuer.replace(_ANY_TENANT, source.tenant_id) in source.issuers


def render_trusted_issuers(source: IssuerSource, keys: tuple[VerificationKey, ...]) -> tuple[TrustedIssuer, ...]:
    return tuple(TrustedIssuer(issuer=issuer, tenant_id=source.tenant_id, keys=keys) for issuer in source.issuers)
