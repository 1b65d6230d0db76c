from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.upstreams.hand_driven_loop import HandDrivenLoop


@pytest.fixture
def loop() -> Iterator[HandDrivenLoop]:
    loop = HandDrivenLoop()
    yield loop
    if loop.gate is not None:
        loop.gate.set()
    loop.settle()
    loop.close()
    assert loop.problems == []
