"""The stores that the suite is run against. A new implementation of the ports is one more entry in OPENERS."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from ingate.store.opening import Stores, open_stores

OPENERS: dict[str, Callable[[Path], Awaitable[Stores]]] = {"sqlite": open_stores}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=sorted(OPENERS))
def opener(request: pytest.FixtureRequest) -> Callable[[Path], Awaitable[Stores]]:
    return OPENERS[request.param]


@pytest.fixture
async def state(
    opener: Callable[[Path], Awaitable[Stores]], tmp_path: Path, anyio_backend: str
) -> AsyncGenerator[Stores]:
    """An empty state."""
    stores = await opener(tmp_path)
    yield stores
    await stores.close()


@pytest.fixture
async def other_state(
    state: Stores, opener: Callable[[Path], Awaitable[Stores]], tmp_path: Path, anyio_backend: str
) -> AsyncGenerator[Stores]:
    """The same state, opened a second time: what another process would see."""
    stores = await opener(tmp_path)
    yield stores
    await stores.close()
