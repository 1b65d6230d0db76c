"""Which resource a Host header means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.gateway.fake_front import FakeUpstream, make_directory, make_resource

from ingate.domain.directory import Directory, DirectoryResource
from ingate.domain.quota import ExplicitLimits, QuotaLimits
from ingate.gateway.directory_index import DirectoryIndex


def index(
    *names: str, default_resource: str | None = None, domains: tuple[str, ...] = ("claude.example.org",)
) -> DirectoryIndex:
    resources: tuple[DirectoryResource, ...] = tuple(make_resource(name, keys=("a", "b")) for name in names)
    return DirectoryIndex(
        Directory(revision=1, resources=resources),
        get_upstream=lambda _: FakeUpstream(),
        default_resource=default_resource,
        domains=domains,
    )


def find(directory: DirectoryIndex, host: bytes) -> str | None:
    entry = directory.find_resource(host)
    return None if entry is None else entry.resource.name


@pytest.mark.parametrize(
    "host",
    [
        b"one.services.ai.azure.com",
        b"one.cognitiveservices.azure.com",
        b"one.openai.azure.com",
        b"one.localhost",
        b"one.localhost:8080",
        b"ONE.Services.AI.Azure.com:443",
        b"one.localhost.",
        b"one.localhost.:8080",
        b"one.claude.example.org",
    ],
)
def test_a_host_name_under_a_known_domain_names_its_resource(host: bytes) -> None:
    directory = index("one", "two", default_resource="two")
    assert find(directory, host) == "one"
    assert find(directory, host) == "one"  # remembered


@pytest.mark.parametrize("host", [b"three.localhost", b"a.one.localhost", b".localhost", b"three.claude.example.org"])
def test_under_a_known_domain_nothing_else_answers(host: bytes) -> None:
    assert find(index("one", default_resource="one"), host) is None


@pytest.mark.parametrize(
    "host",
    [b"", b"127.0.0.1", b"127.0.0.1:8080", b"[::1]", b"[::1]:8080", b"localhost", b"gateway:80", b"one.com", b"\xff"],
)
def test_everything_else_is_the_default_resources(host: bytes) -> None:
    assert find(index("one", "two", default_resource="Two"), host) == "two"


def test_an_only_resource_is_the_default_without_being_named() -> None:
    assert find(index("one"), b"127.0.0.1") == "one"
    assert find(index("one", "two"), b"127.0.0.1") is None


def test_many_host_names_do_not_fill_the_memory() -> None:
    directory = index("one", default_resource="one")
    for number in range(5000):
        assert find(directory, b"host-%d" % number) == "one"
    remembered: dict[bytes, object] = getattr(directory, "_by_host")  # noqa: B009 - private, and still to be bounded
    assert len(remembered) <= 1024


def test_a_deployment_comes_with_what_the_hot_path_needs() -> None:
    upstream = FakeUpstream()
    directory = DirectoryIndex(
        make_directory(capacity=3), get_upstream=lambda _: upstream, default_resource=None, domains=()
    )
    assert directory.revision == 7
    resource = directory.find_resource(b"example-resource.localhost")
    assert resource is not None
    assert set(resource.deployments) == {"my-claude"}, "one whose upstream is gone cannot be served"
    entry = resource.deployments["my-claude"]
    assert entry.upstream is upstream
    assert entry.upstream_model == b'"fake-model"'
    assert (entry.limits.requests, entry.limits.input_tokens, entry.limits.output_tokens) == (3, 3000, 600)
    assert entry.quota_key == entry.quota_key.lower()


def test_a_deployments_limits_of_its_own_go_before_its_capacitys() -> None:
    directory = make_directory(capacity=3)
    resource = directory.resources[0]
    limited = replace(resource.deployments[0], limits=ExplicitLimits(requests=60, output_tokens=7))
    index_of_it = DirectoryIndex(
        replace(directory, resources=(replace(resource, deployments=(limited,)),)),
        get_upstream=lambda _: FakeUpstream(),
        default_resource=None,
        domains=(),
    )
    found = index_of_it.find_resource(b"example-resource.localhost")
    assert found is not None
    [entry] = found.deployments.values()
    assert entry.limits == QuotaLimits(requests=60, input_tokens=3000, output_tokens=7)
    assert entry.counting_limits == QuotaLimits.of_requests(60)
    assert entry.counting_quota_key != entry.quota_key
