"""Who gets what: every credential and role of authorization_cases.py, against both planes of one running Ingate.

`pytest -s` prints at the end what was seen, as a table.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx2
import pytest
from tests.contract.authorization_cases import (
    CONTROL,
    CUSTOM_ROLES,
    DATA,
    NO_KEY,
    NO_PERMISSION,
    NO_TOKEN,
    NOT_AUTHORIZED,
    ROLE_CASES,
    SCOPES,
    SERVED,
    TOKENS,
    WRONG_TOKEN,
    Answer,
    RoleCase,
    Signers,
    TokenCase,
)
from tests.support.issuer_server import IssuerServer, serve_issuer
from tests.support.principals import assign_role, bear, call_claude, put_principal
from tests.support.running import RunningIngate, start_ingate
from tests.support.token_signer import make_signer, read_own_signer

pytestmark = pytest.mark.slow

RESOURCE = "guarded"
TRUSTED_TENANT = "22222222-2222-4222-8222-222222222222"
STRANGE_TENANT = "33333333-3333-4333-8333-333333333333"
TRUSTED, STRANGE = (f"https://sts.windows.net/{tenant}/" for tenant in (TRUSTED_TENANT, STRANGE_TENANT))
FOREIGNER = "44444444-4444-4444-8444-444444444444"

Seen = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class World:
    ingate: RunningIngate
    signers: Signers
    issuer: IssuerServer
    client: httpx2.Client
    holders: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Object ids by role and scope."""
    seen: Seen = field(default_factory=Seen)
    """What was answered, for the summary."""

    def call(self, credential: dict[str, str], *, resource: str = RESOURCE) -> httpx2.Response:
        return call_claude(self.ingate, credential, resource=resource, client=self.client)

    def manage(self, method: str, path: str, credential: dict[str, str], body: Any = None) -> httpx2.Response:
        url = f"{self.ingate.management_url}{path}"
        return self.client.request(method, url, params={"api-version": "2025-09-01"}, headers=credential, json=body)

    def read_resource(self, credential: dict[str, str]) -> httpx2.Response:
        return self.manage("GET", self.ingate.account_path(RESOURCE), credential)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    with serve_issuer(folder) as issuer, httpx2.Client(trust_env=False, timeout=20) as client:
        trusted = make_signer(TRUSTED, TRUSTED_TENANT, "trusted-1")
        issuer.documents["/keys"] = {"keys": [trusted.publish()]}
        issuers = (TRUSTED, f"https://login.microsoftonline.com/{TRUSTED_TENANT}/v2.0")
        settings = {
            "INGATE_TRUSTED_ISSUERS": ",".join(f"{name}={issuer.url}/keys" for name in issuers),
            "SSL_CERT_FILE": str(issuer.ca_file),
        }
        with start_ingate(folder / "data", environment=settings) as ingate:
            for name in (RESOURCE, "other", "keyless", "fenced", "private"):
                ingate.put_resource(name)
                ingate.put_deployment("claude-haiku-4-5", resource=name)
            group = f"/subscriptions/{ingate.running['subscription_id']}/resourceGroups/other-group"
            ingate.manage("PUT", group, {"location": "eastus2"})
            principals = {
                name: put_principal(ingate, name, "application").object_id
                for name in ("may-do-all", "roleless", "disabled")
            }
            signers = Signers(
                own=read_own_signer(ingate),
                trusted=trusted,
                stranger=make_signer(STRANGE, STRANGE_TENANT, "strange-1"),
                caller=principals["may-do-all"],
                roleless=principals["roleless"],
                disabled=principals["disabled"],
                foreigner=FOREIGNER,
                trap_url=issuer.url,
            )
            world = World(ingate=ingate, signers=signers, issuer=issuer, client=client)
            _assign_everything(world)
            put_principal(ingate, "disabled", "application", enabled=False)
            _restrict(ingate)
            ingate.wait_until_served()
            yield world
            _print_summary(world)


def _assign_everything(world: World) -> None:
    ingate, signers = world.ingate, world.signers
    subscription = f"/subscriptions/{ingate.running['subscription_id']}"
    for object_id in (signers.caller, signers.disabled, signers.foreigner):
        for role in ("Owner", "Cognitive Services User"):
            assign_role(ingate, object_id, role, subscription)
    roles = {name: _put_role(ingate, name, permissions) for name, permissions in CUSTOM_ROLES.items()}
    for case in ROLE_CASES:
        for scope in SCOPES:
            name = f"{case.role} at {scope}".replace(" ", "-").lower()
            holder = put_principal(ingate, name, "application").object_id
            world.holders[case.role, scope] = holder
            assign_role(ingate, holder, roles.get(case.role, case.role), find_scope(ingate, scope))


def _put_role(ingate: RunningIngate, name: str, permissions: dict[str, list[str]]) -> str:
    role_id = str(uuid5(NAMESPACE_URL, name))
    # Azure, too, lets no role with data actions be assigned at a management group: this one is of the subscription,
    # and the tenant's group has it for the sake of the matrix.
    scopes = [f"/subscriptions/{ingate.running['subscription_id']}", find_scope(ingate, "management group")]
    ingate.manage(
        "PUT",
        f"/subscriptions/{ingate.running['subscription_id']}/providers/Microsoft.Authorization/roleDefinitions/{role_id}",
        {
            "properties": {
                "roleName": name,
                "type": "CustomRole",
                "permissions": [permissions],
                "assignableScopes": scopes,
            }
        },
    )
    return role_id


def find_scope(ingate: RunningIngate, scope: str) -> str:
    subscription = f"/subscriptions/{ingate.running['subscription_id']}"
    return {
        "management group": f"/providers/Microsoft.Management/managementGroups/{ingate.tenant_id}",
        "subscription": subscription,
        "resource group": ingate.group_path,
        "resource": ingate.account_path(RESOURCE),
        "other resource": ingate.account_path("other"),
        "other resource group": f"{subscription}/resourceGroups/other-group",
    }[scope]


def _restrict(ingate: RunningIngate) -> None:
    for name, properties in {
        "keyless": {"disableLocalAuth": True},
        "fenced": {"networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]}},
        "private": {"publicNetworkAccess": "Disabled"},
    }.items():
        ingate.manage("PATCH", ingate.account_path(name), {"properties": properties})


def read_answer(response: httpx2.Response) -> Answer:
    """Checks the envelope. What the gateway says of tokens has no code: its first words stand for one."""
    if response.status_code == 200:
        return SERVED
    body = response.json()
    if "statusCode" in body:
        assert body["statusCode"] == response.status_code
        return Answer(response.status_code, body["message"].partition(",")[0])
    assert body["error"]["message"]
    return Answer(response.status_code, body["error"]["code"])


def assert_answer(response: httpx2.Response, expected: Answer) -> None:
    status, code = read_answer(response)
    assert (status, code) == (expected.status, expected.code.partition(",")[0]), response.text
    assert "claude" not in response.text or status == 200


# Credentials


@pytest.mark.parametrize("case", TOKENS, ids=lambda case: case.name)
def test_a_token_gets_from_claude(world: World, case: TokenCase) -> None:
    response = world.call(bear(case.make(world.signers, DATA)))
    world.seen.setdefault(f"token: {case.name}", ["", ""])[0] = _show(read_answer(response))

    assert_answer(response, case.data)


@pytest.mark.parametrize("case", TOKENS, ids=lambda case: case.name)
def test_a_token_gets_from_resource_manager(world: World, case: TokenCase) -> None:
    response = world.read_resource(bear(case.make(world.signers, CONTROL)))
    world.seen.setdefault(f"token: {case.name}", ["", ""])[1] = _show(read_answer(response))

    assert_answer(response, case.control)
    if response.status_code == 401:
        assert response.headers["www-authenticate"].startswith("Bearer ")


def test_no_token_makes_ingate_ask_another_server(world: World) -> None:
    for case in TOKENS:
        world.call(bear(case.make(world.signers, DATA)))

    assert set(world.issuer.asked) == {"/keys"}


def _keys(world: World, resource: str) -> dict[str, str]:
    return world.ingate.get_keys(resource)


DATA_CREDENTIALS: dict[str, tuple[str, dict[str, str], Answer]] = {
    "nothing": (RESOURCE, {}, NO_KEY),
    "an empty key": (RESOURCE, {"api-key": ""}, NO_KEY),
    "a wrong key": (RESOURCE, {"api-key": "0" * 32}, NO_KEY),
    "the key of another resource": (RESOURCE, {"api-key": "KEY other"}, NO_KEY),
    "its key": (RESOURCE, {"api-key": "KEY guarded"}, SERVED),
    "its key as x-api-key": (RESOURCE, {"x-api-key": "KEY guarded"}, SERVED),
    "its key and one more character": (RESOURCE, {"api-key": "KEY guardedx"}, NO_KEY),
    "a good token as a key": (RESOURCE, {"api-key": "TOKEN"}, NO_KEY),
    "the administrator's token": (RESOURCE, {"authorization": "Bearer ADMIN"}, NO_KEY),
    "a good token by another scheme": (RESOURCE, {"authorization": "Basic TOKEN"}, NO_TOKEN),
    "its key where keys are disabled": (
        "keyless", {"api-key": "KEY keyless"}, Answer(403, "AuthenticationTypeDisabled")
    ),
    "a good token where keys are disabled": ("keyless", {"authorization": "Bearer TOKEN"}, SERVED),
    "its key from outside the firewall": ("fenced", {"api-key": "KEY fenced"}, Answer(403, "403")),
    "a good token from outside the firewall": ("fenced", {"authorization": "Bearer TOKEN"}, Answer(403, "403")),
    "its key, said to come from inside": (
        "fenced", {"api-key": "KEY fenced", "x-forwarded-for": "203.0.113.9"}, Answer(403, "403")
    ),
    "nothing, from outside the firewall": ("fenced", {}, Answer(403, "403")),
    "its key without public access": ("private", {"api-key": "KEY private"}, Answer(403, "403")),
    "a good token without public access": ("private", {"authorization": "Bearer TOKEN"}, Answer(403, "403")),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA_CREDENTIALS)
def test_a_credential_gets_from_claude(world: World, name: str) -> None:
    resource, headers, expected = DATA_CREDENTIALS[name]
    response = world.call({header: _fill(world, value) for header, value in headers.items()}, resource=resource)
    world.seen[name] = [_show(read_answer(response)), "-"]

    assert_answer(response, expected)


def _fill(world: World, value: str) -> str:
    if value.startswith("KEY "):
        name = value.removeprefix("KEY ")
        resource = name.removesuffix("x")
        return _keys(world, resource)["key1"] + name.removeprefix(resource)
    admin = (world.ingate.data_dir / "admin.token").read_text().strip()
    token = world.signers.own.sign(world.signers.claims(DATA))
    return value.replace("ADMIN", admin).replace("TOKEN", token)


@pytest.mark.parametrize(
    ("name", "headers", "code"),
    [
        ("nothing", {}, "AuthenticationFailed"),
        ("no bearer token", {"authorization": "Bearer"}, "InvalidAuthenticationToken"),
        ("a key", {"api-key": "KEY guarded"}, "AuthenticationFailed"),
        ("a key as a bearer token", {"authorization": "Bearer KEY"}, "InvalidAuthenticationToken"),
        ("a wrong token", {"authorization": "Bearer wrong"}, "InvalidAuthenticationToken"),
        ("another scheme", {"authorization": "Basic ADMIN"}, "AuthenticationFailed"),
    ],
)
def test_a_credential_gets_from_resource_manager(world: World, name: str, headers: dict[str, str], code: str) -> None:
    key = _keys(world, RESOURCE)["key1"]
    filled = {header: _fill(world, value).replace("KEY", key) for header, value in headers.items()}
    response = world.read_resource(filled)
    world.seen[f"to Resource Manager: {name}"] = ["-", _show(read_answer(response))]

    assert_answer(response, Answer(401, code))


def test_network_rules_are_not_for_the_control_plane(world: World) -> None:
    token = world.signers.own.sign(world.signers.claims(CONTROL))

    for name in ("fenced", "private"):
        assert world.manage("GET", world.ingate.account_path(name), bear(token)).status_code == 200


# Roles


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("case", ROLE_CASES, ids=lambda case: case.role)
def test_a_role_allows(world: World, case: RoleCase, scope: str) -> None:
    holder = world.holders[case.role, scope]
    data, control = (
        bear(world.signers.own.sign(world.signers.own.make_claims(holder, audience))) for audience in (DATA, CONTROL)
    )
    keys = world.ingate.account_path(RESOURCE) + "/listKeys"
    called, read, listed = world.call(data), world.read_resource(control), world.manage("POST", keys, control)
    world.seen[f"{case.role}, {scope}"] = [
        _show(read_answer(called)),
        f"read {_show(read_answer(read))}, keys {_show(read_answer(listed))}",
    ]

    covers = SCOPES[scope]
    assert_answer(called, SERVED if covers and case.calls_claude else NO_PERMISSION)
    assert_answer(read, SERVED if covers and case.reads else NOT_AUTHORIZED)
    assert_answer(listed, SERVED if covers and case.lists_keys else NOT_AUTHORIZED)


def test_what_one_role_leaves_out_another_may_grant(world: World) -> None:
    ingate = world.ingate
    both = put_principal(ingate, "has-both", "application").object_id
    assign_role(ingate, both, str(uuid5(NAMESPACE_URL, "all data actions but these")), find_scope(ingate, "resource"))
    assign_role(ingate, both, "Cognitive Services OpenAI User", find_scope(ingate, "subscription"))
    ingate.wait_until_served()

    assert_answer(world.call(bear(world.signers.own.sign(world.signers.own.make_claims(both, DATA)))), SERVED)


def test_a_group_gives_its_roles_to_its_members_for_as_long_as_they_are_in_it(world: World) -> None:
    ingate = world.ingate
    group = put_principal(ingate, "callers", "group")
    inner = put_principal(ingate, "inner-callers", "group")
    member = put_principal(ingate, "group-member", "application")
    assign_role(ingate, group.object_id, "Cognitive Services User", find_scope(ingate, "resource"), kind="Group")
    principals = "/providers/Ingate.Identity/principals"
    ingate.manage("POST", f"{principals}/callers/addMember", {"memberId": inner.object_id})
    token = bear(world.signers.own.sign(world.signers.own.make_claims(member.object_id, DATA)))
    ingate.wait_until_served()
    before = world.call(token)

    ingate.manage("POST", f"{principals}/inner-callers/addMember", {"memberId": member.object_id})
    ingate.wait_until_served()
    inside = world.call(token)
    ingate.manage("POST", f"{principals}/inner-callers/removeMember", {"memberId": member.object_id})
    ingate.wait_until_served()
    after = world.call(token)

    assert [answer.status_code for answer in (before, inside, after)] == [403, 200, 403]


def test_a_deleted_principal_has_lost_its_tokens(world: World) -> None:
    ingate = world.ingate
    leaver = put_principal(ingate, "leaver", "application")
    for role in ("Owner", "Cognitive Services User"):
        assign_role(ingate, leaver.object_id, role, find_scope(ingate, "resource"))
    ingate.wait_until_served()
    data, control = (
        bear(world.signers.own.sign(world.signers.own.make_claims(leaver.object_id, audience)))
        for audience in (DATA, CONTROL)
    )
    assert (world.call(data).status_code, world.read_resource(control).status_code) == (200, 200)

    ingate.manage("DELETE", "/providers/Ingate.Identity/principals/leaver")
    ingate.wait_until_served()

    assert_answer(world.call(data), NO_PERMISSION)
    assert_answer(world.read_resource(control), WRONG_TOKEN)


# Every operation of the management API


OPEN = {"/healthz", "/readyz", "/metadata/endpoints"}
METRICS = "https://metrics.monitor.azure.com"
LOGS = "https://api.loganalytics.io"

SHOW_WHAT_THE_CALLER_MAY_SEE = {"/subscriptions", "/tenants"}


def list_operations(world: World) -> list[tuple[str, str]]:
    """Method and path of everything that is not open to all, about things that are there."""
    document = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "management-openapi.json").read_text())
    names = {
        "subscription": world.ingate.running["subscription_id"],
        "group": "example-group",
        "account": RESOURCE,
        "deployment": "claude-haiku-4-5",
        "principal": "may-do-all",
        "location": "eastus2",
        "namespace": "Microsoft.CognitiveServices",
        "scope": world.ingate.group_path.strip("/"),
    }
    return [
        (method.upper(), re.sub(r"\{(\w+)\}", lambda found: names.get(found.group(1), "any"), path))
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters" and path not in OPEN
    ]


def test_no_operation_is_open_to_whoever_has_no_token(world: World) -> None:
    answers = {(method, path): world.manage(method, path, {}) for method, path in list_operations(world)}

    assert len(answers) > 90
    assert {answer.status_code for answer in answers.values()} == {401}


def test_no_operation_of_resource_manager_is_open_to_whoever_has_no_role(world: World) -> None:
    """Microsoft Graph's look-ups are: a tenant's principals may see each other. Log queries have their own errors."""
    signers = world.signers

    def sign(audience: str) -> dict[str, str]:
        return bear(signers.own.sign(signers.own.make_claims(signers.roleless, audience)))

    for method, path in list_operations(world):
        if path.startswith("/v1.0"):
            continue
        if path.startswith("/v1/"):
            assert world.manage(method, path, sign(LOGS), {"query": "print 1"}).status_code in {400, 403, 404}
            continue
        token = sign(METRICS if path.endswith("/metrics:getBatch") else CONTROL)
        answer = world.manage(method, path, token, {} if method in ("PUT", "PATCH", "POST") else None)
        if path in SHOW_WHAT_THE_CALLER_MAY_SEE:
            assert (path, answer.status_code) == (path, 200)
            assert path == "/tenants" or answer.json()["value"] == []
        else:
            assert (method, path, *read_answer(answer)) == (method, path, *NOT_AUTHORIZED)


# Time


def test_what_was_just_granted_counts_for_the_very_next_request(world: World) -> None:
    ingate = world.ingate
    newcomer = put_principal(ingate, "newcomer", "application").object_id
    token = bear(world.signers.own.sign(world.signers.own.make_claims(newcomer, DATA)))
    assert_answer(world.call(token), NO_PERMISSION)

    assign_role(ingate, newcomer, "Cognitive Services User", find_scope(ingate, "resource"))
    assert_answer(world.call(token), SERVED)
    key = ingate.manage("POST", f"{ingate.account_path('other')}/regenerateKey", {"keyName": "Key1"})["key1"]
    assert_answer(world.call({"api-key": key}, resource="other"), SERVED)


def test_what_was_taken_away_is_gone_within_a_second(world: World) -> None:
    ingate = world.ingate
    leaver = put_principal(ingate, "soon-without-role", "application").object_id
    token = bear(world.signers.own.sign(world.signers.own.make_claims(leaver, DATA)))
    assignment = assign_role(ingate, leaver, "Cognitive Services User", find_scope(ingate, "resource"))
    ingate.wait_until_served()
    old_key = _keys(world, "other")["key1"]
    assert_answer(world.call(token), SERVED)

    ingate.manage("DELETE", assignment)
    ingate.manage("POST", f"{ingate.account_path('other')}/regenerateKey", {"keyName": "Key1"})
    begun = time.monotonic()
    while (
        world.call(token).status_code == 200 or world.call({"api-key": old_key}, resource="other").status_code == 200
    ):
        assert time.monotonic() < begun + 1

    assert_answer(world.call(token), NO_PERMISSION)
    assert_answer(world.call({"api-key": old_key}, resource="other"), NO_KEY)


def test_a_known_token_does_not_outlive_its_end(world: World) -> None:
    """A validated token is remembered: its end counts all the same."""
    ends = int(time.time()) + 2
    token = bear(world.signers.own.sign(world.signers.claims(DATA, exp=ends)))
    assert_answer(world.call(token), SERVED)

    time.sleep(max(0.0, ends - time.time()) + 0.05)

    assert_answer(world.call(token), NO_TOKEN)


def _print_summary(world: World) -> None:
    width = max(map(len, world.seen), default=0)
    for name, (data, control) in world.seen.items():
        print(f"{name:{width}}  {data:45.45}  {control}")  # noqa: T201 - for `pytest -s`


def _show(answer: Answer) -> str:
    return f"{answer.status} {answer.code}".strip()
