"""`ingate up`: what a second start keeps, and what it refuses to start with."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anthropic import AnthropicFoundry
from tests.support.running import RunningIngate, inherit_environment, start_ingate

from ingate.domain.key import DEVELOPMENT_KEYS


def say_hello(ingate: RunningIngate, api_key: str, deployment_name: str = "claude-haiku-4-5") -> str:
    with AnthropicFoundry(api_key=api_key, base_url=ingate.base_url, max_retries=0) as client:
        message = client.messages.create(
            model=deployment_name, max_tokens=64, messages=[{"role": "user", "content": "Hello!"}]
        )
    return message.content[0].type


def fail_to_start(*options: str) -> subprocess.CompletedProcess[str]:
    """`ingate up` with options that it refuses."""
    finished = subprocess.run(
        [sys.executable, "-m", "ingate", "up", "--port", "0", "--management-port", "0", *options],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        env=inherit_environment(),
    )
    assert finished.returncode in (1, 2), finished
    assert finished.stdout == ""
    assert "Traceback" not in finished.stderr
    return finished


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLife:
    """What an Ingate with development keys saw before it was stopped, and left behind."""

    data_dir: Path
    banner: str
    running: dict[str, Any]
    keys: dict[str, str]
    first_answer: int
    """The status with which a request without a key was answered at once after the banner."""
    exit_code: int


@pytest.fixture(scope="module")
def first_life(tmp_path_factory: pytest.TempPathFactory) -> FirstLife:
    data_dir = tmp_path_factory.mktemp("first") / "data"
    with start_ingate(data_dir, "--development-keys") as ingate:
        first_answer = ask_without_key(ingate)
        ingate.put_deployment("kept", capacity=7)
        account = ingate.account_path("example-resource")
        ingate.manage("POST", f"{account}/regenerateKey", {"keyName": "Key2"})
        return FirstLife(
            data_dir=data_dir,
            banner=ingate.stdout_file.read_text(),
            running=ingate.running,
            keys=ingate.get_keys("example-resource"),
            first_answer=first_answer,
            exit_code=ingate.stop(),
        )


def ask_without_key(ingate: RunningIngate) -> int:
    request = urllib.request.Request(f"{ingate.base_url}/v1/messages", data=b"{}")  # noqa: S310 - on loopback
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)  # noqa: S310
    with caught.value:
        return caught.value.code


@pytest.fixture
def copied_data_dir(first_life: FirstLife, tmp_path: Path) -> Path:
    """To be damaged."""
    return shutil.copytree(first_life.data_dir, tmp_path / "data")


def test_gateway_serves_as_soon_as_the_banner_is_out(first_life: FirstLife) -> None:
    """401 because there is no key; 503 would say that it does not serve yet."""
    assert first_life.first_answer == 401


def test_stop_is_orderly(first_life: FirstLife) -> None:
    assert first_life.exit_code == 0
    assert not (first_life.data_dir / "running.json").exists()


def test_second_start_keeps_everything_and_is_quick(first_life: FirstLife) -> None:
    started = time.monotonic()
    with start_ingate(first_life.data_dir) as second:
        seconds = time.monotonic() - started
        print(f"ready after {seconds:.2f} s")  # noqa: T201 - a measurement, which is not judged by a tight limit
        second.wait_until_served()
        assert second.get_keys("example-resource") == first_life.keys
        for name in ("subscription_id", "tenant_id", "resource_group", "default_resource"):
            assert second.running[name] == first_life.running[name]
        assert say_hello(second, first_life.keys["key2"], "kept") == "text"
        kept = second.manage("GET", f"{second.account_path('example-resource')}/deployments/kept")
        assert kept["sku"]["capacity"] == 7
    assert seconds < 10


def test_private_files_are_private(ingate: RunningIngate) -> None:
    open_to_others = [path for path in ingate.data_dir.rglob("*") if path.stat().st_mode & 0o077]

    assert ingate.data_dir.stat().st_mode & 0o077 == 0
    assert open_to_others == []


def test_two_on_one_data_directory_are_one_too_many(ingate: RunningIngate) -> None:
    finished = fail_to_start("--data-dir", str(ingate.data_dir))

    assert f"another Ingate runs on {ingate.data_dir}" in finished.stderr
    assert (ingate.data_dir / "running.json").exists(), "the one that runs is still found"
    assert say_hello(ingate, ingate.api_key) == "text"


@pytest.mark.parametrize("option", ["--port", "--management-port"])
def test_port_in_use_is_named(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finished = fail_to_start("--data-dir", str(tmp_path / "data"), option, str(port))

    assert re.search(rf"cannot listen on 127\.0\.0\.1 port {port}: .* \(choose another {option}\)", finished.stderr)


def test_development_keys_are_the_known_ones(first_life: FirstLife) -> None:
    assert first_life.keys["key1"] == DEVELOPMENT_KEYS[0]
    assert "publicly known" in first_life.banner


def test_development_keys_are_for_loopback(first_life: FirstLife, tmp_path: Path) -> None:
    wanted = fail_to_start("--data-dir", str(tmp_path / "data"), "--host", "0.0.0.0", "--development-keys")
    kept = fail_to_start("--data-dir", str(first_life.data_dir), "--host", "0.0.0.0")

    assert "0.0.0.0 is not loopback" in wanted.stderr
    assert not (tmp_path / "data").exists()
    assert "example-resource has a development key" in kept.stderr


def test_unknown_local_model_is_named(tmp_path: Path) -> None:
    assert "no-such-model" in fail_to_start("--data-dir", str(tmp_path / "data"), "--local", "no-such-model").stderr


def test_key_file_that_others_may_read_is_refused(copied_data_dir: Path) -> None:
    (copied_data_dir / "ingate.key").chmod(0o644)

    assert "ingate.key may be read by others" in fail_to_start("--data-dir", str(copied_data_dir)).stderr


def test_key_file_that_is_gone_is_missed(copied_data_dir: Path) -> None:
    (copied_data_dir / "ingate.key").unlink()

    assert "ingate.key is missing" in fail_to_start("--data-dir", str(copied_data_dir)).stderr
