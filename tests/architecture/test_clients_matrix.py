"""docs/reference/clients.md says what the tests exercise, and no result that no run had."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.clients_matrix import Observer, record, render
from tests.support.clients_matrix_entries import PYDANTIC_AI_CLIENT, read_locked_version

ROOT = Path(__file__).parents[2]
KEY = (PYDANTIC_AI_CLIENT.name, "a tool")
TEST = "tests/contract/test_it.py::test_a_tool"
OTHER = "tests/contract/test_it.py::test_another_tool"


@pytest.mark.slow
def test_clients_document_is_what_the_tests_and_their_last_recorded_run_say() -> None:
    command = [sys.executable, "-m", "tests.support.clients_matrix", "--check"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert finished.returncode == 0, (
        "`python -m tests.support.clients_matrix --render` writes the page anew; without --render it runs the tests "
        f"first, of PATHs if there are any\n{finished.stdout}{finished.stderr}"
    )


def recorded(outcomes: dict[str, str], *, today: str = "2026-11-23") -> dict[str, Any]:
    return record(Observer(outcomes={KEY: outcomes}), earlier={}, today=today)


def show(tests: set[str], recording: dict[str, Any]) -> str:
    """The result's cell."""
    [row] = [line for line in render({KEY: tests}, recording).splitlines() if line.startswith("| pydantic-ai")]
    return row.strip("| ").split(" | ")[-1]


def test_a_result_needs_every_test_to_have_passed() -> None:
    assert show({TEST}, recorded({TEST: "passed"})) == "passed 2026-11-23"
    assert show({TEST, OTHER}, recorded({TEST: "passed"})) == "not run"
    assert show({TEST, OTHER}, recorded({TEST: "passed", OTHER: "skipped"})) == "not run"
    assert show({TEST, OTHER}, recorded({TEST: "passed", OTHER: "failed"})) == "**failed**"
    assert show({TEST}, {}) == "not run"


def test_a_result_of_another_version_is_none() -> None:
    recording = recorded({TEST: "passed"})
    recording["clients"][PYDANTIC_AI_CLIENT.name]["version"] = "0.0.1"

    assert show({TEST}, recording) == "not run"


def test_a_run_of_some_tests_keeps_the_results_of_the_others() -> None:
    earlier = recorded({TEST: "passed"}, today="2026-11-22")

    both = record(Observer(outcomes={KEY: {OTHER: "passed"}}), earlier=earlier, today="2026-11-23")

    assert show({TEST, OTHER}, both) == "passed 2026-11-22"


def test_versions_are_read_from_what_is_locked() -> None:
    assert read_locked_version(ROOT / "requirements" / "dev.txt", "anthropic").count(".") == 2
    with pytest.raises(LookupError):
        read_locked_version(ROOT / "requirements" / "dev.txt", "anthropic-of-nobody")
