"""Whoever copies the database without its key file has no API key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.support.aggregates import make_resource, put_resource_with_keys, put_scope

from ingate.domain.key import ApiKey, KeyPair
from ingate.store.faults import StoreUnusable
from ingate.store.opening import KEY_FILE, Stores

pytestmark = pytest.mark.anyio

Opener = Callable[[Path], Awaitable[Stores]]
CANARIES = KeyPair(key1=ApiKey("qZ7xVn2LwTcanaryKEYone" * 4), key2=ApiKey("pY4mRk9BsHcanaryKEYtwo" * 4))


async def store_canaries(state: Stores) -> None:
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        await session.keys.put_keys(make_resource().resource_id, CANARIES)


def find_fragments(folder: Path) -> list[str]:
    """Any 8 characters in a row of a key, in any byte of any file."""
    keys = (CANARIES.key1.encode(), CANARIES.key2.encode())
    fragments = {key[start : start + 8] for key in keys for start in range(len(key) - 7)}
    return [
        path.name
        for path in folder.iterdir()
        if path.is_file() and any(fragment in path.read_bytes() for fragment in fragments)
    ]


def find_modes(folder: Path) -> dict[str, int]:
    """What others may do with each file."""
    return {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}


async def test_no_file_holds_any_part_of_a_key_while_open_or_closed(
    opener: Opener, tmp_path: Path, anyio_backend: str
) -> None:
    state = await opener(tmp_path)
    await store_canaries(state)
    assert find_fragments(tmp_path) == []
    await state.close()
    assert find_fragments(tmp_path) == []


async def test_every_file_is_its_owners_alone(opener: Opener, tmp_path: Path, anyio_backend: str) -> None:
    state = await opener(tmp_path)
    await store_canaries(state)
    modes = find_modes(tmp_path)
    await state.close()
    assert set(modes.values()) == {0}, modes


async def test_keys_come_back_after_a_restart(opener: Opener, tmp_path: Path, anyio_backend: str) -> None:
    state = await opener(tmp_path)
    await store_canaries(state)
    await state.close()
    state = await opener(tmp_path)
    async with state.reading() as session:
        assert await session.keys.get_keys(make_resource().resource_id) == CANARIES
    await state.close()


async def test_a_key_file_that_others_may_read_is_refused(opener: Opener, tmp_path: Path, anyio_backend: str) -> None:
    await (await opener(tmp_path)).close()
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(StoreUnusable, match="may be read by others.*chmod 600"):
        await opener(tmp_path)


async def test_a_missing_key_file_is_refused_once_there_are_keys(
    opener: Opener, tmp_path: Path, anyio_backend: str
) -> None:
    state = await opener(tmp_path)
    await store_canaries(state)
    await state.close()
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(StoreUnusable, match="is missing"):
        await opener(tmp_path)
    assert not (tmp_path / KEY_FILE).exists()


async def test_another_databases_key_file_is_refused_at_once(
    opener: Opener, tmp_path: Path, anyio_backend: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await (await opener(other)).close()
    state = await opener(tmp_path)
    await store_canaries(state)
    await state.close()
    (other / KEY_FILE).replace(tmp_path / KEY_FILE)
    with pytest.raises(StoreUnusable, match="not encrypted with this ingate.key"):
        await opener(tmp_path)


async def test_a_key_file_of_something_else_is_refused(opener: Opener, tmp_path: Path, anyio_backend: str) -> None:
    (tmp_path / KEY_FILE).write_text("not a key\n")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(StoreUnusable, match="not a key file"):
        await opener(tmp_path)
