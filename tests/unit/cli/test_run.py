"""`ingate run` with stand-ins for `ingate up` and the proxy: what a command gets, and what is left in the end."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result
from tests.unit.cli.fake_ingate import MANAGEMENT_URL, PRINCIPALS, SUBSCRIPTION, TOKEN, FakeIngate

from ingate.cli.invocation import Invocation
from ingate.cli.run import run_command
from ingate.cli.run_processes import Programs

UP = (
    """
import json, os, pathlib, signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
folder = pathlib.Path(sys.argv[sys.argv.index("--data-dir") + 1])
folder.mkdir(exist_ok=True)
listener = socket.create_server(("127.0.0.1", 0))
address = f"http://127.0.0.1:{listener.getsockname()[1]}"
running = {"pid": os.getpid(), "gateway_url": address, "management_url": "@MANAGEMENT@",
           "management_tls_url": "https://localhost:1", "default_resource": "example-resource",
           "tenant_id": "tenant", "subscription_id": "@SUBSCRIPTION@"}
(folder / "admin.token").write_text("@TOKEN@")
(folder / "ca.pem").write_text("the authority\\n")
(folder / "running.json").write_text(json.dumps(running))
signal.sigwait({signal.SIGTERM})
(folder / "running.json").unlink()
""".replace("@SUBSCRIPTION@", SUBSCRIPTION)
    .replace("@MANAGEMENT@", MANAGEMENT_URL)
    .replace("@TOKEN@", TOKEN)
)
PROXY = """
import json, os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
said = json.dumps({"proxy_url": "http://127.0.0.1:9"}).encode()
os.write(int(sys.argv[sys.argv.index("--ready-fd") + 1]), said + b"\\n")
open(os.environ["PROXY_LOG"], "w").write(" ".join(sys.argv[1:]))
signal.sigwait({signal.SIGTERM})
open(os.environ["PROXY_LOG"], "a").write(" ended")
"""
SHOW = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"

Start = Callable[..., Result]


@pytest.fixture(autouse=True)
def proxy_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROXY_LOG", str(tmp_path / "proxy.log"))
    return tmp_path / "proxy.log"


@pytest.fixture
def fake() -> FakeIngate:
    return FakeIngate()


@pytest.fixture
def run_it(tmp_path: Path, fake: FakeIngate) -> Start:
    def run_it(*arguments: str, up: str = UP, environment: dict[str, str] | None = None) -> Result:
        programs = Programs(up=(sys.executable, "-c", up), proxy=(sys.executable, "-c", PROXY))
        surroundings = {"INGATE_CONFIG_DIR": str(tmp_path / "config"), "PATH": os.environ["PATH"]}
        invocation = Invocation(
            environment=surroundings | (environment or {}), transport=httpx2.MockTransport(fake.handle)
        )
        return CliRunner().invoke(run_command(programs), arguments, obj=invocation)

    return run_it


def show(folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-c", SHOW, str(folder / "shown.json"))


def read_shown(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "shown.json").read_text())


def test_a_command_gets_the_variables_and_everything_ends_with_it(
    tmp_path: Path, run_it: Start, proxy_log: Path
) -> None:
    data = tmp_path / "data"
    result = run_it("--data-dir", str(data), "--", *show(tmp_path), environment={"AZURE_CLIENT_ID": "real"})
    assert (result.exit_code, result.output) == (0, "")
    shown = read_shown(tmp_path)
    assert shown["HTTPS_PROXY"] == "http://127.0.0.1:9"
    assert shown["SSL_CERT_FILE"] == str(data / "ca.pem")
    assert "AZURE_CLIENT_ID" not in shown
    assert "ANTHROPIC_FOUNDRY_API_KEY" not in shown
    assert not (data / "running.json").exists()
    assert proxy_log.read_text().endswith(" ended")


def test_a_fresh_ingate_leaves_nothing(tmp_path: Path, run_it: Start) -> None:
    assert run_it("--fresh", *show(tmp_path), environment={"INGATE_DATA_DIR": str(tmp_path)}).exit_code == 0
    folder = Path(read_shown(tmp_path)["SSL_CERT_FILE"]).parent
    assert folder != tmp_path
    assert not folder.exists()
    both = run_it("--fresh", "--data-dir", str(tmp_path), "true")
    assert both.exit_code == 2


def test_hosts_that_are_allowed_are_the_proxys_matter_and_a_bundle_is_made(
    tmp_path: Path, run_it: Start, proxy_log: Path
) -> None:
    theirs = tmp_path / "theirs.pem"
    theirs.write_text("theirs\n")
    data = tmp_path / "data"
    options = ("--allow", "PyPI.org", "--allow", "*.example.com", "--passthrough", "--data-dir", str(data))
    assert run_it(*options, *show(tmp_path), environment={"SSL_CERT_FILE": str(theirs)}).exit_code == 0
    assert "--allow pypi.org --allow *.example.com --passthrough" in proxy_log.read_text()
    assert Path(read_shown(tmp_path)["SSL_CERT_FILE"]).read_text() == "theirs\nthe authority\n"
    assert run_it("--allow", "https://pypi.org", "true").exit_code == 2


def test_with_key_the_default_resources_key_is_set(tmp_path: Path, run_it: Start) -> None:
    assert run_it("--fresh", "--key", *show(tmp_path)).exit_code == 0
    assert read_shown(tmp_path)["ANTHROPIC_FOUNDRY_API_KEY"]


def test_as_an_application_a_secret_is_made_and_deleted_again(
    tmp_path: Path, run_it: Start, fake: FakeIngate
) -> None:
    fake.add_principal("my-app", clientId="client-1")
    credential = f"{PRINCIPALS}/my-app/credentials/key-1"
    fake.arm[credential] = {"keyId": "key-1"}
    assert run_it("--fresh", "--as", "my-app", *show(tmp_path)).exit_code == 0
    shown = read_shown(tmp_path)
    assert (shown["AZURE_CLIENT_ID"], shown["AZURE_CLIENT_SECRET"]) == ("client-1", "fresh~secret")
    assert shown["AZURE_TENANT_ID"] == "tenant"
    assert fake.actions == [("my-app", "addSecret", {"displayName": "ingate run", "lifetimeDays": 1})]
    assert credential not in fake.arm


def test_as_a_managed_identity_there_is_no_secret(tmp_path: Path, run_it: Start, fake: FakeIngate) -> None:
    fake.add_principal("workload", kind="managed-identity", clientId="client-2")
    assert run_it("--fresh", "--as", "workload", *show(tmp_path)).exit_code == 0
    shown = read_shown(tmp_path)
    assert shown["AZURE_POD_IDENTITY_AUTHORITY_HOST"] == MANAGEMENT_URL
    assert shown["AZURE_CLIENT_ID"] == "client-2"
    assert "AZURE_CLIENT_SECRET" not in shown
    assert fake.actions == []


def test_a_person_is_nobody_whom_a_program_signs_in_as(tmp_path: Path, run_it: Start, fake: FakeIngate) -> None:
    fake.add_principal("a-person", kind="user")
    result = run_it("--fresh", "--as", "a-person", *show(tmp_path))
    assert result.exit_code == 1
    assert "a-person is a user" in result.stderr
    assert not (tmp_path / "shown.json").exists()


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -KILL $$", 137), ("true", 0)])
def test_the_exit_code_is_the_commands(tmp_path: Path, run_it: Start, script: str, code: int) -> None:
    assert run_it("--data-dir", str(tmp_path / "data"), "--", "sh", "-c", script).exit_code == code


def test_a_command_that_cannot_be_started_is_as_in_a_shell(tmp_path: Path, run_it: Start) -> None:
    missing = run_it("--fresh", "no-such-program")
    assert (missing.exit_code, missing.stderr) == (127, "ingate: no-such-program: not found.\n")
    (tmp_path / "text").write_text("x")
    assert run_it("--fresh", str(tmp_path / "text")).exit_code == 126


def test_signals_are_passed_on(tmp_path: Path, run_it: Start) -> None:
    waiting = tmp_path / "waiting"
    script = f"trap 'exit 5' TERM; touch {waiting}; while :; do sleep 0.05; done"

    def end() -> None:
        while not waiting.exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=end)
    thread.start()
    assert run_it("--fresh", "sh", "-c", script).exit_code == 5
    thread.join()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_an_ingate_that_does_not_start_says_why(run_it: Start) -> None:
    result = run_it("--fresh", "true", up="import sys; sys.exit('the disk is full')")
    assert result.exit_code == 1
    assert "the disk is full" in result.stderr


def test_a_running_file_that_was_left_behind_is_no_running_ingate(tmp_path: Path, run_it: Start) -> None:
    left = {"pid": 1, "gateway_url": "http://127.0.0.1:9", "management_url": "http://127.0.0.1:9"}
    (tmp_path / "running.json").write_text(json.dumps(left))
    assert run_it("--data-dir", str(tmp_path), *show(tmp_path)).exit_code == 0
