from __future__ import annotations

import pytest
from tests.support.control_plane import ManagementClient

from ingate.domain.directory import parse_directory
from ingate.domain.key import digest_api_key

pytestmark = pytest.mark.anyio


async def test_keys_are_listed_and_only_their_digests_published(client: ManagementClient) -> None:
    keys = (await client.send("POST", f"{client.account_path}/listKeys")).json()

    assert set(keys) == {"key1", "key2"}
    assert keys["key1"] != keys["key2"]
    published = client.directory_file.read_bytes()
    digests = parse_directory(published).resources[0].key_digests
    assert digests == (digest_api_key(keys["key1"]), digest_api_key(keys["key2"]))
    assert b"CANARY" not in published


@pytest.mark.parametrize(("name", "changed", "kept"), [("Key1", "key1", "key2"), ("key2", "key2", "key1")])
async def test_regenerating_one_key_replaces_it_everywhere_and_leaves_the_other(
    client: ManagementClient, name: str, changed: str, kept: str
) -> None:
    before = (await client.send("POST", f"{client.account_path}/listKeys")).json()

    response = await client.send("POST", f"{client.account_path}/regenerateKey", {"keyName": name})

    assert response.status_code == 200
    after = response.json()
    assert after[changed] != before[changed]
    assert after[kept] == before[kept]
    assert (await client.send("POST", f"{client.account_path}/LISTKEYS")).json() == after
    digests = parse_directory(client.directory_file.read_bytes()).resources[0].key_digests
    assert digests == (digest_api_key(after["key1"]), digest_api_key(after["key2"]))


async def test_keys_are_shown_nowhere_else(client: ManagementClient) -> None:
    for path in (client.account_path, client.accounts_path, f"{client.account_path}/deployments"):
        assert "CANARY" not in (await client.send("GET", path)).text
