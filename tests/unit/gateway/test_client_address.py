"""Whose address a request came from."""

from __future__ import annotations

import pytest
from tests.unit.gateway.fake_front import JSON, FakeFront, render_request

from ingate.gateway.client_address import ClientAddresses, FrontNetwork

PROXIES = ("10.0.0.0/8", "2001:db8:aa::/48")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("10.0.0.5", b"203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", b"1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", b"1.2.3.4,203.0.113.9,10.0.0.6 , 10.0.0.7", "203.0.113.9"),
        ("10.0.0.5", b"10.0.0.6", "10.0.0.6"),
        ("10.0.0.5", b"2001:db8:bb::1", "2001:db8:bb::1"),
        ("10.0.0.5", b"[2001:db8:bb::1]:4711", "2001:db8:bb::1"),
        ("10.0.0.5", b"203.0.113.9:4711", "203.0.113.9"),
        ("2001:db8:aa::1", b"203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.5", b"203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", b"nonsense, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", b"203.0.113.9, nonsense", "10.0.0.5"),
        ("10.0.0.5", b"203.0.113.9, nonsense, 10.0.0.6", "10.0.0.5"),
        ("10.0.0.5", b"", "10.0.0.5"),
        ("10.0.0.5", b"unknown", "10.0.0.5"),
        ("10.0.0.5", b"203.0.113.9\xff", "10.0.0.5"),
        ("10.0.0.5", None, "10.0.0.5"),
        ("203.0.113.1", b"10.0.0.5", "203.0.113.1"),
        (None, b"10.0.0.5", None),
    ],
)
def test_the_last_address_that_is_no_proxy_counts(
    peer: str | None, forwarded_for: bytes | None, expected: str | None
) -> None:
    assert ClientAddresses(PROXIES).decide(peer, forwarded_for) == expected


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert ClientAddresses(()).decide("127.0.0.1", b"203.0.113.9") == "127.0.0.1"


def test_a_proxy_that_is_no_network_is_nobody() -> None:
    assert ClientAddresses(("proxy.example",)).decide("127.0.0.1", b"203.0.113.9") == "127.0.0.1"


def test_the_decided_address_is_recorded_and_the_header_goes_no_further() -> None:
    front = FakeFront(network=FrontNetwork(trusted_proxies=("203.0.113.0/24",)))
    headers = [b"X-Forwarded-For: 1.2.3.4", b"x-forwarded-for: 198.51.100.7"]
    front.connect().sends(render_request(headers=headers))
    assert [name.lower() for name, _ in front.call.headers] == [b"anthropic-version"]
    front.call.answers(200, [JSON], b"{}")
    front.connect().sends(render_request(b"{", headers=headers))
    front.connect().sends(render_request())
    front.call.answers(200, [JSON], b"{}")
    assert [record.caller_address for record in front.log.records] == ["198.51.100.7", "198.51.100.7", "203.0.113.7"]


def test_two_clients_behind_one_proxy_share_a_connection_and_not_an_address() -> None:
    front = FakeFront(network=FrontNetwork(trusted_proxies=("203.0.113.7",)))
    client = front.connect()
    for address in (b"198.51.100.1", b"198.51.100.2", b"198.51.100.1"):
        client.sends(render_request(headers=[b"X-Forwarded-For: " + address]))
        front.call.answers(200, [JSON, (b"content-length", b"2")], b"{}")
    addresses = [record.caller_address for record in front.log.records]
    assert addresses == ["198.51.100.1", "198.51.100.2", "198.51.100.1"]
