"""Network rules: from where a resource's data plane may be called.

https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from ingate.wire.arm.documents import JsonObject, get_object

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
NetworkAction = Literal["Allow", "Deny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRules:
    """What `publicNetworkAccess` and `networkAcls` of a resource say."""

    is_public: bool = True
    """False: only from private ranges, which stand for private endpoints."""
    default_action: NetworkAction = "Allow"
    """For addresses in none of `allowed`."""
    allowed: tuple[str, ...] = ()
    """Addresses and networks in CIDR notation, IPv4 and IPv6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAccessDisabled:
    """Only private endpoints may call this resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressNotAllowed:
    """The resource's firewall does not let this address in."""


NetworkRefusal = PublicAccessDisabled | AddressNotAllowed

OPEN = NetworkRules()


def parse_network_rules(properties: JsonObject) -> NetworkRules:
    """From an account's `properties` that were accepted; members of another type count as absent."""
    acls = get_object(properties, "networkAcls")
    rules = acls.get("ipRules")
    entries = cast("list[Any]", rules) if isinstance(rules, list) else []
    values = [cast("JsonObject", entry).get("value") for entry in entries if isinstance(entry, dict)]
    return NetworkRules(
        is_public=str(properties.get("publicNetworkAccess", "Enabled")).lower() != "disabled",
        default_action="Deny" if str(acls.get("defaultAction", "Allow")).lower() == "deny" else "Allow",
        allowed=tuple(value for value in values if isinstance(value, str)),
    )


def parse_network(text: str) -> IpNetwork | None:
    """An address or a network; bits set beyond the prefix are ignored, as Azure ignores them. None for anything
    else."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


class NetworkPolicy:
    """A resource's rules, ready to be asked for each connection's address."""

    __slots__ = ("_allowed", "_private", "_rules")

    def __init__(self, rules: NetworkRules, private_ranges: Sequence[str]) -> None:
        """Entries that are no networks let nobody in."""
        self._rules = rules
        self._allowed = [network for text in rules.allowed if (network := parse_network(text)) is not None]
        self._private = [network for text in private_ranges if (network := parse_network(text)) is not None]

    def decide(self, address: str | None) -> NetworkRefusal | None:
        """None lets the caller in. An unknown address is in no network."""
        rules = self._rules
        if rules.is_public and rules.default_action == "Allow":
            return None
        if _is_in(address, self._private):
            return None
        if not rules.is_public:
            return PublicAccessDisabled()
        return None if _is_in(address, self._allowed) else AddressNotAllowed()


def _is_in(address: str | None, networks: Sequence[IpNetwork]) -> bool:
    if address is None or not networks:
        return False
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed.version == network.version and parsed in network for network in networks)
