"""The directory snapshot, arranged for look-ups by what a request carries: host name and deployment name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from ingate.domain.directory import Directory, DirectoryDeployment, DirectoryResource
from ingate.domain.network import NetworkPolicy
from ingate.domain.price import PriceEntry
from ingate.domain.quota import QuotaLimits
from ingate.domain.refusal import FeatureNotHosted, SeveralUpstreams
from ingate.domain.upstream import Upstream, UpstreamDefinition

from .access_tokens import AccessTokens
from .endpoints import StorageFeature

AZURE_DOMAINS = ("services.ai.azure.com", "cognitiveservices.azure.com", "openai.azure.com")
"""The second and third also serve Claude's path on Azure."""

LOCAL_DOMAIN = "localhost"
"""`example-resource.localhost` resolves to loopback without any set-up (RFC 6761)."""

_HOSTS_LIMIT = 1024


class Destination(NamedTuple):
    """Where an exchange goes, as its record says it."""

    deployment_name: str | None
    model_id: str | None
    upstream_name: str
    model_version: str | None = None
    deployment_type: str | None = None
    prices: tuple[PriceEntry, ...] = ()


class SharedUpstream(NamedTuple):
    """The one upstream of a resource's deployments that are hosted on Anthropic."""

    upstream: Upstream
    destination: Destination


GetUpstream = Callable[[UpstreamDefinition], Upstream]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentEntry:
    deployment: DirectoryDeployment
    quota_key: str
    limits: QuotaLimits
    counting_quota_key: str
    counting_limits: QuotaLimits
    """Of count_tokens: as many requests as messages may take, without touching these."""
    upstream: Upstream
    upstream_model: bytes
    """As a JSON string, ready to be spliced in."""
    destination: Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceEntry:
    resource: DirectoryResource
    network: NetworkPolicy
    deployments: dict[str, DeploymentEntry]

    def decide_shared_upstream(self, feature: StorageFeature) -> SharedUpstream | FeatureNotHosted | SeveralUpstreams:
        """Where Files and Skills go, whose requests name no deployment: what is kept there has to be found again,
        so there must be one place. Only deployments hosted on Anthropic have these features."""
        hosting = [entry for entry in self.deployments.values() if entry.deployment.hosting == "anthropic"]
        upstreams = {entry.deployment.upstream: entry.upstream for entry in hosting}
        if not upstreams:
            return FeatureNotHosted(feature=feature)
        if len(upstreams) > 1:
            return SeveralUpstreams(feature=feature, upstream_names=tuple(sorted(upstreams)))
        [(name, upstream)] = upstreams.items()
        return SharedUpstream(upstream, Destination(None, None, name))


class DirectoryIndex:
    """One revision. Replaced whole, never changed, but for the host names and the tokens it remembers."""

    __slots__ = ("_by_host", "_by_subdomain", "_default", "_domains", "revision", "tokens")

    def __init__(
        self,
        directory: Directory,
        *,
        get_upstream: GetUpstream,
        default_resource: str | None,
        domains: tuple[str, ...],
        private_ranges: tuple[str, ...] = (),
    ) -> None:
        """`default_resource` serves every host name that is under no known domain; when there is none of that name, a
        directory's only resource does. `domains` are the operator's own, besides Azure's and `localhost`;
        `private_ranges` as in `FrontNetwork`."""
        self.revision = directory.revision
        self.tokens = AccessTokens(directory.issuers)
        upstreams = {definition.name: get_upstream(definition) for definition in directory.upstreams}
        entries = [_make_entry(resource, upstreams, private_ranges) for resource in directory.resources]
        self._by_subdomain = {entry.resource.subdomain.lower(): entry for entry in entries}
        self._domains = tuple(f".{domain.lower().strip('.')}" for domain in (*domains, *AZURE_DOMAINS, LOCAL_DOMAIN))
        named = self._by_subdomain.get((default_resource or "").lower())
        self._default = entries[0] if named is None and len(entries) == 1 else named
        self._by_host: dict[bytes, ResourceEntry | None] = {}

    def find_resource(self, host: bytes) -> ResourceEntry | None:
        """By the request's Host, which may be empty (HTTP/1.0) or carry a port."""
        try:
            return self._by_host[host]
        except KeyError:
            entry = self._decide_resource(host)
            if len(self._by_host) < _HOSTS_LIMIT:
                self._by_host[host] = entry
            return entry

    def _decide_resource(self, host: bytes) -> ResourceEntry | None:
        name = host.decode("latin-1").lower()
        if not name.startswith("["):
            name = name.partition(":")[0]
        name = name.rstrip(".")
        for domain in self._domains:
            if name.endswith(domain):
                return self._by_subdomain.get(name.removesuffix(domain))
        return self._default


def _make_entry(
    resource: DirectoryResource, upstreams: dict[str, Upstream], private_ranges: tuple[str, ...]
) -> ResourceEntry:
    return ResourceEntry(
        resource=resource,
        network=NetworkPolicy(resource.network, private_ranges),
        deployments={
            deployment.name: DeploymentEntry(
                deployment=deployment,
                quota_key=f"{resource.resource_id}/deployments/{deployment.name}".lower(),
                limits=_decide_limits(deployment),
                counting_quota_key=f"{resource.resource_id}/deployments/{deployment.name}/count_tokens".lower(),
                counting_limits=QuotaLimits.of_requests(_decide_limits(deployment).requests),
                upstream=upstreams[deployment.upstream],
                upstream_model=msgspec.json.encode(deployment.upstream_model),
                destination=Destination(
                    deployment.name,
                    deployment.model_id,
                    deployment.upstream,
                    deployment.model_version,
                    deployment.deployment_type,
                    deployment.prices,
                ),
            )
            for deployment in resource.deployments
            if deployment.upstream in upstreams
        },
    )


def _decide_limits(deployment: DirectoryDeployment) -> QuotaLimits:
    return QuotaLimits.of_capacity(deployment.capacity, deployment.limits)
