from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient, build_control_plane

from ingate.domain.directory import list_resources_with_development_keys, parse_directory
from ingate.domain.key import DEVELOPMENT_KEYS, digest_api_key
from ingate.management.seeding import DEFAULT_MODELS, seed_defaults
from ingate.store.directory_file import DirectoryFile
from ingate.store.opening import Stores

pytestmark = pytest.mark.anyio


async def test_an_empty_state_gets_the_documentations_resource_and_deployments(client: ManagementClient) -> None:
    directory = parse_directory(client.directory_file.read_bytes())

    (resource,) = directory.resources
    assert (resource.name, resource.subdomain, resource.location) == (
        "example-resource",
        "example-resource",
        "eastus2",
    )
    assert {deployment.name for deployment in resource.deployments} == set(DEFAULT_MODELS)
    for deployment in resource.deployments:
        assert deployment.upstream == "simulator"
        assert deployment.upstream_model == deployment.model_id == deployment.name
        assert (deployment.deployment_type, deployment.capacity) == ("GlobalStandard", 10_000)
    assert [upstream.name for upstream in directory.upstreams] == ["simulator"]


async def test_a_second_seeding_changes_nothing_and_says_the_same(client: ManagementClient) -> None:
    before = client.directory_file.read_bytes()

    again = await seed_defaults(client.plane, development_keys=True)

    assert again == client.defaults
    assert client.directory_file.read_bytes() == before


async def test_the_publicly_known_keys_are_only_used_when_asked_for_and_can_be_found(
    client: ManagementClient, fresh_stores: Stores
) -> None:
    path = client.directory_file.with_name("development.json")
    plane = build_control_plane(fresh_stores, DirectoryFile(fresh_stores, path).publish)

    await seed_defaults(plane, development_keys=True)

    directory = parse_directory(path.read_bytes())
    assert directory.resources[0].key_digests == tuple(digest_api_key(key) for key in DEVELOPMENT_KEYS)
    assert list_resources_with_development_keys(directory) == ("example-resource",)
    random = parse_directory(client.directory_file.read_bytes())
    assert list_resources_with_development_keys(random) == ()
