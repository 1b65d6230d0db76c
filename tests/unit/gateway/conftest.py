from __future__ import annotations

import pytest
from tests.unit.gateway.fake_front import FakeFront


@pytest.fixture
def front() -> FakeFront:
    return FakeFront()
