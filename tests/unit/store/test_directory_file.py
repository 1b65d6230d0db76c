from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from tests.support.aggregates import make_deployment, put_resource_with_keys, put_scope

from ingate.domain.directory import parse_directory
from ingate.store.directory_file import DirectoryFile
from ingate.store.opening import Stores, open_stores

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stores(tmp_path: Path, anyio_backend: str) -> AsyncGenerator[Stores]:
    opened = await open_stores(tmp_path)
    async with opened.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
    yield opened
    await opened.close()


async def test_the_snapshot_is_whole_private_and_leaves_no_other_file(stores: Stores, tmp_path: Path) -> None:
    path = tmp_path / "published" / "directory.json"
    path.parent.mkdir()
    await DirectoryFile(stores, path).publish()

    async with stores.reading() as session:
        assert parse_directory(path.read_bytes()) == await session.directory.get_directory()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["directory.json"]


async def test_an_unchanged_revision_is_not_written_again(stores: Stores, tmp_path: Path) -> None:
    path = tmp_path / "directory.json"
    publisher = DirectoryFile(stores, path)
    await publisher.publish()
    first = path.stat().st_ino
    await publisher.publish()
    assert path.stat().st_ino == first


async def test_publications_side_by_side_end_with_the_newest_revision(stores: Stores, tmp_path: Path) -> None:
    path = tmp_path / "directory.json"
    publisher = DirectoryFile(stores, path)

    async def change(number: int) -> None:
        async with stores.writing() as session:
            await session.deployments.put_deployment(make_deployment(f"deployment-{number}"))
        await publisher.publish()
        names = [d.name for d in parse_directory(path.read_bytes()).resources[0].deployments]
        assert f"deployment-{number}" in names

    await asyncio.gather(*(change(number) for number in range(10)))

    async with stores.reading() as session:
        assert parse_directory(path.read_bytes()).revision == await session.directory.get_revision()
