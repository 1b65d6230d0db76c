"""Tokens of other issuers that an application presents as its own: workload identity federation.

https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ingate.domain.principal import FederatedCredential
from ingate.wire.entra.errors import (
    EntraError,
    assertion_signature_wrong,
    federated_audience_unknown,
    federated_issuer_unknown,
    federated_keys_unavailable,
    federated_subject_unknown,
)
from ingate.wire.entra.json_web_keys import PublishedKey, parse_keys
from ingate.wire.entra.json_web_token import JsonWebToken
from ingate.wire.entra.signature import ALGORITHM, verify_rs256

from .client_assertions import check_times, names_audience

FRESH = timedelta(hours=1)
"""How long an issuer's keys are believed to be all of them."""
RETRY = timedelta(minutes=1)
"""How long until an issuer is asked again that did not answer, or about a key that it did not have."""
_LARGEST_FILE = 1024 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    keys: tuple[PublishedKey, ...]
    at: datetime


class IssuerKeys:
    """Other issuers' keys, fetched when they are first needed and kept for a while."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes | None]]) -> None:
        self._fetch = fetch
        self._kept: dict[str, _Kept] = {}
        self._failed: dict[str, datetime] = {}
        self._turn = asyncio.Lock()

    async def find(
        self, credential: FederatedCredential, key_id: object, now: datetime
    ) -> Sequence[PublishedKey] | None:
        """The keys of that name, none or several. None: the issuer's keys are not to be had."""
        if credential.jwks_file is not None:
            keys = await asyncio.to_thread(_read_keys, Path(credential.jwks_file))
        else:
            keys = await self._get(credential.issuer, key_id, now)
        return None if keys is None else _select(keys, key_id)

    async def _get(self, issuer: str, key_id: object, now: datetime) -> tuple[PublishedKey, ...] | None:
        async with self._turn:
            kept = self._kept.get(issuer)
            if kept is not None and now - kept.at < (FRESH if _select(kept.keys, key_id) else RETRY):
                return kept.keys
            failed_at = self._failed.get(issuer)
            if failed_at is not None and now - failed_at < RETRY:
                return None if kept is None else kept.keys
            fetched = await self._fetch_keys(issuer)
            if fetched is None:
                self._failed[issuer] = now
                return None if kept is None else kept.keys
            self._kept[issuer] = _Kept(keys=fetched, at=now)
            return fetched

    async def _fetch_keys(self, issuer: str) -> tuple[PublishedKey, ...] | None:
        document = await self._fetch_allowed(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        address = _get_keys_address(document, issuer)
        if address is not None and _is_here(address) and not _is_here(issuer):
            # Somebody else's document must not send us to what only this machine can reach.
            address = None
        answer = None if address is None else await self._fetch_allowed(address)
        return None if answer is None else parse_keys(answer)

    async def _fetch_allowed(self, url: str) -> bytes | None:
        """https, or plain http to this machine."""
        try:
            parts = urlsplit(url)
            allowed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        except ValueError:
            return None
        return await self._fetch(url) if allowed else None


def _is_here(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


async def check_federated_assertion(
    token: JsonWebToken, credentials: Iterable[FederatedCredential], keys: IssuerKeys, now: datetime
) -> EntraError | None:
    """None: one of the application's federated credentials fits, and the token is its issuer's."""
    credential = _find_credential(token.claims, credentials)
    if isinstance(credential, EntraError):
        return credential
    key_id = token.header.get("kid")
    candidates = await keys.find(credential, key_id, now)
    if candidates is None:
        return federated_keys_unavailable(credential.issuer)
    name = key_id if isinstance(key_id, str) else ""
    if not candidates:
        return assertion_signature_wrong("The key was not found.", name)
    if not _is_signed_by_one(token, candidates):
        return assertion_signature_wrong("The provided signature value did not match the expected one.", name)
    return check_times(token.claims, now)


def _find_credential(
    claims: dict[str, Any], credentials: Iterable[FederatedCredential]
) -> FederatedCredential | EntraError:
    """Issuer, audience and subject are compared character by character, as Entra does since 2024."""
    issuer, subject = str(claims.get("iss", "")), str(claims.get("sub", ""))
    of_issuer = [entry for entry in credentials if entry.issuer == issuer]
    if not of_issuer:
        return federated_issuer_unknown(issuer)
    for_us = [entry for entry in of_issuer if names_audience(claims, entry.audiences)]
    if not for_us:
        return federated_audience_unknown(str(claims.get("aud", "")))
    found = next((entry for entry in for_us if entry.subject == subject), None)
    return federated_subject_unknown(subject) if found is None else found


def _is_signed_by_one(token: JsonWebToken, keys: Iterable[PublishedKey]) -> bool:
    if token.header.get("alg") != ALGORITHM or "crit" in token.header:
        return False
    return any(
        verify_rs256(token.signed, token.signature, modulus=key.modulus, exponent=key.exponent) for key in keys
    )


def _select(keys: Sequence[PublishedKey], key_id: object) -> tuple[PublishedKey, ...]:
    """A token that names no key is tried with each of its issuer's."""
    return tuple(key for key in keys if key_id is None or key.key_id == key_id)


def _get_keys_address(document: bytes | None, issuer: str) -> str | None:
    if document is None:
        return None
    try:
        configuration = msgspec.json.decode(document, type=dict[str, Any])
    except (ValueError, RecursionError):
        return None
    address = configuration.get("jwks_uri")
    return address if configuration.get("issuer") == issuer and isinstance(address, str) else None


def _read_keys(path: Path) -> tuple[PublishedKey, ...] | None:
    try:
        with path.open("rb") as file:
            return parse_keys(file.read(_LARGEST_FILE))
    except OSError:
        return None
