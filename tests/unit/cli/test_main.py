"""The program as a process: `python -m ingate`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


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
    assert "--host (INGATE_HOST): " in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value", "error"),
    [
        ("INGATE_PORT", "99999", "--port (INGATE_PORT): not a port"),
        ("INGATE_SIMULATOR_SEED", "x", "--seed (INGATE_SIMULATOR_SEED): a whole number is expected, not 'x'"),
        ("INGATE_OPERATION_SECONDS", "-1", "INGATE_OPERATION_SECONDS: a finite number, not negative"),
    ],
)
def test_a_setting_is_named_as_it_can_be_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str, error: str
) -> None:
    monkeypatch.setenv(variable, value)
    refused = run_program("up", "--data-dir", str(tmp_path))
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (2, f"Error: {error}")
