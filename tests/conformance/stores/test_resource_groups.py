from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.aggregates import GROUP, SUBSCRIPTION, make_resource, put_resource_with_keys, put_scope

from ingate.domain.resource import Deletion
from ingate.domain.state import State
from ingate.domain.subscription import ResourceGroup

pytestmark = pytest.mark.anyio

DELETED_AT = datetime(2026, 11, 22, tzinfo=UTC)


async def test_a_deleted_group_is_gone_and_can_be_made_again(state: State) -> None:
    async with state.writing() as session:
        await put_scope(session)
        assert await session.resource_groups.delete_resource_group(SUBSCRIPTION.upper(), GROUP.upper())
        assert not await session.resource_groups.delete_resource_group(SUBSCRIPTION, GROUP)
    async with state.reading() as session:
        assert await session.resource_groups.get_resource_group(SUBSCRIPTION, GROUP) is None
        assert await session.resource_groups.list_resource_groups(SUBSCRIPTION) == []


async def test_deleted_resources_outlive_their_group(state: State) -> None:
    deletion = Deletion(deleted_at=DELETED_AT, purge_at=DELETED_AT + timedelta(hours=48))
    deleted = replace(make_resource(), deletion=deletion)
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, make_resource())
        await session.resources.put_resource(deleted)
        assert await session.resource_groups.delete_resource_group(SUBSCRIPTION, GROUP)
    async with state.reading() as session:
        assert await session.resource_groups.get_resource_group(SUBSCRIPTION, GROUP) is None
        assert await session.resource_groups.list_resource_groups(SUBSCRIPTION) == []
        assert await session.resources.get_deleted_resource(deleted.resource_id) == deleted

    again = ResourceGroup(subscription_id=SUBSCRIPTION, name=GROUP, location="westus", document={})
    async with state.writing() as session:
        assert not await session.resource_groups.delete_resource_group(SUBSCRIPTION, GROUP)
        await session.resource_groups.put_resource_group(again)
    async with state.reading() as session:
        assert await session.resource_groups.list_resource_groups(SUBSCRIPTION) == [again]
        assert await session.keys.get_keys(deleted.resource_id) is not None
