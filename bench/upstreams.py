"""The mock upstreams behind all contenders: nginx for canned small JSON (plain and TLS), a script for the rest."""

from __future__ import annotations

import ipaddress
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.exchange import wait_until_listening
from bench.nginx_config import render_nginx_config
from bench.preparation import PROJECT, Tool
from bench.processes import PinnedProcess, free_port
from bench.workload import Route, Target, json_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamAddress:
    """One mock listener on 127.0.0.1."""

    port: int
    tls: bool

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MockUpstreams:
    """What contenders are configured with."""

    addresses: Mapping[Route, UpstreamAddress]
    """TLS is missing without nginx."""
    certificate: Path
    """Trust this for the TLS route. Valid for 127.0.0.1 and localhost."""
    processes: tuple[PinnedProcess, ...]

    def direct_target(self, route: Route) -> Target | None:
        """The mock itself, with nothing in front; None over TLS, which the load clients do not speak."""
        address = self.addresses.get(route)
        if address is None or address.tls:
            return None
        return Target(host="127.0.0.1", port=address.port, path="/v1/messages", headers=(), model="claude-mock")

    def stop(self) -> None:
        for process in self.processes:
            process.stop()


def start_mock_upstreams(nginx: Tool | None, workspace: Path, *, core: int) -> MockUpstreams:
    """Starts them and waits until they listen. Without nginx the script serves the FAST route too."""
    certificate, private_key = _write_certificate(workspace)
    scripted = UpstreamAddress(port=free_port(), tls=False)
    argv = [sys.executable, "-m", "bench.mock_upstream", str(scripted.port)]
    log = workspace / "mock-scripted.log"
    processes = [PinnedProcess(argv, core=core, log=log, environment={"PYTHONPATH": str(PROJECT)})]
    addresses = {Route.SCRIPTED: scripted, Route.FAST: scripted}
    if nginx is not None:
        addresses[Route.FAST] = UpstreamAddress(port=free_port(), tls=False)
        addresses[Route.TLS] = UpstreamAddress(port=free_port(), tls=True)
        config = workspace / "mock-nginx.conf"
        server = _canned_server(addresses[Route.FAST].port, addresses[Route.TLS].port, certificate, private_key)
        config.write_text(render_nginx_config("mock-nginx", server, workspace, connections=8_192))
        argv = [*nginx.argv, "-c", str(config), "-p", str(workspace), "-e", "stderr"]
        processes.append(PinnedProcess(argv, core=core, log=workspace / "mock-nginx.log"))
    upstreams = MockUpstreams(addresses=addresses, certificate=certificate, processes=tuple(processes))
    try:
        for address in addresses.values():
            wait_until_listening(address.port, seconds=10)
    except BaseException:
        upstreams.stop()
        raise
    return upstreams


def _canned_server(port: int, tls_port: int, certificate: Path, private_key: Path) -> str:
    return f"""
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    listen 127.0.0.1:{tls_port} ssl backlog=4096;
    ssl_certificate {certificate};
    ssl_certificate_key {private_key};
    ssl_protocols TLSv1.3;
    location / {{
      default_type application/json;
      add_header request-id req_011BenchMock;
      return 200 '{json_answer().decode()}';
    }}
  }}"""


def _write_certificate(workspace: Path) -> tuple[Path, Path]:
    """A self-signed certificate for loopback, good for two days, and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ingate benchmark mock")])
    now = datetime.fromtimestamp(time.time(), UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = workspace / "mock-tls.pem", workspace / "mock-tls.key"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_path, key_path
