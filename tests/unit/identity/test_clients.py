from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.identity.tenant import CALLBACK, PORTAL

from ingate.identity.clients import Client, is_redirect_uri


def make_client(*redirect_uris: str) -> Client:
    principal = replace(PORTAL, redirect_uris=redirect_uris)
    return Client(client_id=PORTAL.client_id or "", name="portal", principal=principal, credentials=())


@pytest.mark.parametrize(
    ("registered", "given"),
    [
        (CALLBACK, CALLBACK),
        ("http://localhost", "http://localhost:50123"),
        ("http://localhost", "http://localhost/any/path"),
        ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback"),
        ("http://[::1]", "http://[::1]:50123/"),
        ("ms-app://portal", "ms-app://portal"),
    ],
)
def test_an_address_that_is_the_clients(registered: str, given: str) -> None:
    assert is_redirect_uri(make_client(registered), given)


@pytest.mark.parametrize(
    ("registered", "given"),
    [
        (CALLBACK, CALLBACK + "/"),
        (CALLBACK, CALLBACK.upper()),
        (CALLBACK, CALLBACK + "?more=1"),
        ("http://localhost", "https://localhost"),
        ("http://localhost", "http://127.0.0.1"),
        ("http://localhost", "http://localhost.evil.example"),
        ("http://localhost", "http://localhost:80@evil.example"),
        ("http://localhost", "http://localhost\\@evil.example"),
        ("http://localhost", "http://localhost/#fragment"),
        ("http://localhost:1234", "http://localhost:1235"),
        ("http://localhost/callback", "http://localhost:1234/other"),
        ("https://app.example", "https://app.example:8443"),
    ],
)
def test_an_address_that_only_looks_like_it(registered: str, given: str) -> None:
    assert not is_redirect_uri(make_client(registered), given)


def test_who_registered_none_has_none() -> None:
    assert not is_redirect_uri(make_client(), "http://localhost")
