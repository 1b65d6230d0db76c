from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.support.control_plane import ManagementClient, build_control_plane

from ingate.management.seeding import seed_defaults
from ingate.store.directory_file import DirectoryFile
from ingate.store.opening import open_stores


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client(tmp_path: Path, anyio_backend: str) -> AsyncGenerator[ManagementClient]:
    """The management API over a fresh data directory with its defaults."""
    stores = await open_stores(tmp_path)
    directory_file = tmp_path / "directory.json"
    plane = build_control_plane(stores, DirectoryFile(stores, directory_file).publish)
    management = ManagementClient(plane, await seed_defaults(plane), directory_file)
    yield management
    await management.close()
    await stores.close()
