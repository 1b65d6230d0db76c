"""`publicNetworkAccess` and `networkAcls` of an account: what is accepted of them. Gateways enforce them."""

from __future__ import annotations

import msgspec

from ingate.domain.network import parse_network

from .refusals import PropertyInvalid, ProtectionNotEnforced

MOST_RULES = 1000


class IpRuleBody(msgspec.Struct):
    value: str


class VirtualNetworkRuleBody(msgspec.Struct):
    """Kept and shown. There are no virtual networks here whose callers it could let in."""

    id: str


class NetworkRulesBody(msgspec.Struct, rename="camel"):
    default_action: str | None = None
    bypass: str | None = None
    ip_rules: list[IpRuleBody] | None = None
    virtual_network_rules: list[VirtualNetworkRuleBody] | None = None


def decide_network(
    public_network_access: str | None, rules: NetworkRulesBody | None
) -> PropertyInvalid | ProtectionNotEnforced | None:
    """None when it is accepted."""
    access = (public_network_access or "Enabled").lower()
    if access == "securedbyperimeter":
        return ProtectionNotEnforced(name="properties.publicNetworkAccess")
    if access not in ("enabled", "disabled"):
        return PropertyInvalid(name="properties.publicNetworkAccess", reason="must be Enabled or Disabled")
    return None if rules is None else _decide_rules(rules)


def _decide_rules(rules: NetworkRulesBody) -> PropertyInvalid | None:
    if (rules.default_action or "Allow").lower() not in ("allow", "deny"):
        return PropertyInvalid(name="properties.networkAcls.defaultAction", reason="must be Allow or Deny")
    if (rules.bypass or "None").lower() not in ("none", "azureservices"):
        return PropertyInvalid(name="properties.networkAcls.bypass", reason="must be None or AzureServices")
    addresses = rules.ip_rules or []
    if len(addresses) > MOST_RULES:
        return PropertyInvalid(name="properties.networkAcls.ipRules", reason=f"has more than {MOST_RULES} rules")
    for number, rule in enumerate(addresses):
        if parse_network(rule.value) is None:
            return PropertyInvalid(
                name=f"properties.networkAcls.ipRules[{number}].value",
                reason="must be an IPv4 or IPv6 address or a network in CIDR notation, such as 203.0.113.0/24",
            )
    return None
