"""Keys follow one another: nothing that is valid ever lacks its key, and no key signs for ever."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
from tests.unit.identity.tenant import (
    BUILDER,
    COGNITIVE_SERVICES,
    NOW,
    SECRET,
    TENANT,
    TenantClient,
    build_secret_form,
    make_secret,
)

from ingate.domain.signing_key import SigningKey
from ingate.identity.signing_keys import (
    LIFETIME,
    LONGEST_TOKEN,
    RENEWAL,
    SPREADING,
    choose_key,
    list_published,
    needs_renewal,
    rotate_signing_key,
    seed_identity,
)

pytestmark = pytest.mark.anyio


async def get_token(tenant: TenantClient) -> str:
    return str((await tenant.ask(build_secret_form())).json()["access_token"])


async def list_keys(tenant: TenantClient) -> list[str]:
    return [key["kid"] for key in (await tenant.get(f"/{TENANT}/discovery/v2.0/keys")).json()["keys"]]


def get_key_id(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


async def test_a_second_start_makes_no_second_key(tenant: TenantClient) -> None:
    before = await list_keys(tenant)
    await seed_identity(tenant.plane)
    assert await list_keys(tenant) == before


async def test_tokens_name_their_key_twice(tenant: TenantClient) -> None:
    header = jwt.get_unverified_header(await get_token(tenant))
    assert header == {"typ": "JWT", "alg": "RS256", "kid": header["kid"], "x5t": header["kid"]}


async def test_a_new_key_is_published_before_it_signs(tenant: TenantClient) -> None:
    (old,) = await list_keys(tenant)
    tenant.clock.advance(hours=1)
    new = (await rotate_signing_key(tenant.plane)).key_id
    assert set(await list_keys(tenant)) == {old, new}
    assert get_key_id(await get_token(tenant)) == old
    tenant.clock.advance(seconds=SPREADING.total_seconds())
    assert get_key_id(await get_token(tenant)) == new


async def test_what_the_old_key_signed_can_be_checked_until_its_end(tenant: TenantClient) -> None:
    token = await get_token(tenant)
    await rotate_signing_key(tenant.plane)
    tenant.clock.advance(minutes=90)
    await tenant.read_token(token, COGNITIVE_SERVICES)
    tenant.clock.advance(hours=1)
    assert get_key_id(token) not in await list_keys(tenant)


async def test_it_is_forgotten_at_the_next_change(tenant: TenantClient) -> None:
    for _ in range(3):
        await rotate_signing_key(tenant.plane)
        tenant.clock.advance(hours=3)
    async with tenant.stores.reading() as session:
        assert len(await session.signing_keys.list_signing_keys()) == 2


async def test_the_next_key_is_made_when_its_time_comes(tenant: TenantClient) -> None:
    (old,) = await list_keys(tenant)
    tenant.clock.now = NOW + LIFETIME - RENEWAL
    tenant.clock.now -= timedelta(seconds=1)
    await give_builder_time(tenant)
    await get_token(tenant)
    assert await list_keys(tenant) == [old]
    tenant.clock.advance(seconds=2)
    assert get_key_id(await get_token(tenant)) == old
    assert len(await list_keys(tenant)) == 2


async def test_after_a_long_sleep_there_is_a_key_at_once(tenant: TenantClient) -> None:
    (old,) = await list_keys(tenant)
    tenant.clock.advance(days=400)
    await give_builder_time(tenant)
    token = await get_token(tenant)
    assert get_key_id(token) != old
    await tenant.read_token(token, COGNITIVE_SERVICES)


async def give_builder_time(tenant: TenantClient) -> None:
    """Builder's secret ends sooner than keys do."""
    async with tenant.stores.writing() as session:
        secret = make_secret("new", SECRET, tenant.clock.now + timedelta(days=1))
        await session.principals.put_credential(BUILDER.object_id, secret)


async def test_gateways_get_the_public_half_with_the_directory(tenant: TenantClient) -> None:
    async with tenant.stores.reading() as session:
        directory = await session.directory.get_directory()
    assert [key.key_id for key in directory.issuers[0].keys] == await list_keys(tenant)


def make_key(age_days: float, *, left_days: float) -> SigningKey:
    return SigningKey(
        key_id=f"{age_days} {left_days}",
        private_key_pem="",
        certificate_pem="",
        created_at=NOW - timedelta(days=age_days),
        retire_at=NOW + timedelta(days=left_days),
    )


def test_the_newest_key_that_has_spread_signs() -> None:
    old, middle, fresh = make_key(50, left_days=1), make_key(2, left_days=80), make_key(0, left_days=90)
    assert choose_key([fresh, old, middle], NOW) is middle
    assert choose_key([fresh], NOW) is fresh
    assert choose_key([make_key(90, left_days=0)], NOW) is None
    assert choose_key([], NOW) is None


def test_a_key_is_due_for_renewal_a_week_before_its_end() -> None:
    assert needs_renewal([], NOW)
    assert needs_renewal([make_key(83, left_days=7)], NOW)
    assert not needs_renewal([make_key(83, left_days=7), make_key(0, left_days=90)], NOW)


def test_a_retired_key_is_published_as_long_as_a_token_of_its_may_live() -> None:
    retired = make_key(90, left_days=0)
    assert list_published([retired], NOW + LONGEST_TOKEN - timedelta(seconds=1)) == [retired]
    assert list_published([retired], NOW + LONGEST_TOKEN) == []
