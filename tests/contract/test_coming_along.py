"""Programs that `ingate run` cannot lead to Ingate are told why, and those that come along are told nothing."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.clients import find_node
from tests.support.running import RunningIngate, inherit_environment, start_ingate

from ingate.certificates.authority import open_authority
from ingate.store.private_file import write_private_file

pytestmark = pytest.mark.slow

HEALTHY = """
from anthropic import AnthropicFoundry

message = AnthropicFoundry(resource="example-resource").messages.create(
    model="claude-haiku-4-5", max_tokens=64, messages=[{"role": "user", "content": "Hi"}]
)
print(message.type)
"""
WITHOUT_PROXIES = """
import sys, httpx2
from anthropic import AnthropicFoundry

class NoWayOut(httpx2.HTTPTransport):
    # What a machine without a network does with a direct connection.
    def handle_request(self, request):
        raise httpx2.ConnectError("no network")

client = AnthropicFoundry(
    resource="example-resource",
    max_retries=0,
    http_client=httpx2.Client(trust_env=False, transport=NoWayOut()),
)
try:
    client.messages.create(model="claude-haiku-4-5", max_tokens=64, messages=[{"role": "user", "content": "Hi"}])
except Exception as error:
    sys.exit(f"{type(error).__name__}")
"""
WITH_ANOTHER_AUTHORITY = """
import http.client, os, ssl, sys
from urllib.parse import urlsplit

proxy = urlsplit(os.environ["HTTPS_PROXY"])
connection = http.client.HTTPSConnection(
    proxy.hostname, proxy.port, context=ssl.create_default_context(cafile=sys.argv[1]), timeout=20
)
connection.set_tunnel("example-resource.services.ai.azure.com", 443)
connection.request("GET", "/")
"""
WITH_FETCH = """
const answer = await fetch("https://example-resource.services.ai.azure.com/healthz");
console.log(answer.status);
"""


def run_through(
    ingate: RunningIngate, folder: Path, program: str, *command: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`ingate run` with `program` in a file; `command` runs it, this Python by default."""
    file = folder / ("app.mjs" if program == WITH_FETCH else "app.py")
    file.write_text(program)
    interpreter, *arguments = command or (sys.executable,)
    return subprocess.run(
        [
            *(sys.executable, "-m", "ingate", "run", "--data-dir", str(ingate.data_dir), "--key", "--"),
            *(interpreter, file.name, *arguments),
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=inherit_environment(environment),
    )


def examine(ingate: RunningIngate) -> list[str]:
    """The lines of `ingate doctor` about this."""
    said = ingate.run_cli("doctor").stdout.splitlines()
    return [line for line in said if "transparent mode" in line]


@pytest.fixture(scope="module")
def ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    """One of its own: what the last run came to is kept in its data directory."""
    with start_ingate(tmp_path_factory.mktemp("along") / "data") as running:
        yield running


def test_a_program_that_comes_along_is_told_nothing(ingate: RunningIngate, tmp_path: Path) -> None:
    finished = run_through(ingate, tmp_path, HEALTHY)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "message\n", "")
    failed = run_through(ingate, tmp_path, HEALTHY + "raise SystemExit(3)\n")
    assert (failed.returncode, failed.stderr) == (3, ""), "it failed for a reason of its own"
    assert examine(ingate) == []


def test_a_program_that_reads_no_proxy_variables_is_told_so(ingate: RunningIngate, tmp_path: Path) -> None:
    finished = run_through(ingate, tmp_path, WITHOUT_PROXIES)
    assert finished.returncode == 1
    assert "APIConnectionError" in finished.stderr
    name = Path(sys.executable).name
    assert (
        f"ingate: {name} never used the proxy: calls of Azure's host names, if it made any, did not come to Ingate."
        in (finished.stderr.splitlines())
    )
    assert "ingate up --tls" in finished.stderr
    [finding] = examine(ingate)
    assert finding.startswith(
        f"problem transparent mode: the last `ingate run` ended with 1: {name} never used the proxy"
    )


def test_a_program_that_takes_only_its_own_authority_is_told_so(
    ingate: RunningIngate, tmp_path: Path, own_authority: Path
) -> None:
    finished = run_through(ingate, tmp_path, WITH_ANOTHER_AUTHORITY, sys.executable, str(own_authority))
    assert "CERTIFICATE_VERIFY_FAILED" in finished.stderr
    host = "example-resource.services.ai.azure.com"
    assert f"broke off TLS with {host} (tlsv1 alert unknown ca): it does not trust the authority." in finished.stderr
    assert "ingate trust" in finished.stderr.splitlines()[-1]
    [finding] = examine(ingate)
    assert f"broke off TLS with {host}" in finding


def test_a_node_program_that_does_not_trust_the_authority_is_told_so(ingate: RunningIngate, tmp_path: Path) -> None:
    node = str(find_node())
    healthy = run_through(ingate, tmp_path, WITH_FETCH, node)
    assert (healthy.returncode, healthy.stdout, healthy.stderr) == (0, "200\n", "")

    command = ("env", "-u", "NODE_EXTRA_CA_CERTS", node)
    (tmp_path / "app.mjs").write_text(WITH_FETCH)
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "ingate", "run", "--data-dir", str(ingate.data_dir), "--"),
            *command,
            "app.mjs",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        env=inherit_environment(),
    )
    assert finished.returncode == 1
    assert "ingate: env " in finished.stderr
    assert "trust the authority" in finished.stderr
    assert len(examine(ingate)) == 1


@pytest.fixture
def own_authority(tmp_path: Path) -> Path:
    """Another Ingate's, as good as anybody's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    open_authority(folder, write_private=write_private_file, now=datetime.now(UTC))
    return folder / "ca.pem"


def test_an_ingate_with_a_proxy_of_its_own_lets_out_what_it_was_told_to(tmp_path: Path) -> None:
    class Hello(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, format: str, *arguments: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = ("--proxy-port", "0", "--proxy-allow", "127.0.0.1", "--proxy-allow", "*.example.org")
    try:
        with start_ingate(tmp_path / "data", *options) as ingate:
            port = server.server_address[1]
            assert ask(ingate, f"http://127.0.0.1:{port}/") == "hello"
            refused = ask(ingate, "http://example.com/")
            assert "ingate up --proxy-allow example.com" in refused
            assert ingate.running["proxy_lets_out"] is True
            assert "ca-bundle.pem" in ingate.run_cli("env").stdout
    finally:
        server.shutdown()
        server.server_close()


def ask(ingate: RunningIngate, url: str) -> str:
    """As a client does that was told of the proxy."""
    script = (
        "import sys, urllib.error, urllib.request\n"
        "proxies = urllib.request.ProxyHandler({'http': sys.argv[1]})\n"
        "try:\n    print(urllib.request.build_opener(proxies).open(sys.argv[2]).read().decode())\n"
        "except urllib.error.HTTPError as error:\n    print(error.read().decode())\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script, ingate.running["proxy_url"], url],
        capture_output=True,
        text=True,
        timeout=30,
        env={"PATH": os.environ["PATH"]},
    )
    return finished.stdout.strip()
