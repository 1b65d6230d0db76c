from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from ingate.certificates.authority import open_authority
from ingate.cli import system_trust
from ingate.cli.failure import CommandFailed
from ingate.cli.invocation import Invocation
from ingate.cli.trust import BUNDLE_FILE, explain_trust, write_bundle
from ingate.store.private_file import write_private_file


@pytest.fixture
def authority(tmp_path: Path) -> bytes:
    return open_authority(tmp_path, write_private=write_private_file, now=datetime.now(UTC)).certificate_pem


def run_trust(data_dir: Path, *options: str, path: Path | None = None) -> Result:
    """With no other commands than those in `path`."""
    environment = {"PATH": str(path), "HOME": "/home/me"} if path else {}
    arguments = ["--data-dir", str(data_dir), *options]
    return CliRunner().invoke(explain_trust, arguments, obj=Invocation(environment=environment))


def test_trust_says_what_is_trusted_and_how(tmp_path: Path, authority: bytes) -> None:
    result = run_trust(tmp_path)
    digest = x509.load_pem_x509_certificate(authority).fingerprint(SHA256()).hex(":").upper()
    assert result.exit_code == 0
    assert f"SHA-256: {digest}" in result.stdout
    assert f"sudo cp {tmp_path / 'ca.pem'} /usr/local/share/ca-certificates/" in result.stdout
    assert "{" not in result.stdout


def test_without_an_authority_trust_says_where_one_comes_from(tmp_path: Path) -> None:
    result = run_trust(tmp_path)
    assert result.exit_code == 1
    assert "ingate up" in result.stderr
    (tmp_path / "ca.pem").write_text("no certificate")
    assert run_trust(tmp_path).exit_code == 1


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


class TestInstalling:
    """With a directory in the place of the system's, and commands that write down how they were called."""

    @pytest.fixture(autouse=True)
    def anchors(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        anchors = tmp_path / "anchors"
        monkeypatch.setattr(system_trust, "DEBIAN_ANCHORS", anchors)
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        return anchors

    @pytest.fixture
    def data_dir(self, tmp_path: Path) -> Path:
        folder = tmp_path / "data"
        folder.mkdir()
        open_authority(folder, write_private=write_private_file, now=datetime.now(UTC))
        return folder

    @pytest.fixture
    def debian(self, tmp_path: Path, anchors: Path) -> Path:
        anchors.mkdir()
        copy = '[ "$1 $2" = "-m 0644" ] && /bin/cp "$3" "$4"'
        commands = {"install": copy, "rm": '[ "$1" = -f ] && /bin/rm "$2"', "update-ca-certificates": ""}
        return make_commands(tmp_path / "bin", **commands)

    @pytest.fixture
    def fedora(self, tmp_path: Path) -> Path:
        return make_commands(tmp_path / "bin", trust="")

    def test_debian_has_a_copy_and_is_told(self, data_dir: Path, debian: Path, anchors: Path) -> None:
        installed = run_trust(data_dir, "--install", path=debian)
        assert installed.exit_code == 0, installed.stderr
        assert (anchors / "ingate.crt").read_bytes() == (data_dir / "ca.pem").read_bytes()
        assert (
            f"+ install -m 0644 {data_dir}/ca.pem {anchors}/ingate.crt\n+ update-ca-certificates\n"
            in installed.stderr
        )
        assert installed.stdout == ""

        again = run_trust(data_dir, "--install", path=debian)
        assert (again.exit_code, "+" in again.stderr) == (0, False)
        assert "has it already" in again.stderr

        (data_dir / "ca.pem").unlink()
        removed = run_trust(data_dir, "--uninstall", path=debian)
        assert removed.exit_code == 0, removed.stderr
        assert list(anchors.iterdir()) == []
        assert "+ update-ca-certificates --fresh\n" in removed.stderr
        assert "does not have it" in run_trust(data_dir, "--uninstall", path=debian).stderr
        assert [line.rstrip() for line in (debian / "log").read_text().splitlines()] == [
            f"install -m 0644 {data_dir}/ca.pem {anchors}/ingate.crt",
            "update-ca-certificates",
            f"rm -f {anchors}/ingate.crt",
            "update-ca-certificates --fresh",
        ]

    def test_fedora_keeps_it_by_itself(self, data_dir: Path, fedora: Path) -> None:
        assert run_trust(data_dir, "--install", path=fedora).exit_code == 0
        assert run_trust(data_dir, "--uninstall", path=fedora).exit_code == 0
        ca = data_dir / "ca.pem"
        assert (fedora / "log").read_text() == f"trust anchor {ca}\ntrust anchor --remove {ca}\n"

    def test_macos_has_it_in_the_users_own_keychain(self, data_dir: Path) -> None:
        store = system_trust.find_trust_store(data_dir / "ca.pem", {"HOME": "/home-of-me"}, platform="darwin")
        assert not store.needs_root
        keychain = "/home-of-me/Library/Keychains/login.keychain-db"
        assert store.install == (("security", "add-trusted-cert", "-k", keychain, f"{data_dir}/ca.pem"),)

    @pytest.mark.parametrize("system", ["debian", "fedora"])
    def test_without_root_it_only_says_what_to_run(
        self, data_dir: Path, system: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path: Path = request.getfixturevalue(system)
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        result = run_trust(data_dir, "--install", path=path)
        assert result.exit_code == 1
        assert "ingate: this needs root. Nothing was changed; run:\n  sudo " in result.stderr
        assert not (path / "log").exists()

    def test_a_command_that_fails_is_told_with_what_it_said(self, data_dir: Path, debian: Path) -> None:
        write_command(debian / "update-ca-certificates", "echo the disk is full >&2; exit 3")
        result = run_trust(data_dir, "--install", path=debian)
        assert result.exit_code == 1
        assert "the disk is full" in result.stderr
        assert "update-ca-certificates failed with 3" in result.stderr

    def test_a_machine_of_another_kind_is_told_where_to_look(self, data_dir: Path, tmp_path: Path) -> None:
        result = run_trust(data_dir, "--install", path=tmp_path)
        assert result.exit_code == 1
        assert "`ingate trust` says what else there is" in result.stderr


def make_commands(folder: Path, **commands: str) -> Path:
    """Shell scripts under these names; `log` beside them has a line for each call."""
    folder.mkdir()
    for name, script in commands.items():
        write_command(folder / name, f'echo "{name} $*" >> {folder}/log\n{script}')
    return folder


def write_command(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
