from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from ingate.store.faults import StoreUnusable
from ingate.store.migrating import find_head
from ingate.store.opening import DATABASE_FILE, open_stores
from ingate.store.schema_revision import HEAD
from ingate.store.tables import metadata

REOPEN = """
import asyncio, sys
from pathlib import Path
from ingate.store.opening import open_stores
async def main():
    await (await open_stores(Path(sys.argv[1]))).close()
asyncio.run(main())
sys.exit("alembic" in sys.modules)
"""


async def open_and_close(folder: Path) -> None:
    await (await open_stores(folder)).close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_the_revision_that_opening_looks_for_is_the_newest_migration() -> None:
    assert find_head() == HEAD


@pytest.mark.anyio
async def test_the_migrations_lead_to_the_tables_that_the_stores_use(tmp_path: Path) -> None:
    await open_and_close(tmp_path)
    engine = create_engine(f"sqlite:///{tmp_path / DATABASE_FILE}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_an_up_to_date_database_opens_without_alembic(tmp_path: Path) -> None:
    asyncio.run(open_and_close(tmp_path))
    subprocess.run([sys.executable, "-c", REOPEN, str(tmp_path)], check=True, timeout=60)


@pytest.mark.anyio
async def test_a_database_of_a_newer_ingate_is_left_alone(tmp_path: Path) -> None:
    await open_and_close(tmp_path)
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreUnusable, match="9999.*newer"):
        await open_stores(tmp_path)


@pytest.mark.anyio
async def test_a_file_that_is_no_database_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / DATABASE_FILE).write_bytes(b"this is not a database at all, and long enough" * 50)
    with pytest.raises(StoreUnusable, match="ingate.db"):
        await open_stores(tmp_path)


@pytest.mark.anyio
async def test_a_folder_that_is_not_there_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="nowhere.*No such file"):
        await open_stores(tmp_path / "nowhere")


@pytest.mark.anyio
async def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "100% été?mode=ro#x"
    folder.mkdir()
    await open_and_close(folder)
    assert (folder / DATABASE_FILE).stat().st_size > 0
