"""Who is let in to the management API, and what those are told who are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.control_plane import ADMIN_TOKEN, NOW, ManagementClient
from tests.support.management_access import GRAPH, OWNER, PRINCIPALS, READER, Tenant
from tests.support.token_issuer import AUDIENCE, TokenIssuer, make_private_key

from ingate.management import authentication

pytestmark = pytest.mark.anyio

OTHER_TENANT = "99999999-9999-4999-8999-999999999999"
EARLIER = int(NOW.timestamp()) - 1
LATER = int(NOW.timestamp()) + 3600


@pytest.fixture
async def tenant(client: ManagementClient) -> Tenant:
    return await Tenant.open(client)


@pytest.mark.parametrize(
    "audience",
    [
        "https://management.core.windows.net/",
        "https://management.core.windows.net",
        "https://management.azure.com",
        "https://management.azure.com//",
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    ],
)
async def test_a_token_for_resource_manager_is_let_in_by_any_of_its_names(
    client: ManagementClient, tenant: Tenant, audience: str
) -> None:
    reader = await tenant.add_with_role(READER, client.group_path)
    response = await client.send("GET", client.group_path, token=tenant.issue(reader, aud=audience))
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("code", "header", "claims"),
    [
        ("InvalidAuthenticationToken", {"alg": "none"}, {}),
        ("InvalidAuthenticationToken", {"alg": "RS512"}, {}),
        ("InvalidAuthenticationToken", {"kid": "another"}, {}),
        ("InvalidAuthenticationToken", {"kid": "../../admin.token"}, {}),
        ("InvalidAuthenticationToken", {"crit": ["b64"]}, {}),
        ("InvalidAuthenticationToken", {}, {"exp": None}),
        ("InvalidAuthenticationToken", {}, {"exp": "2100-01-01"}),
        ("InvalidAuthenticationToken", {}, {"oid": None}),
        ("InvalidAuthenticationToken", {}, {"nbf": LATER}),
        ("ExpiredAuthenticationToken", {}, {"exp": EARLIER}),
        ("InvalidAuthenticationTokenAudience", {}, {"aud": AUDIENCE}),
        ("InvalidAuthenticationTokenAudience", {}, {"aud": GRAPH}),
        ("InvalidAuthenticationTokenAudience", {}, {"aud": None}),
        ("InvalidAuthenticationTokenTenant", {}, {"iss": f"https://sts.windows.net/{OTHER_TENANT}/"}),
        ("InvalidAuthenticationTokenTenant", {}, {"tid": OTHER_TENANT}),
    ],
)
async def test_a_token_with_a_defect_is_refused_with_azures_code(
    client: ManagementClient, tenant: Tenant, code: str, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    owner = await tenant.add_with_role(OWNER, "/")
    token = tenant.issue(owner, header=header, **claims)
    for path in (client.group_path, "/nowhere", "/subscriptions"):
        response = await client.send("GET", path, token=token)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == code
        assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_a_forged_or_changed_token_is_refused(client: ManagementClient, tenant: Tenant) -> None:
    owner = await tenant.add_with_role(OWNER, "/")
    good = tenant.issue(owner)
    other_key = replace(tenant.issuer, private_key=make_private_key("somebody else's"))
    header, claims, signature = good.split(".")
    forgeries = [
        tenant.issuer.forge(owner),
        other_key.issue(owner, aud="https://management.azure.com"),
        f"{header}.{claims}.",
        f"{header}.{tenant.issue('someone-else').split('.')[1]}.{signature}",
        good[:-3],
        "x" * 20_000,
    ]
    assert (await client.send("GET", "/subscriptions", token=good)).status_code == 200
    for forgery in forgeries:
        response = await client.send("GET", "/subscriptions", token=forgery)
        assert response.status_code == 401
        assert forgery[:100] not in response.text


async def test_the_challenge_names_our_authority_and_tenant(client: ManagementClient) -> None:
    response = await client.send("GET", "/subscriptions", token=None)
    challenge = response.headers["www-authenticate"]
    assert f'authorization_uri="http://management.test/{client.defaults.tenant_id}"' in challenge

    forged = await client.send("GET", "/subscriptions", token=None, headers={"host": 'evil"\\, realm="x'})
    assert "evil" not in forged.headers["www-authenticate"]


async def test_a_token_is_worth_nothing_once_its_principal_is_disabled_or_gone(
    client: ManagementClient, tenant: Tenant
) -> None:
    reader = await tenant.add_with_role(READER, client.group_path)
    assert (await tenant.send(reader, "GET", client.group_path)).status_code == 200

    await client.send("PUT", f"{PRINCIPALS}/somebody", {"properties": {"enabled": False}})
    disabled = await tenant.send(reader, "GET", client.group_path)
    await client.send("PUT", f"{PRINCIPALS}/somebody", {"properties": {"enabled": True}})
    enabled = await tenant.send(reader, "GET", client.group_path)
    await client.send("DELETE", f"{PRINCIPALS}/somebody")
    deleted = await tenant.send(reader, "GET", client.group_path)

    assert [disabled.status_code, enabled.status_code, deleted.status_code] == [401, 200, 401]
    assert disabled.json()["error"]["code"] == "InvalidAuthenticationToken"


async def test_a_remembered_token_ends_with_its_lifetime_and_with_its_key(
    client: ManagementClient, tenant: Tenant
) -> None:
    moment = [NOW]
    timed = client.with_settings(clock=lambda: moment[0])
    reader = await tenant.add_with_role(READER, client.group_path)
    short, long = tenant.issue(reader, exp=LATER), tenant.issue(reader)
    before = [(await timed.send("GET", client.group_path, token=token)).status_code for token in (short, long)]

    moment[0] = NOW.fromtimestamp(LATER, NOW.tzinfo)
    expired = [(await timed.send("GET", client.group_path, token=token)).status_code for token in (short, long)]
    async with client.plane.state.writing() as session:
        await session.signing_keys.delete_signing_key(tenant.issuer.key_id)
    withdrawn = (await timed.send("GET", client.group_path, token=long)).status_code
    await timed.close()

    assert (before, expired, withdrawn) == ([200, 200], [401, 200], 401)


async def test_a_signature_is_checked_once(
    client: ManagementClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = await tenant.add_with_role(READER, client.group_path)
    checked: list[bytes] = []
    check = authentication.verify_rs256

    def count(signed: bytes, signature: bytes, *, modulus: str, exponent: str) -> bool:
        checked.append(signed)
        return check(signed, signature, modulus=modulus, exponent=exponent)

    monkeypatch.setattr(authentication, "verify_rs256", count)
    for _ in range(3):
        assert (await tenant.send(reader, "GET", client.group_path)).status_code == 200
    assert len(checked) == 1


async def test_only_so_many_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "MOST_TOKENS", 3)
    issuer = TokenIssuer()
    verifier = authentication.TokenVerifier(ADMIN_TOKEN)
    for number in range(5):
        token = issuer.issue(f"principal-{number}").encode()
        verified = verifier.verify(token, issuers=(issuer.describe(),), audiences=(AUDIENCE,), now=NOW)
        assert isinstance(verified, authentication.VerifiedToken)
    assert len(vars(verifier)["_verified"]) == 3


FOREIGN = TokenIssuer(
    issuer=f"https://sts.windows.net/{OTHER_TENANT}/",
    tenant_id=OTHER_TENANT,
    key_id="foreign",
    is_own=False,
    private_key=make_private_key("foreign"),
)
STRANGER = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
THEIR_GROUP = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"


async def assign_unknown(client: ManagementClient, principal_id: str) -> int:
    path = f"{client.group_path}/providers/Microsoft.Authorization/roleAssignments/{principal_id}"
    properties = {"roleDefinitionId": READER, "principalId": principal_id, "principalType": "User"}
    return (await client.send("PUT", path, {"properties": properties})).status_code


async def test_a_trusted_tenants_callers_are_known_by_object_id_and_by_group(
    client: ManagementClient, tenant: Tenant
) -> None:
    trusting = client.with_settings(list_trusted_issuers=lambda: (FOREIGN.describe(),))
    token = FOREIGN.issue(STRANGER, aud="https://management.azure.com/")
    grouped = FOREIGN.issue(STRANGER, aud="https://management.azure.com/", groups=[THEIR_GROUP])

    untrusted = await client.send("GET", client.group_path, token=token)
    unassigned = await trusting.send("GET", client.group_path, token=token)
    assert await assign_unknown(client, THEIR_GROUP) == 400
    assert await assign_unknown(trusting, THEIR_GROUP) == 201
    by_group = await trusting.send("GET", client.group_path, token=grouped)
    still = await trusting.send("GET", client.group_path, token=token)
    tenants = await trusting.send("GET", "/tenants", token=grouped)
    await trusting.close()

    statuses = [response.status_code for response in (untrusted, unassigned, by_group, still)]
    assert statuses == [401, 403, 200, 403]
    assert tenants.json() == {"value": []}


async def test_a_trusted_tenant_cannot_speak_for_ours(client: ManagementClient, tenant: Tenant) -> None:
    """Neither for the tenant, nor for a principal of ours, nor for one of our groups."""
    owner = await tenant.add_with_role(OWNER, "/")
    group = await tenant.add("ours", "group")
    await tenant.assign(group, OWNER, "/")
    anybody = replace(FOREIGN, tenant_id=None)
    trusting = client.with_settings(list_trusted_issuers=lambda: (anybody.describe(),))
    claims: dict[str, Any] = {"aud": "https://management.azure.com/"}
    tokens = [
        anybody.issue(STRANGER, tid=client.defaults.tenant_id, **claims),
        anybody.issue(owner, tid=OTHER_TENANT, **claims),
        anybody.issue(STRANGER, tid=OTHER_TENANT, groups=[group], **claims),
    ]
    statuses = [(await trusting.send("GET", client.group_path, token=token)).status_code for token in tokens]
    await trusting.close()
    assert statuses == [401, 401, 403]
