"""Seals secrets for the disk: AES-256-GCM under a key file that only its owner may read.

What is sealed is bound to what it belongs to, so that no row can be passed off as another's.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingate.domain.key import ApiKey, KeyPair

from .faults import StoreUnusable
from .private_file import write_private_file

_NONCE_BYTES = 12
_KEY_BYTES = 32
_SEPARATOR = b"\0"


class KeySealer:
    """Encrypts and decrypts."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def seal(self, resource_id_folded: str, keys: KeyPair) -> bytes:
        return self.seal_bytes(resource_id_folded, _SEPARATOR.join((keys.key1.encode(), keys.key2.encode())))

    def unseal(self, resource_id_folded: str, sealed: bytes) -> KeyPair:
        """Raises StoreUnusable when it was sealed under another key file, or for another resource."""
        key1, key2 = self.unseal_bytes(resource_id_folded, sealed).split(_SEPARATOR)
        return KeyPair(key1=ApiKey(key1.decode()), key2=ApiKey(key2.decode()))

    def seal_bytes(self, owner: str, content: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, owner.encode())

    def unseal_bytes(self, owner: str, sealed: bytes) -> bytes:
        """Raises StoreUnusable when it was sealed under another key file, or for another owner."""
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, content, owner.encode())
        except InvalidTag as error:
            raise StoreUnusable(
                "the secrets in the database were not encrypted with this ingate.key; restore the key file that "
                "belongs to the database"
            ) from error


def open_sealer(path: Path, *, database_has_keys: bool) -> KeySealer:
    """With the key file at `path`; a new one when nothing was encrypted yet. Raises StoreUnusable."""
    try:
        return KeySealer(_read_key_file(path))
    except FileNotFoundError:
        if database_has_keys:
            raise StoreUnusable(
                f"{path} is missing, and the database holds API keys that only it can decrypt; restore the file"
            ) from None
        return KeySealer(_create_key_file(path))


def _read_key_file(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise StoreUnusable(
                f"{path} may be read by others (mode {mode:04o}); make it private with: chmod 600 {path}"
            )
        return _parse_key(path, file.read(1024))


def _parse_key(path: Path, content: bytes) -> bytes:
    try:
        secret = base64.b64decode(content.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise StoreUnusable(f"{path} is not a key file of Ingate's; restore the one that belongs to the database")
    return secret


def _create_key_file(path: Path) -> bytes:
    secret = AESGCM.generate_key(bit_length=_KEY_BYTES * 8)
    write_private_file(path, base64.b64encode(secret) + b"\n")
    return secret
