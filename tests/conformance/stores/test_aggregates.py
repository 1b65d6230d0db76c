"""Each store keeps its aggregate whole, finds it without regard to case, and says when there is nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.aggregates import (
    GROUP,
    KEYS,
    SUBSCRIPTION,
    TENANT,
    make_deployment,
    make_resource,
    make_upstream,
    put_resource_with_keys,
    put_scope,
)

from ingate.domain.key import ApiKey, KeyPair
from ingate.domain.state import State
from ingate.domain.subscription import ResourceGroup, Subscription, SubscriptionId, Tenant, TenantId

pytestmark = pytest.mark.anyio


async def test_an_empty_state_holds_nothing(state: State) -> None:
    async with state.reading() as session:
        assert await session.tenants.list_tenants() == []
        assert await session.tenants.get_tenant(TENANT) is None
        assert await session.subscriptions.list_subscriptions() == []
        assert await session.subscriptions.get_subscription(SUBSCRIPTION) is None
        assert await session.resource_groups.list_resource_groups(SUBSCRIPTION) == []
        assert await session.resource_groups.get_resource_group(SUBSCRIPTION, GROUP) is None
        assert await session.resources.list_resources(SUBSCRIPTION) == []
        assert await session.resources.get_resource(make_resource().resource_id) is None
        assert await session.resources.get_resource_by_subdomain("nothing") is None
        assert await session.keys.get_keys(make_resource().resource_id) is None
        assert await session.deployments.list_deployments(make_resource().resource_id) == []
        assert await session.upstreams.list_upstreams() == []
        assert await session.upstreams.get_upstream("nothing") is None


async def test_tenants_subscriptions_and_groups_come_back(state: State) -> None:
    async with state.writing() as session:
        await put_scope(session)
    async with state.reading() as session:
        assert await session.tenants.list_tenants() == [Tenant(tenant_id=TENANT, display_name="Tenant")]
        subscription = Subscription(subscription_id=SUBSCRIPTION, tenant_id=TENANT, display_name="Subscription")
        assert await session.subscriptions.get_subscription(SUBSCRIPTION.upper()) == subscription
        group = await session.resource_groups.get_resource_group(SUBSCRIPTION.upper(), GROUP.upper())
    assert group == ResourceGroup(
        subscription_id=SUBSCRIPTION, name=GROUP, location="eastus2", document={"tags": {"a": "b"}}
    )


async def test_tenants_and_subscriptions_are_listed_in_the_order_they_were_made(state: State) -> None:
    tenants = [TenantId(f"{digit * 8}-0000-4000-8000-000000000000") for digit in "921"]
    async with state.writing() as session:
        for tenant in tenants:
            await session.tenants.put_tenant(Tenant(tenant_id=tenant, display_name="T"))
            await session.subscriptions.put_subscription(
                Subscription(subscription_id=SubscriptionId(tenant), tenant_id=tenant, display_name="S")
            )
    async with state.reading() as session:
        assert [entry.tenant_id for entry in await session.tenants.list_tenants()] == tenants
        listed = await session.subscriptions.list_subscriptions()
    assert [entry.subscription_id for entry in listed] == tenants


async def test_a_resource_comes_back_whole_by_id_and_by_subdomain(state: State) -> None:
    resource = make_resource()
    async with state.writing() as session:
        await put_scope(session)
        await session.resources.put_resource(resource)
    async with state.reading() as session:
        assert await session.resources.get_resource(resource.resource_id.upper()) == resource
        assert await session.resources.get_resource_by_subdomain("EXAMPLE-resource") == resource
        assert await session.resources.list_resources(SUBSCRIPTION, GROUP.lower()) == [resource]
        assert await session.resources.list_resources(SUBSCRIPTION, "other-group") == []


async def test_putting_a_resource_again_replaces_it(state: State) -> None:
    resource = make_resource()
    changed = replace(resource, etag='"2"', document={"tags": {}})
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, resource)
        await session.deployments.put_deployment(make_deployment())
        await session.resources.put_resource(changed)
    async with state.reading() as session:
        assert await session.resources.list_resources(SUBSCRIPTION) == [changed]
        assert await session.keys.get_keys(resource.resource_id) == KEYS
        assert await session.deployments.list_deployments(resource.resource_id) == [make_deployment()]


async def test_deleting_a_resource_takes_its_keys_and_deployments_along(state: State) -> None:
    resource, other = make_resource(), make_resource("other-resource")
    async with state.writing() as session:
        await put_scope(session)
        for entry in (resource, other):
            await put_resource_with_keys(session, entry)
            await session.deployments.put_deployment(make_deployment(resource=entry))
    async with state.writing() as session:
        assert await session.resources.delete_resource(resource.resource_id.upper())
        assert not await session.resources.delete_resource(resource.resource_id)
    async with state.reading() as session:
        assert await session.keys.get_keys(resource.resource_id) is None
        assert await session.deployments.list_deployments(resource.resource_id) == []
        assert await session.keys.get_keys(other.resource_id) == KEYS
        assert len(await session.deployments.list_deployments(other.resource_id)) == 1


async def test_one_key_is_replaced_and_the_other_kept(state: State) -> None:
    resource = make_resource()
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session, resource)
        await session.keys.put_keys(resource.resource_id.upper(), KEYS.replaced(2, ApiKey("NEW")))
    async with state.reading() as session:
        assert await session.keys.get_keys(resource.resource_id) == KeyPair(key1=KEYS.key1, key2=ApiKey("NEW"))


@pytest.mark.parametrize("name", ["prod-a", "my-claude-deployment", "production-été", "生产-モデル", "रिलीज़.1"])
async def test_deployments_of_any_script_come_back_whole(state: State, name: str) -> None:
    deployment = make_deployment(name)
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        await session.deployments.put_deployment(deployment)
    async with state.reading() as session:
        found = await session.deployments.get_deployment(deployment.resource_id.upper(), name.upper())
        assert found == deployment
        assert await session.deployments.list_deployments_of_upstream("simulator") == [deployment]
        assert await session.deployments.list_deployments_of_upstream("other") == []


async def test_a_deployment_is_deleted_once(state: State) -> None:
    deployment = make_deployment()
    async with state.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        await session.deployments.put_deployment(deployment)
        assert await session.deployments.delete_deployment(deployment.resource_id, "PROD-A")
        assert not await session.deployments.delete_deployment(deployment.resource_id, "prod-a")


async def test_an_upstream_comes_back_whole_and_is_deleted_once(state: State) -> None:
    upstream = make_upstream()
    async with state.writing() as session:
        await put_scope(session)
        await session.upstreams.put_upstream(upstream)
    async with state.writing() as session:
        assert await session.upstreams.get_upstream("ANTHROPIC") == upstream
        assert await session.upstreams.list_upstreams() == [upstream]
        assert await session.upstreams.delete_upstream("anthropic")
        assert not await session.upstreams.delete_upstream("anthropic")
