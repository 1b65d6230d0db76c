from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.support.control_plane import ManagementClient, make_seeded_data_dir, open_management


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def seeded_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seeded")
    asyncio.run(make_seeded_data_dir(folder))
    return folder


@pytest.fixture
async def client(seeded_data_dir: Path, tmp_path: Path, anyio_backend: str) -> AsyncGenerator[ManagementClient]:
    """The management API over a data directory that has its defaults and nothing else."""
    async with open_management(seeded_data_dir, tmp_path) as management:
        yield management
