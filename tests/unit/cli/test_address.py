from __future__ import annotations

import pytest

from ingate.cli.address import is_loopback, parse_http_url, reachable


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "r.localhost"])
def test_hosts_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [None, "", "10.0.0.1", "localhost.example", "0.0.0.0", "127.0.0.1.example"])
def test_hosts_that_may_be_elsewhere(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("text", ["host:80", "ftp://host", "http://", "http://host:99999", "http://[::1", "/path"])
def test_what_is_no_http_url(text: str) -> None:
    assert parse_http_url(text) is None


@pytest.mark.parametrize(
    ("listening", "connect_to"),
    [
        ("http://0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://[::]:8080", "http://[::1]:8080"),
        ("http://192.0.2.7:8080/", "http://192.0.2.7:8080"),
    ],
)
def test_an_address_that_means_all_becomes_loopback(listening: str, connect_to: str) -> None:
    assert reachable(listening) == connect_to
