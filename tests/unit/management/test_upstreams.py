from __future__ import annotations

from typing import Any

import pytest
from tests.support.control_plane import ManagementClient

from ingate.domain.directory import parse_directory
from ingate.domain.upstream import CredentialReference, UpstreamDefinition

pytestmark = pytest.mark.anyio

FULL: dict[str, Any] = {
    "kind": "messages-api",
    "baseUrl": "https://api.example.com/anthropic/",
    "credential": "env:EXAMPLE_KEY",
    "credentialHeader": "authorization",
    "profile": "vllm",
    "connectTimeoutSeconds": 1,
    "firstByteTimeoutSeconds": 2.5,
    "idleTimeoutSeconds": 3,
    "tlsCaFile": "/etc/ssl/ca.pem",
}


async def put(client: ManagementClient, **properties: object) -> Any:
    body = {"properties": {"kind": "messages-api", "baseUrl": "https://api.example.com", **properties}}
    return await client.send("PUT", f"{client.upstreams_path}/other", body)


async def test_an_upstream_is_published_as_configured(client: ManagementClient) -> None:
    response = await client.send("PUT", f"{client.upstreams_path}/other", {"properties": FULL})

    assert response.status_code == 201
    assert response.json()["type"] == "Ingate.Gateway/upstreams"
    assert response.json()["properties"]["baseUrl"] == "https://api.example.com/anthropic"
    assert response.json()["properties"]["credential"] == "env:EXAMPLE_KEY"
    assert parse_directory(client.directory_file.read_bytes()).upstreams[1] == UpstreamDefinition(
        name="other",
        kind="messages-api",
        base_url="https://api.example.com/anthropic",
        credential=CredentialReference(source="env", location="EXAMPLE_KEY"),
        credential_header="authorization",
        profile="vllm",
        connect_timeout=1.0,
        first_byte_timeout=2.5,
        idle_timeout=3.0,
        tls_ca_file="/etc/ssl/ca.pem",
    )


async def test_what_get_answers_about_an_upstream_can_be_put_back(client: ManagementClient) -> None:
    await put(client)
    shown = (await client.send("GET", f"{client.upstreams_path}/OTHER")).json()
    response = await client.send("PUT", f"{client.upstreams_path}/other", without_nulls(shown))
    assert response.status_code == 200
    assert response.json()["properties"] == shown["properties"]


def without_nulls(document: dict[str, Any]) -> dict[str, Any]:
    properties = {name: value for name, value in document["properties"].items() if value is not None}
    return {**document, "properties": properties}


async def test_the_simulator_is_in_every_group_and_cannot_be_replaced(client: ManagementClient) -> None:
    listed = (await client.send("GET", client.upstreams_path)).json()["value"]
    assert [entry["name"] for entry in listed] == ["simulator"]
    assert (await client.send("GET", f"{client.upstreams_path}/SIMULATOR")).json()["name"] == "simulator"
    body = {"properties": {"kind": "messages-api", "baseUrl": "https://api.example.com"}}
    for method in ("PUT", "DELETE"):
        response = await client.send(method, f"{client.upstreams_path}/Simulator", body)
        assert response.status_code == 409


async def test_an_upstream_can_be_deleted_once_nothing_uses_it(client: ManagementClient) -> None:
    await put(client)
    deployment = f"{client.account_path}/deployments/prod-a"
    model = {"name": "claude-opus-4-5"}
    await client.send("PUT", deployment, {"properties": {"model": model, "ingate": {"upstream": "other"}}})

    assert (await client.send("DELETE", f"{client.upstreams_path}/other")).status_code == 409
    await client.send("DELETE", deployment)
    assert (await client.send("DELETE", f"{client.upstreams_path}/other")).status_code == 200
    assert (await client.send("DELETE", f"{client.upstreams_path}/other")).status_code == 204


@pytest.mark.parametrize(
    "credential",
    ["sk-ant-CANARY", "env:sk-ant-CANARY", "env:", "env:1CANARY", "file:CANARY", "file:", "ENV:CANARY", "CANARY", ""],
)
async def test_a_credential_that_is_no_reference_is_neither_kept_nor_repeated(
    client: ManagementClient, credential: str
) -> None:
    response = await put(client, credential=credential)
    assert response.status_code == 400
    assert "CANARY" not in response.text
    assert (await client.send("GET", f"{client.upstreams_path}/other")).status_code == 404


@pytest.mark.parametrize(
    "properties",
    [
        {"kind": "CANARY"},
        {"credentialHeader": "CANARY"},
        {"profile": "CANARY"},
        {"tlsCaFile": "CANARY.pem"},
        {"connectTimeoutSeconds": 0},
        {"idleTimeoutSeconds": -1},
        {"firstByteTimeoutSeconds": 1e9},
        {"connectTimeoutSeconds": "10"},
        {"kind": "simulator"},
        {"secret": "CANARY"},
        {"credential": ["CANARY"]},
        {"baseUrl": None},
    ],
)
async def test_what_an_upstream_cannot_be_is_refused_without_repeating_it(
    client: ManagementClient, properties: dict[str, object]
) -> None:
    response = await put(client, **properties)
    assert response.status_code == 400
    assert "CANARY" not in response.text


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000", "http://localhost:1234/", "http://[::1]:11434"])
async def test_plain_http_on_this_machine_may_carry_a_credential(client: ManagementClient, base_url: str) -> None:
    response = await put(client, baseUrl=base_url, credential="file:/run/secrets/key")
    assert response.status_code == 201


async def test_plain_http_to_another_machine_needs_the_operators_word(client: ManagementClient) -> None:
    refused = await put(client, baseUrl="http://10.0.0.1", credential="env:KEY")
    allowed = await put(client, baseUrl="http://10.0.0.1", credential="env:KEY", allowPlainHttp=True)
    assert (refused.status_code, allowed.status_code) == (400, 201)
