"""Fixtures for every kind of test: a running Ingate, and the recordings of Claude when they are at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.support.loopback_only import pytest_runtest_call, pytest_runtest_setup, watch_connections
from tests.support.running import RunningIngate, start_ingate

__all__ = ["pytest_runtest_call", "pytest_runtest_setup"]  # hooks, which are found here

watch_connections()

# The same examples on every run, however slow the machine: a test that fails, fails for everyone.
settings.register_profile("ingate", deadline=None, derandomize=True)
settings.load_profile("ingate")


@pytest.fixture(scope="session")
def fixtures_dir() -> Path:
    """Recordings of real answers, which are not part of the project. INGATE_FIXTURES names their folder."""
    folder = Path(os.environ.get("INGATE_FIXTURES") or Path(__file__).parents[2] / "shared" / "fixtures")
    if not folder.is_dir():
        pytest.skip("the recordings are not here (INGATE_FIXTURES names their folder)")
    return folder


@pytest.fixture(scope="session")
def ingate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngate]:
    """One `ingate up` with its defaults, shared by all tests of a session: leave it as you found it."""
    with start_ingate(tmp_path_factory.mktemp("ingate") / "data") as running:
        yield running
