"""Azure's host names that Ingate serves, as lines for /etc/hosts, which knows no wildcards."""

from __future__ import annotations

from collections.abc import Iterable

RESOURCE_DOMAINS = ("services.ai.azure.com", "cognitiveservices.azure.com", "openai.azure.com")
"""Each resource has a host below each."""
METRICS_DOMAIN = "metrics.monitor.azure.com"
"""Each location has one below this."""
SHARED_NAMES = (
    "login.microsoftonline.com",
    "login.windows.net",
    "management.azure.com",
    "graph.microsoft.com",
    "api.loganalytics.io",
    "api.loganalytics.azure.com",
)


def render_hosts(address: str, *, subdomains: Iterable[str], locations: Iterable[str]) -> list[str]:
    """A line for each resource and each location, and one for each name that all share."""
    lines = [
        " ".join([address, *(f"{subdomain}.{domain}" for domain in RESOURCE_DOMAINS)])
        for subdomain in sorted(set(subdomains))
    ]
    lines += [f"{address} {name}" for name in SHARED_NAMES]
    lines += [f"{address} {location}.{METRICS_DOMAIN}" for location in sorted(set(locations))]
    return [f"{line}  # ingate" for line in lines]
