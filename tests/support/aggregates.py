"""Aggregates as tests of the stores need them."""

from __future__ import annotations

from datetime import UTC, datetime

from ingate.domain.change import LOCAL_ADMINISTRATOR, created
from ingate.domain.content import ContentRecording
from ingate.domain.deployment import Deployment
from ingate.domain.key import ApiKey, KeyPair
from ingate.domain.quota import ExplicitLimits
from ingate.domain.resource import FoundryResource
from ingate.domain.state import StateSession
from ingate.domain.subscription import ResourceGroup, Subscription, SubscriptionId, Tenant, TenantId
from ingate.domain.upstream import ConfiguredUpstream, CredentialReference, UpstreamDefinition

TENANT = TenantId("11111111-1111-4111-8111-111111111111")
SUBSCRIPTION = SubscriptionId("22222222-2222-4222-8222-222222222222")
GROUP = "Example-Group"
CREATED = created(LOCAL_ADMINISTRATOR, datetime(2026, 11, 22, 12, 0, 0, 123_456, tzinfo=UTC))
KEYS = KeyPair(key1=ApiKey("FIRST" * 16), key2=ApiKey("SECOND" * 14))


def make_resource(name: str = "Example-Resource", *, subdomain: str | None = None) -> FoundryResource:
    return FoundryResource(
        subscription_id=SUBSCRIPTION,
        resource_group=GROUP,
        name=name,
        location="eastus2",
        subdomain=subdomain or name.lower(),
        internal_id="0" * 32,
        etag='"1"',
        system_data=CREATED,
        document={"tags": {"team": "élan"}, "properties": {"unknown": [1, None, {"a": 1.5}]}},
    )


def make_deployment(
    name: str = "Prod-A", *, resource: FoundryResource | None = None, upstream: str = "simulator"
) -> Deployment:
    return Deployment(
        resource_id=(resource or make_resource()).resource_id,
        name=name,
        model_id="claude-opus-4-5",
        model_version="20251101",
        deployment_type="GlobalStandard",
        capacity=7,
        upstream=upstream,
        upstream_model="claude-opus-4-5-20251101",
        limits=ExplicitLimits(requests=60, output_tokens=10**12),
        record_content=ContentRecording(retention_days=30, redact=(r"\bélan-\d{6}\b", "[a-z]+@example\\.com")),
        etag='"1"',
        system_data=CREATED,
        document={"properties": {"raiPolicyName": "Microsoft.DefaultV2"}},
    )


def make_upstream(name: str = "Anthropic") -> ConfiguredUpstream:
    definition = UpstreamDefinition(
        name=name,
        kind="messages-api",
        base_url="https://api.example.com/anthropic",
        credential=CredentialReference(source="env", location="UPSTREAM_KEY"),
        credential_header="authorization",
        profile="vllm",
        connect_timeout=1.5,
        first_byte_timeout=2.5,
        idle_timeout=3.5,
        tls_ca_file="/etc/ssl/ca.pem",
    )
    return ConfiguredUpstream(
        definition=definition,
        subscription_id=SUBSCRIPTION,
        resource_group=GROUP,
        allow_plain_http=True,
        etag='"1"',
        system_data=CREATED,
    )


async def put_scope(session: StateSession) -> None:
    """The tenant, subscription and resource group that everything else lives in."""
    await session.tenants.put_tenant(Tenant(tenant_id=TENANT, display_name="Tenant"))
    await session.subscriptions.put_subscription(
        Subscription(subscription_id=SUBSCRIPTION, tenant_id=TENANT, display_name="Subscription")
    )
    await session.resource_groups.put_resource_group(
        ResourceGroup(subscription_id=SUBSCRIPTION, name=GROUP, location="eastus2", document={"tags": {"a": "b"}})
    )


async def put_resource_with_keys(session: StateSession, resource: FoundryResource | None = None) -> None:
    chosen = resource or make_resource()
    await session.resources.put_resource(chosen)
    await session.keys.put_keys(chosen.resource_id, KEYS)
