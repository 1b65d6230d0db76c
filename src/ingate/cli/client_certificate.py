"""A client's certificate and its key: the assertions that prove it (RFC 7523), and new ones.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .failure import CommandFailed
from .private_file import write_private_file

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME = 600
"""Seconds; what Microsoft's clients use."""


def read_certificate(path: Path) -> str:
    """The first certificate in a PEM file, as PEM; its key stays where it is. Ends the command when there is none."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return _load_certificate(_read(path), path).public_bytes(Encoding.PEM).decode("ascii")


def make_assertion(path: Path, *, client_id: str, audience: str, now: float) -> str:
    """Signed with the key in the PEM file at `path`, for the token endpoint `audience`."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    content = _read(path)
    key, certificate = _load_key(content, path), _load_certificate(content, path)
    thumbprint = certificate.fingerprint(hashes.SHA256())
    sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303 - a name for the certificate, no protection
    header = {"alg": "RS256", "typ": "JWT", "x5t": _encode(sha1), "x5t#S256": _encode(thumbprint)}
    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": secrets.token_urlsafe(16),
        "nbf": int(now),
        "exp": int(now) + ASSERTION_LIFETIME,
    }
    signed = f"{_encode_json(header)}.{_encode_json(claims)}"
    return f"{signed}.{_encode(key.sign(signed.encode('ascii'), PKCS1v15(), hashes.SHA256()))}"


def create_certificate(path: Path, *, name: str, days: int, now: float) -> str:
    """Writes a new key and a self-signed certificate to `path`, readable by its owner alone; gives back the
    certificate as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    begins = datetime.fromtimestamp(int(now), UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=subject, subject_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = certificate.public_bytes(Encoding.PEM)
    write_private_file(path, private + public)
    return public.decode("ascii")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror or type(error).__name__}") from error


def _load_certificate(content: bytes, path: Path) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError as error:
        raise CommandFailed(f"{path} holds no certificate in PEM format.") from error


def _load_key(content: bytes, path: Path) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(_cut_private_key(content), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CommandFailed(f"{path} holds no private key in PEM format without a password.") from error
    if not isinstance(key, RSAPrivateKey):
        raise CommandFailed(f"{path} holds a key that is not RSA.")
    return key


def _cut_private_key(content: bytes) -> bytes:
    """The file has the certificate as well, in any order."""
    blocks = content.split(b"-----BEGIN ")
    return b"".join(
        b"-----BEGIN " + block for block in blocks[1:] if b"PRIVATE KEY-----" in block.partition(b"\n")[0]
    )


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _encode_json(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode("utf-8"))
