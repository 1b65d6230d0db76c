"""Signing keys: made at the first start, followed by a new one in time, and forgotten when nothing that they signed
can be valid any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from ingate.domain.directory import VerificationKey
from ingate.domain.signing_key import SigningKey
from ingate.wire.entra.json_web_keys import encode_base64url, render_thumbprint

from .identity_plane import IdentityPlane

LIFETIME = timedelta(days=90)
RENEWAL = timedelta(days=7)
"""How long before a key's end the next one is made."""
SPREADING = timedelta(seconds=10)
"""How long a new key waits before it signs: gateways look for it several times a second."""
LONGEST_TOKEN = timedelta(hours=2)
"""More than any token's lifetime: how long a key is published after it has signed for the last time."""
_KEY_BITS = 2048


async def seed_identity(plane: IdentityPlane) -> None:
    """Sees to it that there is a key to sign with, and publishes it. For the start, before the first request."""
    await KeyRing(plane).choose()


async def rotate_signing_key(plane: IdentityPlane) -> SigningKey:
    """A new key, which takes over in a few seconds. What the old ones signed stays valid until its own end."""
    return await KeyRing(plane).rotate()


class KeyRing:
    """The keys of one Ingate."""

    def __init__(self, plane: IdentityPlane) -> None:
        self._plane = plane
        self._turn = asyncio.Lock()

    async def choose(self) -> SigningKey:
        """The key to sign with now. Makes the next one when its time has come."""
        async with self._plane.state.reading() as session:
            keys = await session.signing_keys.list_signing_keys()
        if needs_renewal(keys, self._plane.clock()):
            async with self._turn:
                keys = await self._renew()
        chosen = choose_key(keys, self._plane.clock())
        if chosen is None:
            raise LookupError("no signing key, though one was made just now")
        return chosen

    async def rotate(self) -> SigningKey:
        async with self._turn:
            key = await asyncio.to_thread(make_signing_key, self._plane.clock())
            await self._add(key)
            return key

    async def _renew(self) -> list[SigningKey]:
        async with self._plane.state.reading() as session:
            keys = await session.signing_keys.list_signing_keys()
        if not needs_renewal(keys, self._plane.clock()):
            return keys
        key = await asyncio.to_thread(make_signing_key, self._plane.clock())
        await self._add(key)
        return [key, *keys]

    async def _add(self, key: SigningKey) -> None:
        """The older keys sign until the new one has spread, and no longer."""
        handover = key.created_at + SPREADING
        async with self._plane.changing() as session:
            for older in await session.signing_keys.list_signing_keys():
                if older.retire_at + LONGEST_TOKEN <= key.created_at:
                    await session.signing_keys.delete_signing_key(older.key_id)
                elif older.retire_at > handover:
                    await session.signing_keys.put_signing_key(replace(older, retire_at=handover))
            await session.signing_keys.put_signing_key(key)


def needs_renewal(keys: Sequence[SigningKey], now: datetime) -> bool:
    return all(key.retire_at - now <= RENEWAL for key in keys)


def choose_key(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The newest that has had the time to spread; where there is no such key, the oldest."""
    usable = sorted((key for key in keys if now < key.retire_at), key=lambda key: key.created_at)
    spread = [key for key in usable if key.created_at + SPREADING <= now]
    return spread[-1] if spread else next(iter(usable), None)


def list_published(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Those whose signatures somebody may still have to check."""
    return [key for key in keys if now < key.retire_at + LONGEST_TOKEN]


def make_signing_key(now: datetime) -> SigningKey:
    """With a certificate of its own, as Microsoft's keys have one. Takes a fraction of a second: call it in a
    thread."""
    private_key = generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.accesscontrol.windows.net")])
    retire_at = now + LIFETIME
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(retire_at + LONGEST_TOKEN)
        .sign(private_key, hashes.SHA256())
    )
    return SigningKey(
        key_id=render_thumbprint(certificate.public_bytes(Encoding.DER)),
        private_key_pem=private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"),
        certificate_pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        created_at=now,
        retire_at=retire_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicHalf:
    key: VerificationKey
    certificate_der: bytes


@lru_cache(maxsize=64)
def get_public_half(key: SigningKey) -> PublicHalf:
    certificate = x509.load_pem_x509_certificate(key.certificate_pem.encode("ascii"))
    public_key = certificate.public_key()
    if not isinstance(public_key, RSAPublicKey):
        raise TypeError(f"the signing key {key.key_id} is not an RSA key")
    numbers = public_key.public_numbers()
    return PublicHalf(
        key=VerificationKey(key_id=key.key_id, modulus=_encode(numbers.n), exponent=_encode(numbers.e)),
        certificate_der=certificate.public_bytes(Encoding.DER),
    )


@lru_cache(maxsize=8)
def load_private_key(private_key_pem: str) -> RSAPrivateKey:
    """Kept, because reading and checking one takes longer than signing with it."""
    private_key = load_pem_private_key(private_key_pem.encode("ascii"), password=None)
    if not isinstance(private_key, RSAPrivateKey):
        raise TypeError("a signing key that is not an RSA key")
    return private_key


def _encode(number: int) -> str:
    return encode_base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
