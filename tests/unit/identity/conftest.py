from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.unit.identity.tenant import TenantClient, make_seeded_tenant, open_tenant


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def seeded_tenant_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tenant")
    asyncio.run(make_seeded_tenant(folder))
    return folder


@pytest.fixture
async def tenant(seeded_tenant_dir: Path, tmp_path: Path, anyio_backend: str) -> AsyncGenerator[TenantClient]:
    """Identity endpoints over a tenant with one principal of each kind and a signing key."""
    async with open_tenant(seeded_tenant_dir, tmp_path / "data") as client:
        yield client
