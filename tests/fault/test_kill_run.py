"""`ingate run` is killed with SIGKILL: what it started ends by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.running import inherit_environment

pytestmark = pytest.mark.slow

SHOW_AND_WAIT = (
    "import os, pathlib, time; pathlib.Path('shown').write_text(os.environ['HTTPS_PROXY']); time.sleep(60)"
)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(what: str, happened: object) -> None:
    assert callable(happened)
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_ingate_and_the_proxy_that_it_started_end_with_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ingate", "run", "--data-dir", str(data_dir), "--"),
            *(sys.executable, "-c", SHOW_AND_WAIT),
        ],
        cwd=tmp_path,
        env=inherit_environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    command: list[int] = []
    try:
        wait_until("the command was started", (tmp_path / "shown").exists)
        supervisor = json.loads((data_dir / "running.json").read_text())["pid"]
        children = list_children(process.pid)
        assert supervisor in children
        started = [*children, *list_children(supervisor)]
        command = [pid for pid in children if b"HTTPS_PROXY" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(command) == 1
        assert len(started) >= 5, "the supervisor, control, a gateway, the proxy and the command"

        process.send_signal(signal.SIGKILL)
        process.wait(10)

        rest = [pid for pid in started if pid not in command]
        wait_until("all of Ingate has ended", lambda: not any(map(is_alive, rest)))
        assert not (data_dir / "running.json").exists(), "it ended in good order"
        assert is_alive(command[0]), "the command is its own"
    finally:
        if process.poll() is None:
            process.kill()
        for pid in command:
            os.kill(pid, signal.SIGKILL)


def list_children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
