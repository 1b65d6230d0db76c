"""`ingate run` is killed with SIGKILL: what it started ends by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.process_tree import is_alive, list_children, wait_until
from tests.support.running import inherit_environment

pytestmark = pytest.mark.slow

SHOW_AND_WAIT = (
    "import os, pathlib, time; pathlib.Path('shown').write_text(os.environ['HTTPS_PROXY']); time.sleep(60)"
)


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
