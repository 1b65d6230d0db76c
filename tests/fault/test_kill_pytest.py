"""A pytest that runs an Ingate is killed with SIGKILL: its Ingate ends by itself."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.process_tree import is_alive, list_children, wait_until
from tests.support.running import inherit_environment

pytestmark = pytest.mark.slow

ENDLESS_TEST = """
import pathlib, time

def test_that_does_not_end(ingate):
    pathlib.Path("began").touch()
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_its_ingate_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "test_endless.py").write_text(ENDLESS_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p ingate.pytest_plugin\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--basetemp", str(tmp_path / "temporary")],
        cwd=tmp_path,
        env=inherit_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until("the test began", (tmp_path / "began").exists)
        (running_file,) = (tmp_path / "temporary").rglob("running.json")
        (supervisor,) = list_children(process.pid)
        started = [supervisor, *list_children(supervisor)]
        assert len(started) >= 3, "the supervisor, control and a gateway"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    wait_until("all of Ingate has ended", lambda: not any(map(is_alive, started)))
    assert not running_file.exists(), "it ended in good order"
