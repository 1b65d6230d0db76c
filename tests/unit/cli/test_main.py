"""The program as a process: `python -m ingate`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ingate", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_exit_codes_are_those_of_the_reference(tmp_path: Path) -> None:
    assert run_program("version").returncode == 0
    assert run_program("no-such-command").returncode == 2
    nothing_runs = run_program("resource", "list", "--data-dir", str(tmp_path))
    assert (nothing_runs.returncode, nothing_runs.stdout) == (3, "")
    assert "ingate up" in nothing_runs.stderr


def test_a_setting_that_cannot_be_used_is_wrong_usage(tmp_path: Path) -> None:
    refused = run_program("up", "--data-dir", str(tmp_path), "--development-keys", "--host", "0.0.0.0")
    assert refused.returncode == 2
    assert "not loopback" in refused.stderr
    assert list(tmp_path.iterdir()) == []
