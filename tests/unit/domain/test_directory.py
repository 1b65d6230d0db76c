from __future__ import annotations

import pytest
from tests.support.aggregates import make_upstream

from ingate.domain.directory import (
    Directory,
    DirectoryDeployment,
    DirectoryMalformed,
    DirectoryResource,
    parse_directory,
    render_directory,
)
from ingate.domain.upstream import SIMULATOR_UPSTREAM

DIRECTORY = Directory(
    revision=7,
    resources=(
        DirectoryResource(
            name="Example",
            resource_id="/subscriptions/1",
            subdomain="example",
            location="eastus2",
            key_digests=("a" * 64, "b" * 64),
            deployments=(
                DirectoryDeployment(
                    name="production-été",
                    model_id="claude-opus-4-5",
                    model_version="20251101",
                    deployment_type="GlobalStandard",
                    capacity=1,
                    upstream="simulator",
                    upstream_model="claude-opus-4-5",
                ),
            ),
        ),
    ),
    upstreams=(SIMULATOR_UPSTREAM, make_upstream().definition),
)


def test_a_directory_comes_back_as_it_was() -> None:
    assert parse_directory(render_directory(DIRECTORY)) == DIRECTORY


def test_members_of_a_later_version_are_ignored() -> None:
    assert parse_directory(b'{"revision":1,"later":{}}') == Directory(revision=1)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'{"revision":"1"}', b'{"revision":1,"resources":[{}]}', b"[" * 100_000, b"\xff"],
    ids=repr,
)
def test_anything_else_is_malformed(data: bytes) -> None:
    with pytest.raises(DirectoryMalformed):
        parse_directory(data)
