"""`az login --username --password`: name and password at the token endpoint."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.identity.tenant import (
    ADA,
    AZURE_CLI,
    NOW,
    PASSWORD,
    TEAM,
    TENANT,
    TenantClient,
    build_password_form,
    open_tenant,
    read_error,
)

from ingate.wire.entra.token_claims import MOST_GROUPS

pytestmark = pytest.mark.anyio

MANAGEMENT = "https://management.core.windows.net/"


async def test_a_person_gets_a_token_an_id_token_and_a_refresh_token(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_password_form(), tenant="organizations")).json()
    claims = await tenant.read_token(document["access_token"], MANAGEMENT)
    assert {name: claims[name] for name in ("oid", "appid", "appidacr", "idtyp", "scp", "upn", "name", "ver")} == {
        "oid": ADA.object_id,
        "appid": AZURE_CLI,
        "appidacr": "0",
        "idtyp": "user",
        "scp": "user_impersonation",
        "upn": "ada@example.com",
        "name": "Ada",
        "ver": "1.0",
    }
    assert claims["amr"] == ["pwd"]
    assert document["refresh_token"]


async def test_the_answer_names_the_scope_by_which_msal_finds_the_token_again(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_password_form())).json()
    assert f"{MANAGEMENT}/.default" in document["scope"].split()


async def test_the_id_token_is_for_the_client(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_password_form())).json()
    claims = await tenant.read_token(document["id_token"], AZURE_CLI)
    assert claims["iss"] == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert (claims["oid"], claims["preferred_username"], claims["ver"]) == (ADA.object_id, "ada@example.com", "2.0")
    assert claims["exp"] > NOW.timestamp()


async def test_client_info_says_who_it_is_and_where_from(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_password_form())).json()
    info = json.loads(base64.urlsafe_b64decode(document["client_info"] + "=="))
    assert info == {"uid": ADA.object_id, "utid": TENANT}


async def test_without_offline_access_there_is_no_refresh_token(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_password_form(scope=f"{MANAGEMENT}/.default", client_info=""))).json()
    assert "refresh_token" not in document
    assert "client_info" not in document


async def test_in_version_1_there_always_is_one(tenant: TenantClient) -> None:
    form = build_password_form(scope="", resource=MANAGEMENT)
    document = (await tenant.ask(form, path="oauth2/token")).json()
    claims = await tenant.read_token(document["id_token"], AZURE_CLI)
    assert (claims["ver"], claims["upn"]) == ("1.0", "ada@example.com")
    assert document["refresh_token"]
    assert document["scope"] == "user_impersonation"


async def test_each_audience_sees_somebody_else_in_sub(tenant: TenantClient) -> None:
    subjects: set[str] = set()
    for audience in ("https://ai.azure.com", "https://cognitiveservices.azure.com", MANAGEMENT):
        document = (await tenant.ask(build_password_form(scope=f"{audience}/.default"))).json()
        subjects.add((await tenant.read_token(document["access_token"], audience))["sub"])
    assert len(subjects) == 3
    assert ADA.object_id not in subjects


async def test_a_wrong_password_and_a_wrong_name_are_refused_alike(tenant: TenantClient) -> None:
    wrong_password = await tenant.ask(build_password_form(password="wrong"))
    wrong_name = await tenant.ask(build_password_form(username="nobody@example.com"))
    assert read_error(wrong_password) == read_error(wrong_name) == (400, "invalid_grant", 50126)


@pytest.mark.parametrize("name", ["ada@example.com", "nobody@example.com"])
async def test_and_locked_alike_after_ten_attempts(tenant: TenantClient, name: str) -> None:
    for _ in range(10):
        answer = await tenant.ask(build_password_form(username=name, password="wrong"))
        assert read_error(answer)[2] == 50126
    assert read_error(await tenant.ask(build_password_form(username=name))) == (400, "invalid_grant", 50053)


async def test_a_disabled_person_learns_it_only_with_the_right_password(tenant: TenantClient) -> None:
    async with tenant.stores.writing() as session:
        await session.principals.put_principal(replace(ADA, is_enabled=False))
    assert read_error(await tenant.ask(build_password_form(password="wrong")))[2] == 50126
    assert read_error(await tenant.ask(build_password_form()))[2] == 50057


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"username": ""}, 900144),
        ({"password": ""}, 900144),
        ({"scope": "https://management.azure.com/Files.Read"}, 650053),
        ({"scope": "https://example.org/.default"}, 500011),
        ({"scope": "//"}, 70011),
    ],
)
async def test_what_else_is_refused(tenant: TenantClient, changes: dict[str, str], number: int) -> None:
    assert read_error(await tenant.ask(build_password_form(**changes)))[2] == number


async def test_openid_scopes_alone_mean_microsoft_graph(tenant: TenantClient) -> None:
    document = (await tenant.ask(build_password_form(scope="openid profile"))).json()
    claims = await tenant.read_token(document["access_token"], "https://graph.microsoft.com")
    assert claims["scp"] == "User.Read"


async def test_groups_are_named_by_their_object_ids(tenant: TenantClient) -> None:
    async with tenant.stores.writing() as session:
        await session.principals.put_member(TEAM.object_id, ADA.object_id)
    document = (await tenant.ask(build_password_form())).json()
    claims = await tenant.read_token(document["access_token"], MANAGEMENT)
    assert claims["groups"] == [TEAM.object_id]


async def test_too_many_groups_have_to_be_looked_up(tenant: TenantClient) -> None:
    async with tenant.stores.writing() as session:
        for number in range(MOST_GROUPS + 1):
            object_id = f"99999999-0000-4000-8000-{number:012d}"
            await session.principals.put_principal(replace(TEAM, object_id=object_id, name=f"team {number}"))
            await session.principals.put_member(object_id, ADA.object_id)
    document = (await tenant.ask(build_password_form())).json()
    claims = await tenant.read_token(document["access_token"], MANAGEMENT)
    assert "groups" not in claims
    assert claims["_claim_names"] == {"groups": "src1"}
    assert claims["_claim_sources"]["src1"]["endpoint"].endswith(f"/users/{ADA.object_id}/getMemberObjects")


async def test_guessing_at_the_same_time_gets_no_further_than_guessing_in_turn(
    seeded_tenant_dir: Path, tmp_path: Path
) -> None:
    """Not even with the right password, when its turn comes after ten wrong ones."""
    wrong = threading.Semaphore(0)

    def verify(text: str, secret_hash: str) -> bool:
        if text == PASSWORD:
            return all(wrong.acquire(timeout=5) for _ in range(12))
        wrong.release()
        return False

    async with open_tenant(seeded_tenant_dir, tmp_path / "data", verify_secret=verify) as tenant:
        right = build_password_form()
        guesses = [build_password_form(password=f"wrong {number}") for number in range(15)]
        answers = await asyncio.gather(*(tenant.ask(form) for form in [right, *guesses]))
    numbers = [read_error(answer)[2] for answer in answers]
    assert numbers[0] == 50053
    assert (numbers.count(50126), numbers.count(50053)) == (10, 6)
