"""Where a host's bytes go: to one of Ingate's planes, out to the host itself, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .request_head import Connect, PlainRequest

HTTPS_PORT = 443
METADATA_HOST = "169.254.169.254"
"""Where Azure's virtual machines find their managed identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """A part of Ingate that serves some hosts."""

    address: Address
    is_tls: bool
    """Whether it speaks TLS itself. It is then asked for the host's own name."""
    is_for_this_machine: bool = False
    """Whether clients on other machines are kept from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """What the proxy may do. In names, `*.` stands for one label."""

    planes: Mapping[str, Plane]
    """By host name."""
    metadata: Address | None = None
    """Who answers for the instance metadata service."""
    allowed: tuple[str, ...] = field(default=())
    """Hosts that are passed on untouched."""
    passes_everything: bool = False
    """Whether every host that is not Ingate's is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPlane:
    """End the client's TLS, and pass on what was in it."""

    host: str
    plane: Plane


@dataclass(frozen=True, slots=True, kw_only=True)
class Untouched:
    """Pass on bytes as they are."""

    address: Address
    first: bytes = b""
    """What is sent ahead of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLetOut:
    host: str
    port: int
    reason: str


Destination = ToPlane | Untouched | NotLetOut


def decide_tunnel(asked: Connect, routes: Routes) -> Destination:
    """A served host is never let out: not even by `--passthrough`, which is about all others."""
    host, port = asked.host, asked.port
    plane = find_by_name(routes.planes, host)
    if plane is not None:
        if port == HTTPS_PORT:
            return ToPlane(host=host, plane=plane)
        return NotLetOut(host=host, port=port, reason=f"Ingate serves {host} on port {HTTPS_PORT} only")
    if _is_allowed(routes, host):
        return Untouched(address=Address(host=host, port=port))
    return NotLetOut(host=host, port=port, reason=_not_served(host))


def decide_plain_request(asked: PlainRequest, routes: Routes) -> Destination:
    """Azure's hosts take no plain http; only the metadata service speaks nothing else."""
    host, port = asked.host, asked.port
    if find_by_name(routes.planes, host) is not None:
        return NotLetOut(host=host, port=port, reason=f"{host} is served over https only, as in Azure")
    if host == METADATA_HOST and port == 80 and routes.metadata is not None:
        return Untouched(address=routes.metadata, first=asked.head)
    if _is_allowed(routes, host):
        return Untouched(address=Address(host=host, port=port), first=asked.head)
    return NotLetOut(host=host, port=port, reason=_not_served(host))


def find_by_name(planes: Mapping[str, Plane], host: str) -> Plane | None:
    exact = planes.get(host)
    return exact if exact is not None else planes.get(_wildcard(host))


def _is_allowed(routes: Routes, host: str) -> bool:
    return routes.passes_everything or host in routes.allowed or _wildcard(host) in routes.allowed


def _wildcard(host: str) -> str:
    return "*." + host.partition(".")[2]


def _not_served(host: str) -> str:
    return (
        f"{host} is no host that Ingate serves; `ingate run --allow {host}` or `ingate up --proxy-allow {host}` "
        "lets it through"
    )
