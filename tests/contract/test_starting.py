"""`ingate up`: what a second start keeps, and what it refuses to start with."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import anthropic
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


def test_first_request_after_the_banner_is_served(tmp_path: Path) -> None:
    with start_ingate(tmp_path / "data") as ingate:
        with pytest.raises(anthropic.AuthenticationError):
            say_hello(ingate, "not-a-key")
        assert say_hello(ingate, ingate.api_key) == "text"


def test_second_start_keeps_everything_and_is_quick(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with start_ingate(data_dir) as first:
        first.put_deployment("kept", capacity=7)
        keys, before = first.get_keys("example-resource"), dict(first.running)
        assert first.stop() == 0
    assert not (data_dir / "running.json").exists()

    started = time.monotonic()
    with start_ingate(data_dir) as second:
        seconds = time.monotonic() - started
        print(f"ready after {seconds:.2f} s")  # noqa: T201 - a measurement, which is not judged by a tight limit
        second.wait_until_served()
        assert second.get_keys("example-resource") == keys
        assert second.running["subscription_id"] == before["subscription_id"]
        assert second.running["tenant_id"] == before["tenant_id"]
        assert say_hello(second, keys["key1"], "kept") == "text"
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


def test_development_keys_are_for_loopback(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    refused = fail_to_start("--data-dir", str(data_dir), "--host", "0.0.0.0", "--development-keys")
    assert "not loopback" in refused.stderr

    with start_ingate(data_dir, "--development-keys") as ingate:
        ingate.wait_until_served()
        assert list(ingate.get_keys("example-resource").values()) == list(DEVELOPMENT_KEYS)
        assert say_hello(ingate, DEVELOPMENT_KEYS[0]) == "text"
        assert "publicly known" in ingate.stdout_file.read_text()

    kept = fail_to_start("--data-dir", str(data_dir), "--host", "0.0.0.0")
    assert "development key" in kept.stderr


def test_unknown_local_model_is_named(tmp_path: Path) -> None:
    assert "no-such-model" in fail_to_start("--data-dir", str(tmp_path / "data"), "--local", "no-such-model").stderr


def test_unusable_state_is_named(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with start_ingate(data_dir):
        pass
    (data_dir / "ingate.key").chmod(0o644)
    assert "ingate.key may be read by others" in fail_to_start("--data-dir", str(data_dir)).stderr
    (data_dir / "ingate.key").unlink()
    assert "ingate.key is missing" in fail_to_start("--data-dir", str(data_dir)).stderr
