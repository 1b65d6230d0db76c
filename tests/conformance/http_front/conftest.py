"""One gateway worker for the whole suite; what it logs at the end is part of what is tested."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.front import Front, running_front


@pytest.fixture(scope="session")
def shared_front() -> Iterator[Front]:
    with running_front() as front:
        yield front
        assert front.is_alive, front.read_log()
        assert "Traceback" not in front.read_log(), front.read_log()


@pytest.fixture
def front(shared_front: Front) -> Iterator[Front]:
    """The shared worker with an upstream that remembers nothing yet; afterwards nothing was sent that is not HTTP."""
    shared_front.upstream.clear()
    yield shared_front
    assert shared_front.upstream.violations == []
    assert shared_front.is_alive, shared_front.read_log()
