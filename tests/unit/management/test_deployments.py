from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.control_plane import ManagementClient
from tests.support.management_access import OWNER, Tenant

from ingate.domain.content import ContentRecording
from ingate.domain.directory import DirectoryDeployment, parse_directory
from ingate.domain.quota import ExplicitLimits

pytestmark = pytest.mark.anyio

AZURE_CLI_BODY: dict[str, Any] = {
    "sku": {"name": "GlobalStandard", "capacity": "1"},
    "properties": {"model": {"format": "Anthropic", "name": "claude-haiku-4-5", "version": "2"}},
}
"""azure-cli sends the capacity as a string."""


def path_of(client: ManagementClient, name: str) -> str:
    return f"{client.account_path}/deployments/{quote(name, safe='')}"


def find_published(client: ManagementClient, name: str) -> DirectoryDeployment | None:
    (resource,) = parse_directory(client.directory_file.read_bytes()).resources
    return next((entry for entry in resource.deployments if entry.name == name), None)


async def test_a_new_deployment_is_served_before_its_creator_has_the_answer(client: ManagementClient) -> None:
    response = await client.send("PUT", path_of(client, "prod-a"), AZURE_CLI_BODY)

    assert response.status_code == 201
    deployment = response.json()
    assert deployment["id"] == f"{client.account_path}/deployments/prod-a"
    assert deployment["type"] == "Microsoft.CognitiveServices/accounts/deployments"
    assert deployment["sku"] == {"name": "GlobalStandard", "capacity": 1}
    assert deployment["properties"]["provisioningState"] == "Succeeded"
    assert deployment["properties"]["ingate"] == {"upstream": "simulator", "upstreamModel": "claude-haiku-4-5"}
    published = find_published(client, "prod-a")
    assert published is not None
    assert published == DirectoryDeployment(
        name="prod-a",
        model_id="claude-haiku-4-5",
        model_version="2",
        deployment_type="GlobalStandard",
        capacity=1,
        upstream="simulator",
        upstream_model="claude-haiku-4-5",
        hosting="azure",
        prices=published.prices,
    )
    assert [price.label for price in published.prices] == ["claude-haiku-4-5@2026-08-21"]


@pytest.mark.parametrize("name", ["my-claude-deployment", "v1.2_b", "production-été", "生产环境", "Продакшн-1"])
async def test_any_valid_name_works_in_any_script(client: ManagementClient, name: str) -> None:
    assert (await client.send("PUT", path_of(client, name), AZURE_CLI_BODY)).status_code == 201
    assert (await client.send("GET", path_of(client, name))).json()["name"] == name
    assert find_published(client, name) is not None


async def test_several_deployments_of_one_model_stand_side_by_side(client: ManagementClient) -> None:
    for name in ("red", "blue"):
        await client.send("PUT", path_of(client, name), AZURE_CLI_BODY)
    listed = (await client.send("GET", f"{client.account_path}/deployments")).json()["value"]
    models = {entry["name"]: entry["properties"]["model"]["name"] for entry in listed}
    assert models["red"] == models["blue"] == models["claude-haiku-4-5"] == "claude-haiku-4-5"


async def test_version_type_and_capacity_default_to_the_catalogues(
    client: ManagementClient,
) -> None:
    body = {"properties": {"model": {"name": "claude-haiku-4-5"}}}
    deployment = (await client.send("PUT", path_of(client, "small"), body)).json()
    assert deployment["properties"]["model"]["version"] == "2"
    assert deployment["sku"] == {"name": "GlobalStandard", "capacity": 10}


async def test_data_zone_deployments_are_for_models_hosted_on_azure(client: ManagementClient) -> None:
    sku = {"name": "datazonestandard", "capacity": 3}
    response = await client.send("PUT", path_of(client, "zone"), AZURE_CLI_BODY | {"sku": sku})
    assert response.json()["sku"] == {"name": "DataZoneStandard", "capacity": 3}


@pytest.mark.parametrize("capacity", [0, -1, "0", "ten", "1.5", "٣", 1_000_001, "9" * 50])
async def test_a_capacity_that_is_no_whole_number_in_range_is_refused(
    client: ManagementClient, capacity: int | str
) -> None:
    body = AZURE_CLI_BODY | {"sku": {"name": "GlobalStandard", "capacity": capacity}}
    response = await client.send("PUT", path_of(client, "prod-a"), body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidCapacity")


@pytest.mark.parametrize("capacity", [True, 1.5, [1], {}])
async def test_a_capacity_of_another_type_is_refused(client: ManagementClient, capacity: object) -> None:
    body = AZURE_CLI_BODY | {"sku": {"name": "GlobalStandard", "capacity": capacity}}
    response = await client.send("PUT", path_of(client, "prod-a"), body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequestContent")


async def test_an_azure_client_changes_the_sku_and_the_upstream_stays(client: ManagementClient) -> None:
    upstream = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9999"}}
    await client.send("PUT", f"{client.upstreams_path}/local", upstream)
    ingate = {"upstream": "LOCAL", "upstreamModel": "smollm2"}
    properties = {**AZURE_CLI_BODY["properties"], "ingate": ingate}
    await client.send("PUT", path_of(client, "prod-a"), {**AZURE_CLI_BODY, "properties": properties})

    response = await client.send("PUT", path_of(client, "PROD-A"), AZURE_CLI_BODY | {"sku": {"capacity": 9}})

    assert response.status_code == 200
    published = find_published(client, "prod-a")
    assert published is not None
    assert (published.capacity, published.upstream, published.upstream_model) == (9, "local", "smollm2")


async def test_the_version_of_a_deployment_may_change(client: ManagementClient) -> None:
    await client.send("PUT", path_of(client, "prod-a"), AZURE_CLI_BODY)
    model = {"format": "Anthropic", "name": "claude-haiku-4-5", "version": "20251001"}
    await client.send("PUT", path_of(client, "prod-a"), {"properties": {"model": model}})
    published = find_published(client, "prod-a")
    assert published is not None
    assert published.model_version == "20251001"


async def test_patch_changes_sku_and_tags_alone(client: ManagementClient) -> None:
    await client.send("PUT", path_of(client, "prod-a"), AZURE_CLI_BODY)
    patch = {"sku": {"capacity": 25}, "tags": {"team": "a"}}
    patched = await client.send("PATCH", path_of(client, "prod-a"), patch)
    refused = await client.send("PATCH", path_of(client, "prod-a"), {"properties": {}})

    assert patched.status_code == 200
    assert patched.json()["sku"] == {"name": "GlobalStandard", "capacity": 25}
    assert patched.json()["tags"] == {"team": "a"}
    assert refused.status_code == 400


async def test_what_a_client_wrote_comes_back(client: ManagementClient) -> None:
    body = {
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {
            **AZURE_CLI_BODY["properties"],
            "modelProviderData": {"organizationName": "Contoso", "industry": "technology", "countryCode": "US"},
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            "raiPolicyName": "Microsoft.DefaultV2",
        },
    }
    await client.send("PUT", path_of(client, "prod-a"), body)
    shown = (await client.send("GET", path_of(client, "prod-a"))).json()
    for member in ("modelProviderData", "versionUpgradeOption", "raiPolicyName"):
        assert shown["properties"][member] == body["properties"][member]
    assert (await client.send("PUT", path_of(client, "prod-a"), shown)).status_code == 200


async def test_a_setting_has_everybody_but_the_administrator_say_who_the_customer_is(
    client: ManagementClient,
) -> None:
    """Azure always has; but az cannot."""
    tenant = await Tenant.open(client)
    strict = Tenant(client.with_settings(requires_provider_data=True))
    strict.issuer = tenant.issuer
    owner = await tenant.add_with_role(OWNER, client.account_path)
    properties = AZURE_CLI_BODY["properties"]
    customer = {"organizationName": "Contoso", "industry": "technology", "countryCode": "US"}
    said = {**AZURE_CLI_BODY, "properties": {**properties, "modelProviderData": customer}}

    assert (await tenant.send(owner, "PUT", path_of(client, "a1"), AZURE_CLI_BODY)).status_code == 201
    refused = await strict.send(owner, "PUT", path_of(client, "a2"), AZURE_CLI_BODY)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidModelProviderData")
    assert (await strict.send(owner, "PUT", path_of(client, "a2"), said)).status_code == 201
    assert (await strict.client.send("PUT", path_of(client, "a3"), AZURE_CLI_BODY)).status_code == 201


async def test_a_deleted_deployment_is_gone_from_the_directory(client: ManagementClient) -> None:
    path = path_of(client, "claude-opus-4-1")
    assert (await client.send("DELETE", path)).status_code == 200
    assert find_published(client, "claude-opus-4-1") is None
    assert (await client.send("DELETE", path)).status_code == 204
    assert (await client.send("GET", path)).status_code == 404


async def test_a_new_upstream_model_alone_does_not_move_a_deployment_to_another_upstream(
    client: ManagementClient,
) -> None:
    upstream = {"properties": {"kind": "messages-api", "baseUrl": "http://127.0.0.1:9999"}}
    await client.send("PUT", f"{client.upstreams_path}/local", upstream)
    model = {"name": "claude-opus-4-5"}
    for ingate in ({"upstream": "local"}, {"upstreamModel": "tiny"}):
        await client.send("PUT", path_of(client, "prod-a"), {"properties": {"model": model, "ingate": ingate}})
    published = find_published(client, "prod-a")
    assert published is not None
    assert (published.upstream, published.upstream_model) == ("local", "tiny")


async def test_many_changes_at_once_all_arrive(client: ManagementClient) -> None:
    names = [f"deployment-{number}" for number in range(40)]
    responses = await asyncio.gather(*(client.send("PUT", path_of(client, name), AZURE_CLI_BODY) for name in names))
    assert {response.status_code for response in responses} == {201}
    assert all(find_published(client, name) is not None for name in names)


class TestLimits:
    """`properties.ingate.limits`, in place of what capacity gives."""

    @staticmethod
    def body_with(limits: object, **ingate: object) -> dict[str, Any]:
        return {
            **AZURE_CLI_BODY,
            "properties": {**AZURE_CLI_BODY["properties"], "ingate": {"limits": limits, **ingate}},
        }

    async def test_they_are_shown_and_published(self, client: ManagementClient) -> None:
        limits = {"requestsPerMinute": 60, "inputTokensPerMinute": 50_000}
        properties = (await client.send("PUT", path_of(client, "a1"), self.body_with(limits))).json()["properties"]
        assert properties["ingate"]["limits"] == limits
        assert [limit["count"] for limit in properties["rateLimits"]] == [60, 50_000]
        published = find_published(client, "a1")
        assert published is not None
        assert published.limits == ExplicitLimits(requests=60, input_tokens=50_000)

    async def test_without_any_nothing_is_shown(self, client: ManagementClient) -> None:
        properties = (await client.send("PUT", path_of(client, "a1"), AZURE_CLI_BODY)).json()["properties"]
        assert "limits" not in properties["ingate"]
        published = find_published(client, "a1")
        assert published is not None
        assert published.limits is None

    @pytest.mark.parametrize(
        ("body", "kept"),
        [
            (AZURE_CLI_BODY, {"requestsPerMinute": 60, "outputTokensPerMinute": 7}),
            (body_with({}), {"requestsPerMinute": 60, "outputTokensPerMinute": 7}),
            (body_with({"requestsPerMinute": None}), {"outputTokensPerMinute": 7}),
            (
                body_with({"requestsPerMinute": 61, "inputTokensPerMinute": 5}),
                {"requestsPerMinute": 61, "inputTokensPerMinute": 5, "outputTokensPerMinute": 7},
            ),
            (body_with(None), None),
        ],
    )
    async def test_what_a_put_leaves_out_stays_and_null_takes_it_away(
        self, client: ManagementClient, body: dict[str, Any], kept: dict[str, int] | None
    ) -> None:
        first = self.body_with({"requestsPerMinute": 60, "outputTokensPerMinute": 7}, upstreamModel="m")
        await client.send("PUT", path_of(client, "a1"), first)
        ingate = (await client.send("PUT", path_of(client, "a1"), body)).json()["properties"]["ingate"]
        assert ingate.get("limits") == kept
        assert ingate["upstreamModel"] == "m", "limits alone leave the upstream as it is"

    async def test_a_patch_of_the_capacity_leaves_them(self, client: ManagementClient) -> None:
        await client.send("PUT", path_of(client, "a1"), self.body_with({"requestsPerMinute": 60}))
        patched = await client.send("PATCH", path_of(client, "a1"), {"sku": {"capacity": 5}})
        assert [limit["count"] for limit in patched.json()["properties"]["rateLimits"]] == [60, 5000]

    @pytest.mark.parametrize(
        "limits",
        [{"requestsPerMinute": value} for value in (0, -1, 10**12 + 1, 1.5, "60", True)]
        + [{"rpm": 1}, [], 7, "none"],
    )
    async def test_others_are_refused(self, client: ManagementClient, limits: object) -> None:
        response = await client.send("PUT", path_of(client, "a1"), self.body_with(limits))
        assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequestContent")
        assert find_published(client, "a1") is None


class TestContentRecording:
    """`properties.ingate.recordContent`: off unless asked for."""

    @staticmethod
    def body_with(recording: object) -> dict[str, Any]:
        return {
            **AZURE_CLI_BODY,
            "properties": {**AZURE_CLI_BODY["properties"], "ingate": {"recordContent": recording}},
        }

    async def test_it_is_off_by_default(self, client: ManagementClient) -> None:
        properties = (await client.send("PUT", path_of(client, "a1"), AZURE_CLI_BODY)).json()["properties"]
        assert "recordContent" not in properties["ingate"]
        published = find_published(client, "a1")
        assert published is not None
        assert published.record_content is None

    async def test_it_is_shown_and_published(self, client: ManagementClient) -> None:
        recording = {"retentionDays": 7, "redact": [r"(?i)acct-\d{6}", "größe"]}
        properties = (await client.send("PUT", path_of(client, "a1"), self.body_with(recording))).json()["properties"]
        assert properties["ingate"]["recordContent"] == recording
        published = find_published(client, "a1")
        assert published is not None
        assert published.record_content == ContentRecording(retention_days=7, redact=(r"(?i)acct-\d{6}", "größe"))

    async def test_a_put_without_it_keeps_it_and_null_turns_it_off(self, client: ManagementClient) -> None:
        path = path_of(client, "a1")
        await client.send("PUT", path, self.body_with({"retentionDays": 30, "redact": ["x"]}))
        cases: list[tuple[dict[str, Any], object]] = [
            (AZURE_CLI_BODY, {"retentionDays": 30, "redact": ["x"]}),
            (self.body_with({"retentionDays": 1}), {"retentionDays": 1, "redact": []}),
            (self.body_with(None), None),
            (AZURE_CLI_BODY, None),
        ]
        for body, shown in cases:
            ingate = (await client.send("PUT", path, body)).json()["properties"]["ingate"]
            assert ingate.get("recordContent") == shown

    async def test_a_patch_leaves_it(self, client: ManagementClient) -> None:
        await client.send("PUT", path_of(client, "a1"), self.body_with({"retentionDays": 30}))
        patched = await client.send("PATCH", path_of(client, "a1"), {"sku": {"capacity": 5}})
        assert patched.json()["properties"]["ingate"]["recordContent"]["retentionDays"] == 30

    @pytest.mark.parametrize(
        ("recording", "said"),
        [({"retentionDays": value}, "from 1 to 365") for value in (0, 366, -1)]
        + [({"retentionDays": value}, "retentionDays") for value in (1.5, "7", True, None)]
        + [
            ({}, "retentionDays"),
            ({"retentionDays": 7, "days": 7}, "days"),
            ({"retentionDays": 7, "redact": "x"}, "redact"),
            ({"retentionDays": 7, "redact": ["x"] * 21}, "at most 20 patterns"),
            ({"retentionDays": 7, "redact": ["x", ""]}, "pattern 2 of redact must have 1 to 200 characters"),
            ({"retentionDays": 7, "redact": ["x" * 201]}, "pattern 1 of redact must have 1 to 200 characters"),
            ({"retentionDays": 7, "redact": ["x", "secret("]}, "pattern 2 of redact is not RE2: missing )"),
            (7, "recordContent"),
        ],
    )
    async def test_others_are_refused(self, client: ManagementClient, recording: object, said: str) -> None:
        response = await client.send("PUT", path_of(client, "a1"), self.body_with(recording))
        assert (response.status_code, response.json()["error"]["code"]) == (400, "InvalidRequestContent")
        assert said in response.json()["error"]["message"]
        assert "secret" not in response.text, "a pattern may tell what is secret"
        assert find_published(client, "a1") is None


async def test_a_paused_deployment_keeps_everything_but_its_callers(client: ManagementClient) -> None:
    path = path_of(client, "claude-opus-4-5")
    paused = await client.send("POST", f"{path}/pause")
    assert (paused.status_code, paused.json()["properties"]["deploymentState"]) == (200, "Paused")
    published = find_published(client, "claude-opus-4-5")
    assert published is not None
    assert published.is_paused

    changed = await client.send("PUT", path, {"properties": {"model": {"name": "claude-opus-4-5"}}})
    assert changed.json()["properties"]["deploymentState"] == "Paused"

    resumed = await client.send("POST", f"{path}/resume")
    assert resumed.json()["properties"]["deploymentState"] == "Running"
    again = await client.send("POST", f"{path}/resume")
    assert again.json()["etag"] == resumed.json()["etag"]
    assert (await client.send("POST", f"{path_of(client, 'nothing')}/pause")).status_code == 404


async def test_what_capacity_gives_is_shown_as_rate_limits(client: ManagementClient) -> None:
    body = AZURE_CLI_BODY | {"sku": {"name": "GlobalStandard", "capacity": 25}}
    properties = (await client.send("PUT", path_of(client, "prod-a"), body)).json()["properties"]
    assert properties["currentCapacity"] == 25
    assert [(limit["key"], limit["count"]) for limit in properties["rateLimits"]] == [
        ("request", 25),
        ("token", 25_000),
    ]
    assert (properties["callRateLimit"]["count"], properties["callRateLimit"]["renewalPeriod"]) == (25, 60)
    assert properties["versionUpgradeOption"] == "OnceNewDefaultVersionAvailable"
    assert properties["capabilities"]["hostedOn"] == "azure"


async def test_head_says_whether_there_is_a_deployment(client: ManagementClient) -> None:
    assert (await client.send("HEAD", path_of(client, "claude-opus-4-5"))).status_code == 204
    assert (await client.send("HEAD", path_of(client, "nothing"))).status_code == 404
