"""The directory as bytes: written by the control process, read by gateways that may be of another version."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ingate.domain.directory import (
    Directory,
    DirectoryDeployment,
    DirectoryMalformed,
    DirectoryResource,
    list_resources_with_development_keys,
    parse_directory,
    render_directory,
)
from ingate.domain.key import DEVELOPMENT_KEYS, digest_api_key
from ingate.domain.upstream import SIMULATOR_UPSTREAM, CredentialReference, UpstreamDefinition

RESOURCE = DirectoryResource(
    name="one",
    resource_id="/subscriptions/s/…/accounts/one",
    subdomain="one",
    location="eastus2",
    key_digests=(digest_api_key("a"), digest_api_key("b")),
    deployments=(
        DirectoryDeployment(
            name="été",
            model_id="claude-opus-4-5",
            model_version="20251101",
            deployment_type="DataZoneStandard",
            capacity=7,
            upstream="server",
            upstream_model='quo"te',
        ),
    ),
)
DIRECTORY = Directory(
    revision=12,
    resources=(RESOURCE,),
    upstreams=(
        SIMULATOR_UPSTREAM,
        UpstreamDefinition(
            name="server",
            kind="messages-api",
            base_url="https://h",
            credential=CredentialReference(source="file", location="/run/secret"),
            credential_header="authorization",
            profile="vllm",
            connect_timeout=1.5,
            tls_ca_file="/ca.pem",
        ),
    ),
)


@pytest.mark.parametrize("directory", [DIRECTORY, Directory(revision=0)])
def test_what_is_written_is_read_back(directory: Directory) -> None:
    assert parse_directory(render_directory(directory)) == directory


def test_members_of_a_later_version_are_passed_over() -> None:
    document = json.loads(render_directory(DIRECTORY))
    document["future"] = {"a": 1}
    document["resources"][0]["future"] = []
    assert parse_directory(json.dumps(document).encode()) == DIRECTORY


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b'{"revision":"1"}', b'{"revision":1,"resources":[{"name":"x"}]}', b"\xff",
     b"[" * 100_000,
     b'{"revision":1,"upstreams":[{"name":"u","kind":"telepathy"}]}', render_directory(DIRECTORY)[:-1],
     b'{"revision":1,"resources":"\xff"}'],
)  # fmt: skip
def test_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(DirectoryMalformed):
        parse_directory(data)


def test_it_holds_no_key() -> None:
    data = render_directory(DIRECTORY)
    assert b'"a"' not in data
    assert digest_api_key("a").encode() in data


@pytest.mark.parametrize("number", [0, 1])
def test_resources_that_anyone_could_call_are_found(number: int) -> None:
    digests = list(RESOURCE.key_digests)
    digests[number] = digest_api_key(DEVELOPMENT_KEYS[1 - number])
    exposed = replace(RESOURCE, name="two", key_digests=(digests[0], digests[1]))
    assert list_resources_with_development_keys(Directory(revision=1, resources=(RESOURCE, exposed))) == ("two",)
    assert list_resources_with_development_keys(DIRECTORY) == ()
