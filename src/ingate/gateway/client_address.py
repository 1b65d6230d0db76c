"""Whose address a request came from: the connection's, or what a trusted proxy says of it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ingate.domain.network import NetworkPolicy, NetworkRules


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontNetwork:
    """Where the gateway stands. Networks are in CIDR notation."""

    trusted_proxies: tuple[str, ...] = ()
    """Their `X-Forwarded-For` is believed; everyone else's is not read."""
    private_ranges: tuple[str, ...] = ()
    """Stand for private endpoints: no resource's network rules keep them out."""


_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]+)?\Z|([0-9.]+):[0-9]+\Z")
"""As some proxies write an address; an IPv6 address without brackets has no port."""


class ClientAddresses:
    """Decides for each request's head."""

    __slots__ = ("_proxies",)

    def __init__(self, trusted_proxies: tuple[str, ...]) -> None:
        rules = NetworkRules(default_action="Deny", allowed=trusted_proxies)
        self._proxies = NetworkPolicy(rules, ()) if trusted_proxies else None

    def decide(self, peer: str | None, forwarded_for: bytes | None) -> str | None:
        """Each proxy adds whom it heard from at the right. So the last that is no proxy of ours is the client, and
        what stands to its left may be invented. With an entry before that which is no address, it is the peer."""
        if self._proxies is None or forwarded_for is None or not self._is_proxy(peer):
            return peer
        address = peer
        for entry in reversed(forwarded_for.decode("latin-1").split(",")):
            named = _parse_address(entry.strip())
            if named is None:
                return peer
            address = named
            if not self._is_proxy(address):
                break
        return address

    def _is_proxy(self, address: str | None) -> bool:
        return self._proxies is not None and self._proxies.decide(address) is None


def _parse_address(text: str) -> str | None:
    found = _WITH_PORT.match(text)
    if found is not None:
        text = found[1] or found[2] or ""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
