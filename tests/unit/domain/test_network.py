"""From where a resource may be called."""

from __future__ import annotations

import pytest

from ingate.domain.network import (
    OPEN,
    AddressNotAllowed,
    NetworkPolicy,
    NetworkRefusal,
    NetworkRules,
    PublicAccessDisabled,
    parse_network_rules,
)

PRIVATE = ("10.0.0.0/8", "fd00::/8")
LISTED = NetworkRules(default_action="Deny", allowed=("203.0.113.0/24", "198.51.100.7", "2001:db8::/32"))
CLOSED = NetworkRules(is_public=False, allowed=("203.0.113.0/24",))


@pytest.mark.parametrize(
    ("rules", "address", "expected"),
    [
        (OPEN, "203.0.113.9", None),
        (OPEN, None, None),
        (LISTED, "203.0.113.9", None),
        (LISTED, "198.51.100.7", None),
        (LISTED, "198.51.100.8", AddressNotAllowed()),
        (LISTED, "2001:db8::1", None),
        (LISTED, "2001:db9::1", AddressNotAllowed()),
        (LISTED, "::ffff:203.0.113.9", None),
        (LISTED, "10.1.2.3", None),
        (LISTED, "not an address", AddressNotAllowed()),
        (LISTED, None, AddressNotAllowed()),
        (CLOSED, "203.0.113.9", PublicAccessDisabled()),
        (CLOSED, "10.1.2.3", None),
        (CLOSED, "fd00::7%eth0", None),
        (CLOSED, None, PublicAccessDisabled()),
    ],
)
def test_who_is_let_in(rules: NetworkRules, address: str | None, expected: NetworkRefusal | None) -> None:
    assert NetworkPolicy(rules, PRIVATE).decide(address) == expected


def test_an_entry_that_is_no_network_lets_nobody_in() -> None:
    rules = NetworkRules(default_action="Deny", allowed=("", "everywhere", "300.1.1.1"))
    assert NetworkPolicy(rules, ("nonsense",)).decide("10.0.0.1") == AddressNotAllowed()


def test_rules_are_read_from_an_accounts_properties() -> None:
    acls = {"defaultAction": "deny", "ipRules": [{"value": "203.0.113.0/24"}, {"other": 1}, "x"]}
    assert parse_network_rules({"networkAcls": acls, "publicNetworkAccess": "disabled"}) == NetworkRules(
        is_public=False, default_action="Deny", allowed=("203.0.113.0/24",)
    )
    assert parse_network_rules({}) == OPEN
    assert parse_network_rules({"networkAcls": {"ipRules": "x"}}) == OPEN
