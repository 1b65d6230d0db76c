"""Transactions: all or nothing, one writer at a time, readers that never wait, and a revision that only grows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.support.aggregates import (
    KEYS,
    SUBSCRIPTION,
    make_deployment,
    make_resource,
    make_upstream,
    put_resource_with_keys,
    put_scope,
)

from ingate.domain.state import State, StateSession
from ingate.domain.subscription import ResourceGroup

pytestmark = pytest.mark.anyio

Change = Callable[[StateSession], Awaitable[object]]

VISIBLE_CHANGES: dict[str, Change] = {
    "resource put": lambda session: session.resources.put_resource(make_resource("another-resource")),
    "resource deleted": lambda session: session.resources.delete_resource(make_resource().resource_id),
    "keys put": lambda session: session.keys.put_keys(make_resource().resource_id, KEYS),
    "deployment put": lambda session: session.deployments.put_deployment(make_deployment("another")),
    "deployment deleted": lambda session: session.deployments.delete_deployment(
        make_resource().resource_id, make_deployment().name
    ),
    "upstream put": lambda session: session.upstreams.put_upstream(make_upstream("another")),
    "upstream deleted": lambda session: session.upstreams.delete_upstream(make_upstream().definition.name),
}

INVISIBLE_CHANGES: dict[str, Change] = {
    "resource group put": lambda session: session.resource_groups.put_resource_group(
        ResourceGroup(subscription_id=SUBSCRIPTION, name="another-group", location="eastus2")
    ),
    "nothing deleted": lambda session: session.resources.delete_resource("/subscriptions/none"),
}


async def fill(state: State) -> None:
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        await session.deployments.put_deployment(make_deployment())
        await session.upstreams.put_upstream(make_upstream())


async def get_revision(state: State) -> int:
    async with state.reading() as session:
        return await session.directory.get_revision()


@pytest.mark.parametrize("change", VISIBLE_CHANGES.values(), ids=VISIBLE_CHANGES.keys())
async def test_what_the_data_plane_can_see_raises_the_revision(state: State, change: Change) -> None:
    await fill(state)
    before = await get_revision(state)
    async with state.writing() as session:
        await change(session)
    assert await get_revision(state) > before


@pytest.mark.parametrize("change", INVISIBLE_CHANGES.values(), ids=INVISIBLE_CHANGES.keys())
async def test_what_it_cannot_see_leaves_the_revision(state: State, change: Change) -> None:
    await fill(state)
    before = await get_revision(state)
    async with state.writing() as session:
        await change(session)
    assert await get_revision(state) == before


async def test_an_exception_undoes_the_change_and_its_revision(state: State) -> None:
    await fill(state)
    before = await get_revision(state)
    with pytest.raises(RuntimeError, match="half way"):  # noqa: PT012 - the transaction is what is tested
        async with state.writing() as session:
            await session.resources.delete_resource(make_resource().resource_id)
            raise RuntimeError("half way")
    async with state.reading() as session:
        assert await session.resources.get_resource(make_resource().resource_id) is not None
        assert await session.directory.get_revision() == before


async def test_a_reader_sees_one_moment_while_a_writer_commits(state: State, other_state: State) -> None:
    await fill(state)
    async with state.reading() as reader:
        before = await reader.directory.get_revision()
        async with other_state.writing() as writer:
            await writer.resources.delete_resource(make_resource().resource_id)
        assert await reader.directory.get_revision() == before
        directory = await reader.directory.get_directory()
        assert len(directory.resources) == 1
    assert await get_revision(state) > before


async def test_writers_wait_for_each_other_and_lose_no_update(state: State, other_state: State) -> None:
    """Read, think, write: what a lost update needs. 40 of them from two processes' worth of connections."""
    await fill(state)
    start = make_deployment().capacity

    async def add_one(writers: State) -> None:
        async with writers.writing() as session:
            found = await session.deployments.get_deployment(make_resource().resource_id, "prod-a")
            assert found is not None
            await asyncio.sleep(0)
            await session.deployments.put_deployment(replace(found, capacity=found.capacity + 1))

    before = await get_revision(state)
    await asyncio.gather(*(add_one(writers) for writers in (state, other_state) * 20))

    async with state.reading() as session:
        found = await session.deployments.get_deployment(make_resource().resource_id, "prod-a")
    assert found is not None
    assert found.capacity == start + 40
    assert await get_revision(state) == before + 40


async def test_the_directory_holds_what_gateways_need_and_no_key(state: State) -> None:
    await fill(state)
    async with state.reading() as session:
        directory = await session.directory.get_directory()
    (resource,) = directory.resources
    assert resource.resource_id == make_resource().resource_id
    assert [deployment.name for deployment in resource.deployments] == ["Prod-A"]
    assert [upstream.name for upstream in directory.upstreams] == ["simulator", "Anthropic"]
    assert directory.upstreams[1] == make_upstream().definition
    assert KEYS.key1 not in repr(directory)
    assert all(len(digest) == 64 for digest in resource.key_digests)
