"""Certificates of clients and of servers, signed by themselves."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, kw_only=True)
class KeyAndCertificate:
    private_key_pem: str
    certificate_pem: str

    def write(self, file: Path) -> Path:
        """Both, as servers and clients read them."""
        file.write_text(self.private_key_pem + self.certificate_pem)
        return file


def make_client_certificate(name: str) -> KeyAndCertificate:
    return _make(name)


def make_server_certificate() -> KeyAndCertificate:
    """For this machine. Whoever trusts it has it as an authority, too."""
    return _make("localhost", x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))


def _make(name: str, *alternatives: x509.GeneralName) -> KeyAndCertificate:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.now(UTC) - timedelta(minutes=5)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    certificate = builder.sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyAndCertificate(
        private_key_pem=pem.decode("ascii"), certificate_pem=certificate.public_bytes(Encoding.PEM).decode("ascii")
    )
