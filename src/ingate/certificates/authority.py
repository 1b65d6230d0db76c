"""A certificate authority of this machine alone: made once, its private key readable by its owner only.

Whoever trusts it trusts it for Azure's host names and loopback, and for nothing else: the certificate says so in its
name constraints (RFC 5280, section 4.2.1.10), which clients check.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_FILE = "ca.pem"
AUTHORITY_KEY_FILE = "ca.key"

LIFETIME = timedelta(days=3650)
SERVER_LIFETIME = timedelta(days=397)
"""Longer ones are refused by Apple's clients."""
RENEWAL = timedelta(days=30)
CLOCK_SKEW = timedelta(hours=1)

LOCAL_NAMES = ("localhost",)
"""No `*.localhost`: OpenSSL takes no wildcard for the whole of a two-label name."""
LOCAL_ADDRESSES = ("127.0.0.1", "::1")
AZURE_NAMES = (
    "*.services.ai.azure.com",
    "*.cognitiveservices.azure.com",
    "*.openai.azure.com",
    "login.microsoftonline.com",
    "login.windows.net",
    "management.azure.com",
    "graph.microsoft.com",
    "api.loganalytics.io",
    "api.loganalytics.azure.com",
    "*.metrics.monitor.azure.com",
)
"""What Ingate can stand in for."""

WritePrivate = Callable[[Path, bytes], None]
"""Writes a file that only its owner may read."""


class AuthorityUnusable(Exception):
    """The files of the authority are damaged or do not belong together. The text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """A certificate with its key, both in PEM."""

    certificate_pem: bytes
    private_key_pem: bytes


class CertificateAuthority:
    def __init__(self, certificate: x509.Certificate, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._private_key = private_key

    @property
    def certificate_pem(self) -> bytes:
        return self._certificate.public_bytes(Encoding.PEM)

    def issue(self, *, names: Sequence[str], addresses: Sequence[str], now: datetime) -> ServerCertificate:
        """For TLS servers of these host names (`*.` stands for one label) and IP addresses."""
        private_key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(names[0] if names else addresses[0]))
            .issuer_name(self._certificate.subject)
            .public_key(private_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(now + SERVER_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private_key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._private_key.public_key()), critical=False
            )
            .sign(self._private_key, hashes.SHA256())
        )
        return ServerCertificate(
            certificate_pem=certificate.public_bytes(Encoding.PEM),
            private_key_pem=_render_key(private_key),
        )


def open_authority(folder: Path, *, write_private: WritePrivate, now: datetime) -> CertificateAuthority:
    """The folder's authority; a new one when it has none, or when that ends soon. Raises AuthorityUnusable."""
    certificate_path, key_path = folder / AUTHORITY_FILE, folder / AUTHORITY_KEY_FILE
    if key_path.exists() and certificate_path.exists():
        authority, ends = _read_authority(certificate_path, key_path)
        if ends - now > SERVER_LIFETIME:
            return authority
    private_key = ec.generate_private_key(ec.SECP256R1())
    authority = CertificateAuthority(_make_certificate(private_key, now), private_key)
    write_private(key_path, _render_key(private_key))
    write_private(certificate_path, authority.certificate_pem)
    return authority


def _read_authority(certificate_path: Path, key_path: Path) -> tuple[CertificateAuthority, datetime]:
    remedy = f"delete {certificate_path} and {key_path} to have new ones made, and trust the new {AUTHORITY_FILE}"
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        private_key = load_pem_private_key(key_path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise AuthorityUnusable(f"the local certificate authority cannot be read ({error}); {remedy}") from error
    if (
        not isinstance(private_key, ec.EllipticCurvePrivateKey)
        or private_key.public_key() != certificate.public_key()
    ):
        raise AuthorityUnusable(f"the local certificate authority's key is not its certificate's; {remedy}")
    return CertificateAuthority(certificate, private_key), certificate.not_valid_after_utc


def _make_certificate(private_key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name("Ingate local certificate authority")
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_authority=True), critical=True)
        .add_extension(x509.NameConstraints(_list_permitted(), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private_key.public_key()), critical=False)
        .sign(private_key, hashes.SHA256())
    )


def _list_permitted() -> list[x509.GeneralName]:
    """A name in a constraint stands for itself and everything below it."""
    names = sorted({name.removeprefix("*.") for name in (*LOCAL_NAMES, *AZURE_NAMES)})
    networks = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]
    return [*map(x509.DNSName, names), *map(x509.IPAddress, networks)]


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _render_key(private_key: ec.EllipticCurvePrivateKey) -> bytes:
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
