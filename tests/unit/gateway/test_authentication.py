"""Who is let in to the data plane, and what becomes of everyone else: network rules, keys, tokens, roles, in this
order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.support.token_issuer import NEVER, TENANT, TokenIssuer, make_private_key
from tests.unit.gateway.fake_front import BODY, JSON, KEY_1, FakeFront, make_directory

from ingate.domain.directory import Directory
from ingate.domain.exchange import ExchangeRecord
from ingate.domain.network import NetworkRules
from ingate.domain.token import TokenFault
from ingate.gateway.client_address import FrontNetwork

NOW = 1_800_001_000
"""What the clock of a front says at its start."""
CALLER = "22222222-2222-4222-8222-222222222222"
READER = "33333333-3333-4333-8333-333333333333"
"""Has roles, and none that lets it call Claude."""
GROUP = "44444444-4444-4444-8444-444444444444"
FOREIGN_TENANT = "99999999-9999-4999-8999-999999999999"
FOREIGNER = "55555555-5555-4555-8555-555555555555"

OWN = TokenIssuer()
FOREIGN = TokenIssuer(
    issuer=f"https://login.microsoftonline.com/{FOREIGN_TENANT}/v2.0",
    tenant_id=FOREIGN_TENANT,
    key_id="foreign-1",
    is_own=False,
    private_key=make_private_key("foreign"),
)
UNTRUSTED = replace(FOREIGN, issuer="https://login.microsoftonline.com/nobody/v2.0")
FOREIGN_GROUP = "66666666-6666-4666-8666-666666666666"
CALLERS = frozenset({CALLER, GROUP})
FOREIGN_CALLERS = frozenset({FOREIGNER, FOREIGN_GROUP})

LISTED = NetworkRules(default_action="Deny", allowed=("203.0.113.0/24",))
"""Lets every client of a `FakeFront` in."""
UNLISTED = NetworkRules(default_action="Deny", allowed=("198.51.100.0/24",))
CLOSED = NetworkRules(is_public=False)

KEY = f"api-key: {KEY_1}"


def serve(*, network: FrontNetwork | None = None, **resource: Any) -> FakeFront:
    """With the first resource changed like this."""
    front = FakeFront(network=network)
    front.pipeline.directory = front.index(arrange(**resource))
    return front


def arrange(*, paused: bool = False, requires_token: bool = False, **resource: Any) -> Directory:
    directory = make_directory()
    first, second = directory.resources
    deployments = tuple(
        replace(deployment, is_paused=paused, requires_token=requires_token) for deployment in first.deployments
    )
    first = replace(
        first, **{"callers": CALLERS, "foreign_callers": FOREIGN_CALLERS, "deployments": deployments, **resource}
    )
    issuers = (OWN.describe(), FOREIGN.describe())
    return replace(directory, resources=(first, second), issuers=issuers)


def render(*credentials: str, body: bytes = BODY) -> bytes:
    lines = ["Host: example-resource.localhost", "anthropic-version: 2023-06-01", *credentials]
    lines = ["POST /anthropic/v1/messages HTTP/1.1", *lines, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def call(front: FakeFront, *credentials: str) -> tuple[int, str]:
    """Status, and the code of an error."""
    client, before = front.connect(), len(front.upstream.calls)
    client.sends(render(*credentials))
    if len(front.upstream.calls) > before:
        front.call.answers(200, [JSON], b"{}")
        return 200, ""
    head, _, body = client.takes().partition(b"\r\n\r\n")
    said = json.loads(body)
    return int(head.split()[1]), said["error"]["code"] if "error" in said else "of tokens"


def bearer(token: str) -> str:
    return f"Authorization: Bearer {token}"


def good(object_id: str = CALLER, **claims: Any) -> str:
    return bearer(OWN.issue(object_id, **claims))


OK = (200, "")
WRONG_KEY = (401, "401")
WRONG_TOKEN = (401, "of tokens")
DENIED = (403, "PermissionDenied")
NO_KEYS = (403, "AuthenticationTypeDisabled")
SHUT_OUT = (403, "403")

CREDENTIALS: dict[str, tuple[Sequence[str], tuple[int, str], tuple[int, str]]] = {
    # name: headers, answer, answer with disableLocalAuth
    "nothing": ((), WRONG_KEY, WRONG_KEY),
    "a key": ((KEY,), OK, NO_KEYS),
    "a key as x-api-key": ((f"x-api-key: {KEY_1}",), OK, NO_KEYS),
    "a key as bearer": ((bearer(KEY_1),), OK, NO_KEYS),
    "a wrong key": (("api-key: wrong",), WRONG_KEY, NO_KEYS),
    "an empty key": (("api-key:",), WRONG_KEY, NO_KEYS),
    "two keys that differ": ((KEY, "x-api-key: wrong"), WRONG_KEY, NO_KEYS),
    "another resource's key": (("api-key: second-1",), WRONG_KEY, NO_KEYS),
    "a good token": ((good(),), OK, OK),
    "a good token in lower case": ((f"authorization: bearer {OWN.issue(CALLER)}",), OK, OK),
    "a token for ai.azure.com": ((good(aud="https://ai.azure.com/"),), OK, OK),
    "a token whose oid is in capitals": ((good(CALLER.upper()),), OK, OK),
    "a token without a role": ((good(READER),), DENIED, DENIED),
    "a token that names a group of ours": ((good(READER, groups=[GROUP]),), DENIED, DENIED),
    "a good token and a good key": ((KEY, good()), OK, NO_KEYS),
    "a good token and a wrong key": (("api-key: wrong", good()), WRONG_KEY, NO_KEYS),
    "a bad token and a good key": ((KEY, bearer("a.b.c")), OK, NO_KEYS),
    "two tokens": ((good(), good()), WRONG_TOKEN, WRONG_TOKEN),
    "a foreign token": ((bearer(FOREIGN.issue(FOREIGNER)),), OK, OK),
    "a foreign token that names a group": ((bearer(FOREIGN.issue(READER, groups=[FOREIGN_GROUP])),), OK, OK),
    "a foreign token that names a principal of ours": ((bearer(FOREIGN.issue(CALLER)),), DENIED, DENIED),
    "a foreign token that names a group of ours": (
        (bearer(FOREIGN.issue(READER, groups=[GROUP])),),
        DENIED,
        DENIED,
    ),
    "a token of ours that names a foreign principal": ((good(FOREIGNER),), DENIED, DENIED),
    "a foreign token without a role": ((bearer(FOREIGN.issue(READER)),), DENIED, DENIED),
    "a foreign token of another tenant": ((bearer(FOREIGN.issue(FOREIGNER, tid=TENANT)),), WRONG_TOKEN, WRONG_TOKEN),
    "a token of an issuer that is not trusted": ((bearer(UNTRUSTED.issue(FOREIGNER)),), WRONG_TOKEN, WRONG_TOKEN),
    "a foreign key under our issuer's name": (
        (bearer(FOREIGN.issue(CALLER, iss=OWN.issuer, tid=TENANT)),),
        WRONG_TOKEN,
        WRONG_TOKEN,
    ),
    "another tenant's id": ((good(tid=FOREIGN_TENANT),), WRONG_TOKEN, WRONG_TOKEN),
    "another audience": ((good(aud="https://management.azure.com/"),), WRONG_TOKEN, WRONG_TOKEN),
    "an expired token": ((good(exp=NOW),), WRONG_TOKEN, WRONG_TOKEN),
    "a token that is not valid yet": ((good(nbf=NOW + 100),), WRONG_TOKEN, WRONG_TOKEN),
    "alg none": ((good(header={"alg": "none"}),), WRONG_TOKEN, WRONG_TOKEN),
    "alg none and no signature": (
        (good(header={"alg": "none"}).rpartition(".")[0] + ".",),
        WRONG_TOKEN,
        WRONG_TOKEN,
    ),
    "HS256 with the public key": ((bearer(OWN.forge(CALLER)),), WRONG_TOKEN, WRONG_TOKEN),
    "an unknown kid": ((good(header={"kid": "../key-1"}),), WRONG_TOKEN, WRONG_TOKEN),
    "a token without a principal": ((good(oid=None),), WRONG_TOKEN, WRONG_TOKEN),
    "a tampered token": ((good().replace(".", ".e", 1),), WRONG_TOKEN, WRONG_TOKEN),
    "another scheme": (("Authorization: Basic dTpw",), WRONG_TOKEN, WRONG_TOKEN),
}


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("allows_keys", [True, False])
def test_a_credential_is_answered_like_this(name: str, allows_keys: bool) -> None:
    credentials, with_keys, without = CREDENTIALS[name]
    front = serve(allows_keys=allows_keys, network=None)
    expected = with_keys if allows_keys else without
    assert call(front, *credentials) == expected
    assert bool(front.upstream.calls) == (expected == OK)


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("rules", [UNLISTED, CLOSED])
def test_whoever_is_shut_out_by_the_network_is_not_asked_for_credentials(name: str, rules: NetworkRules) -> None:
    credentials, _, _ = CREDENTIALS[name]
    front = FakeFront()
    front.pipeline.directory = front.index(arrange(network=rules))
    assert call(front, *credentials) == SHUT_OUT


def with_network(rules: NetworkRules, *, peer: FrontNetwork | None = None) -> FakeFront:
    front = FakeFront(network=peer)
    front.pipeline.directory = front.index(arrange(network=rules))
    return front


class TestNetworks:
    def test_an_address_that_is_listed_is_let_in(self) -> None:
        assert call(with_network(LISTED), KEY) == OK

    @pytest.mark.parametrize("rules", [UNLISTED, CLOSED])
    def test_private_ranges_stand_for_private_endpoints(self, rules: NetworkRules) -> None:
        private = FrontNetwork(private_ranges=("203.0.113.7",))
        assert call(with_network(rules, peer=private), KEY) == OK

    def test_a_proxy_is_asked_for_the_address(self) -> None:
        trusting = FrontNetwork(trusted_proxies=("203.0.113.7",))
        assert call(with_network(UNLISTED, peer=trusting), KEY, "X-Forwarded-For: 198.51.100.4") == OK
        assert call(with_network(LISTED, peer=trusting), KEY, "X-Forwarded-For: 198.51.100.4") == SHUT_OUT

    def test_and_nobody_else(self) -> None:
        assert call(with_network(UNLISTED), KEY, "X-Forwarded-For: 198.51.100.4") == SHUT_OUT

    def test_rules_are_the_resources_own(self) -> None:
        front = with_network(CLOSED)
        request = render("api-key: second-1").replace(b"example-resource", b"second-resource")
        client = front.connect()
        client.sends(request)
        assert b"DeploymentNotFound" in client.takes()


class TestDeployments:
    def test_a_paused_one_says_so_whoever_calls(self) -> None:
        for credential in (KEY, good()):
            assert call(serve(paused=True), credential) == (423, "DeploymentPaused")

    def test_a_model_for_tokens_only_takes_no_key(self) -> None:
        assert call(serve(requires_token=True), KEY) == NO_KEYS
        assert call(serve(requires_token=True), good()) == OK

    def test_only_those_who_are_let_in_hear_of_pauses(self) -> None:
        assert call(serve(paused=True), "api-key: wrong") == WRONG_KEY
        assert call(serve(paused=True, requires_token=True), KEY) == NO_KEYS


def record_of(front: FakeFront, *credentials: str) -> ExchangeRecord:
    call(front, *credentials)
    return front.log.records[-1]


class TestRecords:
    def test_name_the_principal(self) -> None:
        for token, object_id in ((good(), CALLER), (bearer(FOREIGN.issue(FOREIGNER)), FOREIGNER)):
            record = record_of(serve(), token)
            assert (record.authentication, record.principal_id, record.key_number) == ("token", object_id, None)
            assert record.outcome == "completed"

    def test_name_whoever_was_denied(self) -> None:
        record = record_of(serve(), good(READER))
        assert (record.authentication, record.principal_id) == ("token", READER)
        assert (record.outcome, record.error_code) == ("refused", "PermissionDenied")

    def test_name_the_principal_of_later_refusals(self) -> None:
        record = record_of(serve(paused=True), good())
        assert (record.authentication, record.principal_id, record.outcome) == ("token", CALLER, "refused")

    def test_say_why_a_token_was_not_believed_and_callers_are_not_told(self) -> None:
        front = serve()
        record = record_of(front, good(exp=NOW))
        assert (record.authentication, record.token_fault) == ("none", TokenFault.EXPIRED.value)
        client = front.connect()
        client.sends(render(good(exp=NOW)))
        expired = client.takes().partition(b"\r\n\r\n")[2]
        client.sends(render(bearer("a.b.c")))
        assert client.takes().partition(b"\r\n\r\n")[2] == expired

    def test_hold_no_token(self) -> None:
        front = serve()
        for headers, _, _ in CREDENTIALS.values():
            call(front, *headers)
        written = repr(front.log.records)
        for headers, _, _ in CREDENTIALS.values():
            for part in "".join(headers).split("."):
                assert len(part) < 16 or part not in written


ANSWER = [JSON, (b"content-length", b"2")]


class TestKeptConnections:
    """The same head again is decided again only when the answer could be another."""

    def test_a_token_that_ends_ends_there(self) -> None:
        front = serve()
        client = front.connect()
        request = render(good(exp=NOW + 60))
        for _ in range(2):
            client.sends(request)
            front.call.answers(200, ANSWER, b"{}")
            assert client.takes().startswith(b"HTTP/1.1 200 ")
        front.clock.advance(59.9)
        client.sends(request)
        front.call.answers(200, ANSWER, b"{}")
        assert client.takes().startswith(b"HTTP/1.1 200 ")
        front.clock.advance(0.1)
        client.sends(request)
        answer = client.takes()
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b'"statusCode":401' in answer
        assert not client.transport.is_closing()

    def test_a_token_that_begins_begins_there(self) -> None:
        front = serve()
        client = front.connect()
        request = render(good(nbf=NOW + 100))
        client.sends(request)
        assert client.takes().startswith(b"HTTP/1.1 401 ")
        front.clock.advance(40)  # an issuer's clock may be a minute ahead
        client.sends(request)
        front.call.answers(200, ANSWER, b"{}")
        assert client.takes().startswith(b"HTTP/1.1 200 ")

    def test_a_role_that_is_taken_away_is_gone_there(self) -> None:
        front = serve()
        client = front.connect()
        request = render(good())
        client.sends(request)
        front.call.answers(200, ANSWER, b"{}")
        front.pipeline.directory = front.index(arrange(callers=frozenset()))
        client.takes()
        client.sends(request)
        assert client.takes().startswith(b"HTTP/1.1 403 ")
        front.pipeline.directory = front.index(arrange())
        client.sends(request)
        front.call.answers(200, ANSWER, b"{}")
        assert client.takes().startswith(b"HTTP/1.1 200 ")

    def test_an_issuer_that_is_no_longer_trusted_is_not_believed_there(self) -> None:
        front = serve()
        client = front.connect()
        request = render(bearer(FOREIGN.issue(FOREIGNER)))
        client.sends(request)
        front.call.answers(200, ANSWER, b"{}")
        front.pipeline.directory = front.index(replace(arrange(), issuers=(OWN.describe(),)))
        client.takes()
        client.sends(request)
        assert client.takes().startswith(b"HTTP/1.1 401 ")

    def test_a_request_that_waited_for_too_long_is_not_served(self) -> None:
        front = serve()
        client = front.connect()
        client.sends(render(good(exp=NOW + 60)) * 2)
        front.clock.advance(60)
        front.call.answers(200, ANSWER, b"{}")
        answers = client.takes()
        assert answers.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 401 " in answers
        assert len(front.upstream.calls) == 1

    def test_nor_is_one_whose_role_went_meanwhile(self) -> None:
        front = serve()
        client = front.connect()
        client.sends(render(good()) * 3)
        front.pipeline.directory = front.index(arrange(callers=frozenset()))
        front.call.answers(200, ANSWER, b"{}")
        assert client.takes().count(b"HTTP/1.1 403 ") == 2

    def test_an_answer_under_way_goes_on_when_its_token_ends(self) -> None:
        front = serve()
        client = front.connect()
        client.sends(render(good(exp=NOW + 60)))
        front.clock.advance(61)
        front.call.answers(200, ANSWER, b"{}")
        assert client.takes().startswith(b"HTTP/1.1 200 ")

    def test_a_key_is_good_for_as_long_as_its_directory(self) -> None:
        front = serve()
        client = front.connect()
        for _ in range(2):
            front.clock.advance(NEVER)
            client.sends(render(KEY))
            front.call.answers(200, ANSWER, b"{}")
            assert client.takes().startswith(b"HTTP/1.1 200 ")
