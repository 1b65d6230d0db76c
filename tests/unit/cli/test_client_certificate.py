from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ingate.cli.client_certificate import create_certificate, make_assertion, read_certificate
from ingate.cli.failure import CommandFailed

NOW = 1_800_000_000.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app.pem"
    create_certificate(path, name="my-app", days=30, now=NOW)
    return path


def sign(path: Path) -> str:
    return make_assertion(path, client_id="c", audience="https://localhost:8443/t/oauth2/v2.0/token", now=NOW)


def read_part(assertion: str, index: int) -> dict[str, object]:
    part = assertion.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_an_assertion_names_the_certificate_and_is_good_for_ten_minutes(file: Path) -> None:
    assertion = sign(file)
    certificate = x509.load_pem_x509_certificate(read_certificate(file).encode())
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
    assert read_part(assertion, 0)["x5t#S256"] == thumbprint
    claims = read_part(assertion, 1)
    assert (claims["iss"], claims["sub"], claims["nbf"], claims["exp"]) == ("c", "c", NOW, NOW + 600)
    assert claims["jti"] != read_part(sign(file), 1)["jti"]


def test_key_and_certificate_may_be_in_any_order(file: Path) -> None:
    key, begin, certificate = file.read_text().partition("-----BEGIN CERTIFICATE-----")
    file.write_text(begin + certificate + key)
    assert sign(file).count(".") == 2


def test_a_certificate_without_its_key_cannot_sign(file: Path) -> None:
    file.write_text(read_certificate(file))
    with pytest.raises(CommandFailed, match="holds no private key"):
        sign(file)


def test_a_key_with_a_password_is_not_taken(file: Path) -> None:
    certificate = read_certificate(file)
    key = load_pem_private_key(file.read_bytes().partition(b"-----BEGIN CERT")[0], password=None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    file.write_bytes(locked + certificate.encode())
    with pytest.raises(CommandFailed, match="without a password"):
        sign(file)


def test_a_key_that_is_not_rsa_is_not_taken(file: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(other + read_certificate(file).encode())
    with pytest.raises(CommandFailed, match="not RSA"):
        sign(file)


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="app.pem cannot be read: No such file"):
        sign(tmp_path / "app.pem")
