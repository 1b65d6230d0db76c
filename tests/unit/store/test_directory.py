"""What gateways are told of who may call, beyond the aggregates that it comes from."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.aggregates import TENANT, make_deployment, put_resource_with_keys, put_scope

from ingate.identity.signing_keys import make_signing_key
from ingate.store.opening import Stores, open_stores

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stores(tmp_path: Path, anyio_backend: str) -> AsyncGenerator[Stores]:
    opened = await open_stores(tmp_path)
    yield opened
    await opened.close()


async def test_models_for_tokens_only_are_marked(stores: Stores) -> None:
    async with stores.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        for model_id in ("claude-opus-4-5", "claude-mythos-5", "gone-from-the-catalogue"):
            deployment = replace(make_deployment(model_id), model_id=model_id)
            await session.deployments.put_deployment(deployment)
    async with stores.reading() as session:
        [resource] = (await session.directory.get_directory()).resources
    marked = {deployment.name: deployment.requires_token for deployment in resource.deployments}
    assert marked == {"claude-opus-4-5": False, "claude-mythos-5": True, "gone-from-the-catalogue": False}


async def test_our_own_issuers_are_told_from_others_by_a_mark(stores: Stores) -> None:
    async with stores.writing() as session:
        await put_scope(session)
        await put_resource_with_keys(session)
        await session.signing_keys.put_signing_key(make_signing_key(NOW))
    async with stores.reading() as session:
        issuers = (await session.directory.get_directory()).issuers
    assert [(issuer.tenant_id, issuer.is_own) for issuer in issuers] == [(TENANT, True)] * 2
