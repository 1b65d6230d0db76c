from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ingate.certificates.authority import open_authority
from ingate.cli.failure import CommandFailed
from ingate.cli.trust import BUNDLE_FILE, explain_trust, write_bundle
from ingate.store.private_file import write_private_file


@pytest.fixture
def authority(tmp_path: Path) -> bytes:
    return open_authority(tmp_path, write_private=write_private_file, now=datetime.now(UTC)).certificate_pem


def test_trust_says_what_is_trusted_and_how(tmp_path: Path, authority: bytes) -> None:
    result = CliRunner().invoke(explain_trust, ["--data-dir", str(tmp_path)])
    digest = x509.load_pem_x509_certificate(authority).fingerprint(SHA256()).hex(":").upper()
    assert result.exit_code == 0
    assert f"SHA-256: {digest}" in result.stdout
    assert f"sudo cp {tmp_path / 'ca.pem'} /usr/local/share/ca-certificates/" in result.stdout
    assert "{" not in result.stdout


def test_without_an_authority_trust_says_where_one_comes_from(tmp_path: Path) -> None:
    result = CliRunner().invoke(explain_trust, ["--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "ingate up" in result.stderr
    (tmp_path / "ca.pem").write_text("no certificate")
    assert CliRunner().invoke(explain_trust, ["--data-dir", str(tmp_path)]).exit_code == 1


def test_a_bundle_has_the_machines_certificates_and_ours(tmp_path: Path, authority: bytes) -> None:
    theirs = tmp_path / "theirs.pem"
    theirs.write_bytes(authority)
    bundle = write_bundle(tmp_path, {"SSL_CERT_FILE": str(theirs)})
    assert bundle == tmp_path / BUNDLE_FILE
    assert len(x509.load_pem_x509_certificates(bundle.read_bytes())) == 2
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600


def test_a_bundle_does_not_take_its_own_certificate_for_the_machines(
    tmp_path: Path, authority: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssl.get_default_verify_paths", _no_paths)
    own = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "CURL_CA_BUNDLE": str(tmp_path / BUNDLE_FILE)}
    with pytest.raises(CommandFailed, match="SSL_CERT_FILE"):
        write_bundle(tmp_path, own)


class _Paths:
    cafile = openssl_cafile = None


def _no_paths() -> _Paths:
    return _Paths()
