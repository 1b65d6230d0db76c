"""Keys of other issuers: fetched ahead of need, kept for a while when they cannot be, published when they change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.support.recording_upstream import recording_upstream, refused_port
from tests.support.token_issuer import TokenIssuer, make_private_key
from tests.support.upstream_script import Answer, answer

from ingate.assembly import trusted_issuers
from ingate.assembly.trusted_issuers import (
    FIRST_RETRY_SECONDS,
    KEEP_SECONDS,
    LARGEST_DOCUMENT,
    LAST_RETRY_SECONDS,
    REFRESH_SECONDS,
    KeysUnavailable,
    TrustedIssuers,
    fetch_keys,
)
from ingate.domain.directory import Directory, VerificationKey
from ingate.domain.issuer_source import IssuerSource, parse_issuer_source

TENANT = "99999999-9999-4999-8999-999999999999"
FOREIGN = TokenIssuer(key_id="foreign-1", private_key=make_private_key("foreign"))
NEXT = TokenIssuer(key_id="foreign-2", private_key=make_private_key("next"))
OWN = TokenIssuer()
OWN_DIRECTORY = Directory(revision=1, issuers=(OWN.describe(),))


def render_set(*keys: VerificationKey) -> bytes:
    listed = [{"kty": "RSA", "use": "sig", "kid": k.key_id, "n": k.modulus, "e": k.exponent} for k in keys]
    return json.dumps({"keys": listed}).encode()


def source(text: str) -> IssuerSource:
    parsed = parse_issuer_source(text)
    assert isinstance(parsed, IssuerSource)
    return parsed


class Surroundings:
    """A clock, documents, and what was asked and published."""

    def __init__(self, *sources: str) -> None:
        self.now = 1000.0
        self.documents: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.published: list[list[str]] = []
        self.publish_fails = False
        self.trusted = TrustedIssuers(
            [source(text) for text in sources], fetch=self.fetch, clock=lambda: self.now, publish=self.publish
        )

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        try:
            return self.documents[url]
        except KeyError:
            raise KeysUnavailable("nothing there") from None

    async def publish(self) -> None:
        if self.publish_fails:
            raise OSError("no space left")
        self.published.append(self.list_keys())

    def list_keys(self) -> list[str]:
        arranged = self.trusted.arrange(OWN_DIRECTORY)
        assert arranged.issuers[0] == OWN.describe()
        return [f"{issuer.issuer} {key.key_id}" for issuer in arranged.issuers[1:] for key in issuer.keys]

    def refresh(self, after: float = 0) -> None:
        self.now += after
        asyncio.run(self.trusted.refresh())


ISSUER, URL = "https://issuer.example", "https://issuer.example/keys"
ONE = f"{ISSUER}={URL}"


def test_a_tenants_keys_count_for_both_versions_of_its_tokens() -> None:
    here = Surroundings(TENANT)
    here.documents[f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"] = render_set(
        FOREIGN.publish_key()
    )
    here.refresh()
    assert here.published == [
        [
            f"https://sts.windows.net/{TENANT}/ foreign-1",
            f"https://login.microsoftonline.com/{TENANT}/v2.0 foreign-1",
        ]
    ]


def test_before_keys_are_there_nobody_is_trusted() -> None:
    here = Surroundings(ONE)
    assert here.trusted.arrange(OWN_DIRECTORY) is OWN_DIRECTORY
    here.refresh()
    assert here.published == []


def test_keys_are_fetched_again_after_an_hour_and_published_when_they_changed() -> None:
    here = Surroundings(ONE)
    here.documents[URL] = render_set(FOREIGN.publish_key())
    here.refresh()
    here.refresh(REFRESH_SECONDS - 1)
    assert len(here.fetched) == 1
    here.refresh(1)
    assert (len(here.fetched), len(here.published)) == (2, 1)
    here.documents[URL] = render_set(FOREIGN.publish_key(), NEXT.publish_key())
    here.refresh(REFRESH_SECONDS)
    assert here.published[1:] == [[f"{ISSUER} foreign-1", f"{ISSUER} foreign-2"]]
    here.documents[URL] = render_set(NEXT.publish_key())
    here.refresh(REFRESH_SECONDS)
    assert here.published[2:] == [[f"{ISSUER} foreign-2"]], "a key that is withdrawn counts no longer"


@pytest.mark.parametrize("document", [None, b"", b"[]", b'{"keys":[]}', b"<html>", b'{"keys":[{"kty":"EC"}]}'])
def test_the_last_good_keys_are_kept_for_a_day(document: bytes | None) -> None:
    here = Surroundings(ONE)
    here.documents[URL] = render_set(FOREIGN.publish_key())
    here.refresh()
    here.documents = {} if document is None else {URL: document}
    here.refresh(REFRESH_SECONDS)
    here.refresh(KEEP_SECONDS - REFRESH_SECONDS - 1)
    assert here.list_keys() == [f"{ISSUER} foreign-1"]
    here.refresh(LAST_RETRY_SECONDS)
    assert here.published == [[f"{ISSUER} foreign-1"], []]


def test_failures_are_tried_again_less_and_less_often() -> None:
    here = Surroundings(ONE)
    pauses: list[float] = []
    last = here.now
    for _ in range(1500):
        here.refresh(1)
        if len(here.fetched) > len(pauses):
            pauses.append(here.now - last)
            last = here.now
    assert pauses[1:5] == [FIRST_RETRY_SECONDS * 2**number for number in range(4)]
    assert max(pauses) == LAST_RETRY_SECONDS
    here.documents[URL] = render_set(FOREIGN.publish_key())
    here.refresh(LAST_RETRY_SECONDS)
    assert here.published == [[f"{ISSUER} foreign-1"]]


def test_one_issuer_that_is_away_holds_up_no_other() -> None:
    here = Surroundings("https://away.example=https://away.example/keys", ONE)
    here.documents[URL] = render_set(FOREIGN.publish_key())
    here.refresh()
    assert here.published == [[f"{ISSUER} foreign-1"]]


def test_nobody_else_goes_by_our_own_name() -> None:
    here = Surroundings(f"{OWN.issuer}={URL}")
    here.documents[URL] = render_set(FOREIGN.publish_key())
    here.refresh()
    assert here.list_keys() == []


def test_keys_of_before_a_restart_count_until_they_are_fetched() -> None:
    before = Surroundings(ONE)
    before.documents[URL] = render_set(FOREIGN.publish_key())
    before.refresh()
    published = before.trusted.arrange(OWN_DIRECTORY)
    after = Surroundings(ONE)
    after.trusted.remember(published)
    assert after.list_keys() == [f"{ISSUER} foreign-1"]
    nobody = Surroundings(f"{OWN.issuer}={URL}")
    nobody.trusted.remember(published)
    assert nobody.trusted.arrange(replace(OWN_DIRECTORY, issuers=())).issuers == (), "our own keys are nobody else's"


def test_what_could_not_be_published_is_published_later() -> None:
    here = Surroundings(ONE)
    here.documents[URL] = render_set(FOREIGN.publish_key())
    here.publish_fails = True
    with pytest.raises(OSError, match="no space"):
        here.refresh()
    here.publish_fails = False
    here.refresh(1)
    assert (len(here.fetched), here.published) == (1, [[f"{ISSUER} foreign-1"]])


class TestTask:
    def test_it_ends_at_once_when_there_is_nobody_to_trust(self) -> None:
        asyncio.run(Surroundings().trusted.run())

    def test_it_goes_on_after_any_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        here = Surroundings(ONE)
        here.documents[URL] = render_set(FOREIGN.publish_key())
        here.publish_fails = True
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            here.now += seconds
            here.publish_fails = False
            if len(slept) == 3:
                raise asyncio.CancelledError

        monkeypatch.setattr(trusted_issuers.asyncio, "sleep", sleep)
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(here.trusted.run())
        assert here.published == [[f"{ISSUER} foreign-1"]]
        assert slept == [FIRST_RETRY_SECONDS, REFRESH_SECONDS - FIRST_RETRY_SECONDS, REFRESH_SECONDS]


class TestFetching:
    def fetch(self, url: str) -> bytes:
        return asyncio.run(_await(lambda: fetch_keys(url)))

    def test_brings_the_document(self) -> None:
        with recording_upstream() as server:
            server.script = lambda _: answer(200, b'{"keys":[]}')
            assert self.fetch(f"{server.base_url}/keys") == b'{"keys":[]}'

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            (answer(404, b"{}"), "status 404"),
            (answer(302, b"", headers=((b"location", b"http://127.0.0.1:9/"),)), "status 302"),
            (answer(200, b" " * (LARGEST_DOCUMENT + 1)), "too large"),
        ],
    )
    def test_takes_nothing_else(self, given: Answer, problem: str) -> None:
        with recording_upstream() as server:
            server.script = lambda _: given
            with pytest.raises(KeysUnavailable, match=problem):
                self.fetch(server.base_url)

    def test_of_nobody_is_told_so(self) -> None:
        with refused_port() as nowhere, pytest.raises(KeysUnavailable):
            self.fetch(f"http://127.0.0.1:{nowhere}/keys")


async def _await(make: Callable[[], Awaitable[bytes]]) -> bytes:
    return await make()
