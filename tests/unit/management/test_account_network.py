from __future__ import annotations

import pytest

from ingate.management.account_network import MOST_RULES, IpRuleBody, NetworkRulesBody, decide_network
from ingate.management.refusals import PropertyInvalid, ProtectionNotEnforced


def rules(*values: str) -> NetworkRulesBody:
    return NetworkRulesBody(ip_rules=[IpRuleBody(value=value) for value in values])


@pytest.mark.parametrize("access", [None, "Enabled", "disabled", "DISABLED"])
def test_public_access_is_enabled_or_disabled(access: str | None) -> None:
    assert decide_network(access, None) is None


def test_a_perimeter_that_does_not_exist_is_not_promised() -> None:
    assert isinstance(decide_network("SecuredByPerimeter", None), ProtectionNotEnforced)


@pytest.mark.parametrize("value", ["198.51.100.7", "10.0.0.0/8", "203.0.113.99/24", "2001:db8::1", "2001:db8::/48"])
def test_addresses_and_networks_of_both_versions_are_accepted(value: str) -> None:
    assert decide_network(None, rules(value)) is None


@pytest.mark.parametrize("value", ["", "10.0.0.0/33", "300.1.1.1", "example.com", "10.0.0.0-10.0.0.9", "::/129"])
def test_anything_else_is_refused_by_its_place(value: str) -> None:
    refused = decide_network(None, rules("10.0.0.1", value))
    assert isinstance(refused, PropertyInvalid)
    assert refused.name == "properties.networkAcls.ipRules[1].value"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (NetworkRulesBody(default_action="Block"), "properties.networkAcls.defaultAction"),
        (NetworkRulesBody(bypass="Everything"), "properties.networkAcls.bypass"),
        (rules(*["10.0.0.1"] * (MOST_RULES + 1)), "properties.networkAcls.ipRules"),
    ],
)
def test_members_have_the_values_that_azure_knows(body: NetworkRulesBody, name: str) -> None:
    refused = decide_network("Enabled", body)
    assert isinstance(refused, PropertyInvalid)
    assert refused.name == name
