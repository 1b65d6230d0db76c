"""`ingate up --tls`: clients that DNS or /etc/hosts leads here, under Azure's host names and with their own ways of
resolving them in the place of a changed /etc/hosts.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from tests.support.clients import find_node
from tests.support.running import RunningIngate, inherit_environment, start_ingate

pytestmark = pytest.mark.slow

HOST = "example-resource.services.ai.azure.com"
MESSAGE = {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
NEEDS_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

WITH_A_RESOLVER = """
import socket, sys
from anthropic import AnthropicFoundry

resolve, port = socket.getaddrinfo, int(sys.argv[1])

def lead_here(host, asked, *rest, **more):
    assert asked == 443, asked
    return resolve("127.0.0.1", port, *rest, **more)

socket.getaddrinfo = lead_here
client = AnthropicFoundry(resource="example-resource")
with client.messages.stream(
    model="claude-haiku-4-5", max_tokens=64, messages=[{"role": "user", "content": "Hi"}]
) as stream:
    print(stream.get_final_text())
"""
WITH_A_LOOKUP = """
import https from "node:https";

const body = JSON.stringify({ ...JSON.parse(process.argv[3]), stream: true });
const request = https.request({
  host: "example-resource.services.ai.azure.com",
  port: Number(process.argv[2]),
  path: "/anthropic/v1/messages",
  method: "POST",
  lookup: (host, options, done) =>
    options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4),
  headers: {
    "x-api-key": process.env.ANTHROPIC_FOUNDRY_API_KEY,
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
  },
});
request.on("response", (response) => {
  let text = "";
  response.on("data", (part) => (text += part));
  response.on("end", () => console.log(response.statusCode, text.includes("event: message_stop")));
});
request.on("error", (error) => {
  console.log(error.code);
  process.exit(1);
});
request.end(body);
"""
WITH_ETC_HOSTS = """
import os, pathlib, subprocess, sys
from tests.support.running import start_ingate

folder, node = pathlib.Path(sys.argv[1]), sys.argv[2]
with start_ingate(folder / "data", "--tls") as ingate:
    assert ingate.running["azure_names_port"] == 443
    lines = ingate.run_cli("env", "--hosts")
    assert lines.returncode == 0 and "serves these names on port" not in lines.stderr, lines.stderr
    (folder / "hosts").write_text("127.0.0.1 localhost\\n" + lines.stdout)
    subprocess.run(["mount", "--bind", str(folder / "hosts"), "/etc/hosts"], check=True)
    ours = dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(ingate.ca_file))
    ours |= {"ANTHROPIC_FOUNDRY_API_KEY": ingate.api_key, "NO_PROXY": "*", "no_proxy": "*"}
    for command in ([sys.executable, "app.py"], [node, "app.mjs"]):
        subprocess.run(command, cwd=folder, env=os.environ | ours, check=True)
    examined = ingate.run_cli("doctor", environment=ours | {"ANTHROPIC_FOUNDRY_RESOURCE": "example-resource"})
    assert examined.returncode == 0, examined.stdout
"""
PYTHON_APP = """
from anthropic import AnthropicFoundry

message = AnthropicFoundry(resource="example-resource").messages.create(
    model="claude-haiku-4-5", max_tokens=64, messages=[{"role": "user", "content": "Hi"}]
)
print(message.type)
"""
NODE_APP = """
const answer = await fetch("https://example-resource.services.ai.azure.com/healthz");
console.log(answer.status);
"""
TIME_THE_EVENTS = """
import json, socket, ssl, sys, time

port, ca_file, key, body = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4].encode()
plain = socket.create_connection(("127.0.0.1", port), timeout=20)
secure = ssl.create_default_context(cafile=ca_file).wrap_socket(
    plain, server_hostname="example-resource.services.ai.azure.com"
)
secure.sendall(
    b"POST /anthropic/v1/messages HTTP/1.1\\r\\nHost: example-resource.services.ai.azure.com\\r\\n"
    b"x-api-key: " + key.encode() + b"\\r\\nanthropic-version: 2023-06-01\\r\\ncontent-type: application/json\\r\\n"
    b"connection: close\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body) + body
)
text, first, last = b"", None, None
while part := secure.recv(65536):
    text += part
    if first is None and b"event: message_start" in text:
        first = time.monotonic()
    last = time.monotonic()
print(json.dumps({"spread": last - first, "whole": b"event: message_stop" in text}))
"""


@pytest.fixture(scope="module")
def ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    """The simulator takes some time for its answers."""
    data_dir = tmp_path_factory.mktemp("tls") / "data"
    slow = {"INGATE_SIMULATOR_TOKENS_PER_SECOND": "40"}
    with start_ingate(data_dir, "--tls", "--tls-port", "0", environment=slow) as running:
        yield running


@pytest.fixture(scope="module")
def port(ingate: RunningIngate) -> int:
    return ingate.running["azure_names_port"]


def curl(ingate: RunningIngate, port: int, host: str, path: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"),
            *("--cacert", str(ingate.ca_file), "--resolve", f"{host}:{port}:127.0.0.1"),
            *(f"https://{host}:{port}{path}", *more),
        ],
        capture_output=True,
        text=True,
        timeout=30,
    )


def run_program(
    ingate: RunningIngate, command: list[str], folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    ours = {"SSL_CERT_FILE": str(ingate.ca_file), "NODE_EXTRA_CA_CERTS": str(ingate.ca_file)}
    ours["ANTHROPIC_FOUNDRY_API_KEY"] = ingate.api_key
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        env=inherit_environment({**ours, "NO_PROXY": "*", "no_proxy": "*", **environment}),
    )


@NEEDS_CURL
def test_curl_reaches_the_gateway_and_the_control_process_by_their_names(ingate: RunningIngate, port: int) -> None:
    headers = ("-H", f"api-key: {ingate.api_key}", "-H", "anthropic-version: 2023-06-01")
    body = ("-H", "content-type: application/json", "-d", json.dumps(MESSAGE))
    answered = curl(ingate, port, HOST, "/anthropic/v1/messages", *headers, *body)
    assert json.loads(answered.stdout)["type"] == "message", answered.stderr

    discovered = curl(
        ingate, port, "login.microsoftonline.com", f"/{ingate.tenant_id}/v2.0/.well-known/openid-configuration"
    )
    assert ingate.tenant_id in json.loads(discovered.stdout)["issuer"], discovered.stderr
    listed = curl(ingate, port, "management.azure.com", "/subscriptions?api-version=2022-12-01")
    assert json.loads(listed.stdout)["error"]["code"] == "AuthenticationFailed", listed.stderr


@NEEDS_CURL
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_this_machines_own_names_are_the_gateways(ingate: RunningIngate, port: int, host: str) -> None:
    assert json.loads(curl(ingate, port, host, "/healthz").stdout)["status"] == "ok"


@NEEDS_CURL
def test_a_name_that_ingate_does_not_serve_is_refused_and_named_in_the_log(ingate: RunningIngate, port: int) -> None:
    assert curl(ingate, port, "example.com", "/").returncode != 0
    assert "refused example.com:443: example.com is no host that Ingate serves" in ingate.stderr_file.read_text()


def test_the_python_client_comes_here_with_a_resolver_of_its_own(
    ingate: RunningIngate, port: int, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(WITH_A_RESOLVER)
    finished = run_program(ingate, [sys.executable, "app.py", str(port)], tmp_path)
    assert "simulated" in finished.stdout, finished.stderr


@pytest.mark.parametrize("node", ["the system's", "the newest"])
def test_node_comes_here_with_a_lookup_of_its_own(
    ingate: RunningIngate, port: int, tmp_path: Path, node: str
) -> None:
    program = shutil.which("node") if node == "the system's" else str(find_node())
    if program is None:
        pytest.skip("Node is not installed")
    (tmp_path / "app.mjs").write_text(WITH_A_LOOKUP)
    finished = run_program(ingate, [program, "app.mjs", str(port), json.dumps(MESSAGE)], tmp_path)
    assert finished.stdout == "200 true\n", finished.stderr


def test_events_leave_one_by_one(ingate: RunningIngate, port: int, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TIME_THE_EVENTS)
    body = json.dumps(MESSAGE | {"stream": True})
    arguments = [str(port), str(ingate.ca_file), ingate.api_key, body]
    finished = run_program(ingate, [sys.executable, "app.py", *arguments], tmp_path)
    said: dict[str, Any] = json.loads(finished.stdout)
    assert said["whole"]
    assert said["spread"] > 0.2, "the first event waited for nothing after it"


def test_doctor_names_a_program_that_does_not_trust_the_authority(
    ingate: RunningIngate, port: int, tmp_path: Path
) -> None:
    """Node says nothing of its reason: it closes the connection."""
    (tmp_path / "app.mjs").write_text(WITH_A_LOOKUP.replace(HOST, "team-b.services.ai.azure.com"))
    command = [str(find_node()), "app.mjs", str(port), json.dumps(MESSAGE)]
    failed = run_program(ingate, command, tmp_path, NODE_EXTRA_CA_CERTS="")
    assert failed.returncode == 1
    ingate.wait_for_proxy_report("team-b.services.ai.azure.com")

    examined = ingate.run_cli("doctor")

    assert examined.returncode == 1
    [found] = [line for line in examined.stdout.splitlines() if "team-b.services.ai.azure.com" in line]
    assert found.startswith("problem transparent mode: a program ")
    assert "the authority" in found
    assert "ingate trust" in examined.stdout


def test_the_lines_for_etc_hosts_have_each_name(ingate: RunningIngate, port: int) -> None:
    printed = ingate.run_cli("env", "--hosts")
    assert printed.returncode == 0, printed.stderr
    names = [name for line in printed.stdout.splitlines() for name in line.partition("  #")[0].split()[1:]]
    assert {HOST, "example-resource.openai.azure.com", "login.microsoftonline.com"} < set(names)
    assert {line.split()[0] for line in printed.stdout.splitlines()} == {"127.0.0.1"}
    assert f"this Ingate serves these names on port {port}" in printed.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="ports below 1024 are everyone's there")
def test_a_port_that_is_not_everyones_is_told_with_what_to_do(tmp_path: Path) -> None:
    drop = shutil.which("setpriv")
    if drop is None:
        pytest.skip("setpriv is not installed")
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 443:
        pytest.skip("here everyone may listen on port 443")
    ports = ("--port", "0", "--management-port", "0", "--data-dir", str(tmp_path / "data"))
    finished = subprocess.run(
        [
            drop,
            "--bounding-set=-net_bind_service",
            "--inh-caps=-all",
            sys.executable,
            "-m",
            "ingate",
            "up",
            "--tls",
            *ports,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env=inherit_environment(),
    )
    assert finished.returncode == 1
    assert "port 443 is below 1024, and not everyone may listen there: choose another --tls-port" in finished.stderr
    assert "ip_unprivileged_port_start=443" in finished.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs namespaces")
def test_lines_in_etc_hosts_are_all_that_a_program_needs(tmp_path: Path) -> None:
    """On port 443, with another /etc/hosts: in a network and a mount namespace of its own."""
    namespaces = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    into = [*namespaces, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if shutil.which("ip") is None or subprocess.run([*into, "true"], capture_output=True).returncode != 0:
        pytest.skip("there are no namespaces to be had here")
    for name, content in {"driver.py": WITH_ETC_HOSTS, "app.py": PYTHON_APP, "app.mjs": NODE_APP}.items():
        (tmp_path / name).write_text(content)
    finished = subprocess.run(
        [*into, sys.executable, "driver.py", str(tmp_path), str(find_node())],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        env=inherit_environment({"PYTHONPATH": str(Path(__file__).parents[2])}),
    )
    assert (finished.returncode, finished.stdout) == (0, "message\n200\n"), finished.stderr
