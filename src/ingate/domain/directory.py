"""The directory: everything a gateway needs to decide about a request, in one immutable snapshot.

The control process publishes it whole, with a revision that only grows; gateways replace theirs whole and so never
see half a change. It holds digests of API keys, never keys, and references to upstream credentials, never
credentials.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from .catalog import Hosting
from .content import ContentRecording
from .key import DEVELOPMENT_KEY_DIGESTS
from .network import OPEN, NetworkRules
from .price import PriceEntry
from .quota import ExplicitLimits
from .upstream import UpstreamDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryDeployment:
    """A deployment as the data plane sees it."""

    name: str
    """What clients send as `model`."""
    model_id: str
    model_version: str
    deployment_type: str
    """GlobalStandard or DataZoneStandard."""
    capacity: int
    """In Foundry's units: 1 request, 1,000 uncached input tokens and 200 output tokens a minute each."""
    upstream: str
    """The name of an upstream in the same directory."""
    upstream_model: str
    """What goes on as `model`."""
    limits: ExplicitLimits | None = None
    hosting: Hosting = "anthropic"
    """Of this version of the model, as the catalogue has it: where it runs decides which features it has."""
    requires_token: bool = False
    """API keys do not serve its model."""
    is_paused: bool = False
    record_content: ContentRecording | None = None
    """None, as it is by default, keeps nothing of what requests and answers say."""
    prices: tuple[PriceEntry, ...] = ()
    """What its exchanges cost, by when that came into force; none where no price is known."""
    blocked_by_budget: str | None = None
    """The name of a spent budget that its owner asked to be enforced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryResource:
    """A Foundry resource as the data plane sees it."""

    name: str
    resource_id: str
    """Its Azure Resource Manager id."""
    subdomain: str
    """The first label of its host names, in lower case."""
    location: str
    key_digests: tuple[str, str]
    """`domain.key.digest_api_key` of key 1 and key 2."""
    deployments: tuple[DirectoryDeployment, ...] = ()
    allows_keys: bool = True
    """False: `disableLocalAuth`, tokens only."""
    network: NetworkRules = OPEN
    callers: frozenset[str] = frozenset()
    """The object ids of every principal of our own, groups among them, whose roles let it call Claude here."""
    foreign_callers: frozenset[str] = frozenset()
    """The same of trusted tenants, whose principals and groups nobody here knows: no object id is in both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationKey:
    """The public half of a signing key."""

    key_id: str
    modulus: str
    """Of RSA, in base64url as in a JSON web key (RFC 7518, section 6.3.1)."""
    exponent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedIssuer:
    """Whose tokens are believed."""

    issuer: str
    """`iss`, character by character."""
    tenant_id: str | None
    """`tid`, when the issuer's tokens have to have one."""
    keys: tuple[VerificationKey, ...]
    is_own: bool = False
    """Ingate's own: who is in which group is known here, and what its tokens say of groups may be past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """One revision of everything."""

    revision: int
    resources: tuple[DirectoryResource, ...] = ()
    upstreams: tuple[UpstreamDefinition, ...] = field(default=())
    issuers: tuple[TrustedIssuer, ...] = ()


class DirectoryStore(Protocol):
    """Reads the directory out of the control plane's state."""

    async def get_revision(self) -> int:
        """It grows with every change that the data plane can see, and never shrinks."""
        ...

    async def get_directory(self, *, assigned_before: datetime | None = None) -> Directory:
        """The upstream `simulator` is always in it. Role assignments made later than `assigned_before` do not count
        yet: on Azure they take minutes to reach every gateway."""
        ...


class DirectoryMalformed(ValueError):
    """Bytes that are not a directory: written by another version, or damaged."""


def render_directory(directory: Directory) -> bytes:
    return msgspec.json.encode(directory)


def parse_directory(data: bytes) -> Directory:
    """What `render_directory` wrote; unknown members are ignored. Raises DirectoryMalformed."""
    try:
        return msgspec.json.decode(data, type=Directory)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DirectoryMalformed(f"not a directory snapshot: {error}") from error


def list_resources_with_development_keys(directory: Directory) -> tuple[str, ...]:
    """The names of the resources that anyone could call, because a key of theirs is publicly known."""
    return tuple(
        resource.name
        for resource in directory.resources
        if not DEVELOPMENT_KEY_DIGESTS.isdisjoint(resource.key_digests)
    )
