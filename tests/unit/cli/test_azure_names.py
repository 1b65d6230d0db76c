from __future__ import annotations

from ingate.certificates.authority import AZURE_NAMES
from ingate.cli.azure_names import METRICS_DOMAIN, RESOURCE_DOMAINS, SHARED_NAMES, render_hosts


def test_the_names_are_those_that_ingate_has_certificates_for() -> None:
    wildcards = {f"*.{domain}" for domain in (*RESOURCE_DOMAINS, METRICS_DOMAIN)}
    assert wildcards | set(SHARED_NAMES) == set(AZURE_NAMES)


def test_each_resource_and_each_location_has_its_line() -> None:
    lines = render_hosts("127.0.0.1", subdomains=["team-b", "team-a", "team-b"], locations=["eastus2", "eastus2"])
    assert lines[0] == (
        "127.0.0.1 team-a.services.ai.azure.com team-a.cognitiveservices.azure.com team-a.openai.azure.com  # ingate"
    )
    assert lines[1].startswith("127.0.0.1 team-b.services.ai.azure.com ")
    assert lines[2] == "127.0.0.1 login.microsoftonline.com  # ingate"
    assert lines[-1] == "127.0.0.1 eastus2.metrics.monitor.azure.com  # ingate"
