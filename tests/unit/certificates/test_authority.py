"""The local certificate authority: TLS clients believe what it signs, and it can sign for nothing else."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ingate.certificates.authority import (
    AZURE_NAMES,
    LIFETIME,
    LOCAL_ADDRESSES,
    LOCAL_NAMES,
    AuthorityUnusable,
    CertificateAuthority,
    ServerCertificate,
    open_authority,
)
from ingate.store.private_file import write_private_file

NOW = datetime.now(UTC)


def open_here(folder: Path, now: datetime = NOW) -> CertificateAuthority:
    return open_authority(folder, write_private=write_private_file, now=now)


def connect(folder: Path, server: ServerCertificate, host_name: str) -> str | None:
    """Python's own TLS client, trusting only the authority's file. The problem that it has, if any."""
    (folder / "server.pem").write_bytes(server.certificate_pem + server.private_key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    client = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        with client.wrap_socket(ours, server_hostname=host_name):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize(
    "host_name",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "a.services.ai.azure.com",
        "management.azure.com",
    ],
)
def test_a_strict_client_believes_the_names_that_ingate_serves(tmp_path: Path, host_name: str) -> None:
    server = open_here(tmp_path).issue(names=(*LOCAL_NAMES, *AZURE_NAMES), addresses=LOCAL_ADDRESSES, now=NOW)
    assert connect(tmp_path, server, host_name) is None


def test_nobody_believes_it_for_another_name(tmp_path: Path) -> None:
    server = open_here(tmp_path).issue(names=("example.com",), addresses=(), now=NOW)
    assert connect(tmp_path, server, "example.com") == "permitted subtree violation"


def test_it_is_made_once_and_its_key_is_its_owners(tmp_path: Path) -> None:
    first = open_here(tmp_path).certificate_pem
    assert open_here(tmp_path).certificate_pem == first == (tmp_path / "ca.pem").read_bytes()
    assert stat.S_IMODE((tmp_path / "ca.key").stat().st_mode) == 0o600


def test_it_is_made_anew_before_it_ends(tmp_path: Path) -> None:
    first = open_here(tmp_path).certificate_pem
    assert open_here(tmp_path, NOW + LIFETIME - timedelta(days=300)).certificate_pem != first


@pytest.mark.parametrize("damage", ["not PEM", "another authority's key"])
def test_damaged_files_are_named_with_the_remedy(tmp_path: Path, damage: str) -> None:
    open_here(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    open_here(other)
    (tmp_path / "ca.key").write_bytes(b"x" if damage == "not PEM" else (other / "ca.key").read_bytes())
    with pytest.raises(AuthorityUnusable, match="delete .*ca.pem and .*ca.key"):
        open_here(tmp_path)


def test_the_constraints_name_loopback_and_azure_only(tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(open_here(tmp_path).certificate_pem)
    extension = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    permitted = extension.value.permitted_subtrees or []
    networks = [entry.value for entry in permitted if isinstance(entry, x509.IPAddress)]
    assert networks == [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]
    names = {entry.value for entry in permitted if isinstance(entry, x509.DNSName)}
    assert {name for name in names if not name.endswith(("azure.com", "localhost"))} == {
        "api.loganalytics.io",
        "graph.microsoft.com",
        "login.microsoftonline.com",
        "login.windows.net",
    }
