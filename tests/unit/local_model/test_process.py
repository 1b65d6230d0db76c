"""Processes that are not the server: what its parent says when it never becomes ready."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingate.local_model.fault import LocalModelError
from ingate.local_model.process import find_free_port, wait_until_ready


def _python(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


def test_a_server_that_ended_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("first\n2\n3\n4\n5\nno such tensor\n")
    with _python("raise SystemExit(7)") as process, pytest.raises(LocalModelError) as caught:
        wait_until_ready(process, port=find_free_port(), timeout_seconds=20, log_file=log)
    assert "ended with status 7" in str(caught.value)
    assert "no such tensor" in str(caught.value)
    assert "first" not in str(caught.value)


def test_a_server_that_takes_too_long_is_reported() -> None:
    with _python("input()") as process:
        with pytest.raises(LocalModelError, match=r"not ready within 0\.2 seconds"):
            wait_until_ready(process, port=find_free_port(), timeout_seconds=0.2)
        process.kill()
