"""Azure Monitor's metrics, through the management API."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.control_plane import NOW, ManagementClient
from tests.support.exchange_records import make_exchange
from tests.support.management_access import READER, Tenant

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.metric_definitions import METRIC_DEFINITIONS
from ingate.telemetry.metric_store import MetricRollups
from ingate.telemetry.prometheus import PrometheusExposition
from ingate.telemetry.rollup_store import RollupStore
from ingate.telemetry.rollups import sum_minutes

pytestmark = pytest.mark.anyio

API_VERSION = "2024-02-01"
METRICS = "/providers/Microsoft.Insights/metrics"
METRICS_AUDIENCE = "https://metrics.monitor.azure.com"
SCRAPE_TOKEN = "CANARY-scrape"
MONITORING_READER = "43d0d8ad-25c7-4714-9337-8ba259a9fe05"


@dataclass
class Monitor:
    client: ManagementClient
    store: RollupStore

    def add(self, *records: ExchangeRecord) -> None:
        self.store.add(minutes=sum_minutes(records), costs={}, cursors={})

    def add_exchange(self, minutes_ago: float = 10, resource: str = "", **fields: Any) -> None:
        path = f"{self.client.accounts_path}/{resource or self.client.defaults.resource}"
        self.add(make_exchange(time=NOW.timestamp() - minutes_ago * 60, resource_id=path, **fields))

    async def get(self, **parameters: str) -> httpx2.Response:
        """Of `$filter`, the `$` is written as `_`."""
        query = urlencode({name.replace("_", "$"): value for name, value in parameters.items()})
        return await self.client.send("GET", f"{self.client.account_path}{METRICS}?{query}", api_version=API_VERSION)

    async def get_answer(self, **parameters: str) -> dict[str, Any]:
        got = await self.get(**parameters)
        assert got.status_code == 200, got.text
        return got.json()

    async def list_series(self, **parameters: str) -> dict[tuple[str, ...], list[dict[str, Any]]]:
        """The points of the first metric that something happened in, by dimension values."""
        (metric,) = (await self.get_answer(**parameters))["value"]
        return {
            tuple(value["value"] for value in series["metadatavalues"]): [
                point
                for point in series["data"]
                if any(value for name, value in point.items() if name != "timeStamp")
            ]
            for series in metric["timeseries"]
        }

    async def get_error(self, **parameters: str) -> str:
        got = await self.get(**parameters)
        assert got.status_code == 400, got.text
        assert set(got.json()) == {"code", "message"}
        assert got.json()["code"] == "BadRequest"
        return got.json()["message"]

    async def get_batch(self, ids: list[str], query: str = "", **options: Any) -> httpx2.Response:
        path = f"{self.client.subscription_path}/metrics:getBatch?metricnames=InputTokens,ModelRequests{query}"
        return await self.client.send("POST", path, {"resourceids": ids}, api_version=API_VERSION, **options)


@pytest.fixture
async def monitor(client: ManagementClient, tmp_path: Path, anyio_backend: str) -> AsyncGenerator[Monitor]:
    store = RollupStore(tmp_path / "telemetry.db")
    counted = client.with_settings(
        metrics=MetricRollups(store.path), exposition=PrometheusExposition(store.path), scrape_token=SCRAPE_TOKEN
    )
    yield Monitor(counted, store)
    await counted.close()
    store.close()


async def test_the_last_hour_by_the_minute_is_what_is_answered_first(monitor: Monitor) -> None:
    monitor.add_exchange(minutes_ago=10)
    answer = await monitor.get_answer(metricnames="ModelRequests")
    assert {name: answer[name] for name in answer if name != "value"} == {
        "cost": 0,
        "timespan": "2026-11-22T11:00:00Z/2026-11-22T12:00:00Z",
        "interval": "PT1M",
        "namespace": "Microsoft.CognitiveServices/accounts",
        "resourceregion": "eastus2",
    }
    (metric,) = answer["value"]
    assert (metric["name"], metric["unit"], metric["type"], metric["errorCode"]) == (
        {"value": "ModelRequests", "localizedValue": "Model Requests"},
        "Count",
        "Microsoft.Insights/metrics",
        "Success",
    )
    assert metric["id"] == f"{monitor.client.account_path}{METRICS}/ModelRequests"
    (series,) = metric["timeseries"]
    assert series["metadatavalues"] == []
    assert len(series["data"]) == 61  # NOW is a quarter of a second into its minute
    assert series["data"][0] == {"timeStamp": "2026-11-22T11:00:00Z", "total": 0.0}
    assert series["data"][50] == {"timeStamp": "2026-11-22T11:50:00Z", "total": 1.0}


async def test_nothing_that_happened_is_one_series_of_zeroes(monitor: Monitor) -> None:
    assert await monitor.list_series(metricnames="TimeToResponse") == {(): []}


async def test_several_metrics_and_aggregations_at_once(monitor: Monitor) -> None:
    monitor.add_exchange(duration_ms=100.0)
    monitor.add_exchange(duration_ms=300.0)
    answer = await monitor.get_answer(
        metricnames="timetolastbyte,InputTokens", aggregation="average,count,Total", interval="FULL"
    )
    points = {metric["name"]["value"]: metric["timeseries"][0]["data"] for metric in answer["value"]}
    start = "2026-11-22T11:00:00Z"
    assert points == {
        "TimeToLastByte": [{"timeStamp": start, "average": 200.0, "count": 2.0, "total": 400.0}],
        "InputTokens": [{"timeStamp": start, "average": 10.0, "count": 2.0, "total": 20.0}],
    }


async def test_a_span_that_azure_cli_encoded_twice(monitor: Monitor) -> None:
    monitor.add_exchange(minutes_ago=100)
    span = "2026-11-22T10%3A00%3A00Z/2026-11-22T11%3A00%3A00Z"
    series = await monitor.list_series(metricnames="ModelRequests", timespan=span, interval="PT1H")
    assert series == {(): [{"timeStamp": "2026-11-22T10:00:00Z", "total": 1.0}]}


async def test_series_are_split_by_what_the_filter_names(monitor: Monitor) -> None:
    for deployment, status in (("opus", 200), ("opus", 429), ("haiku", 200)):
        monitor.add_exchange(deployment=deployment, status=status)
    filter_ = "ModelDeploymentName eq '*' and StatusCode eq '200' or StatusCode eq '429'"
    answer = await monitor.get_answer(metricnames="ModelRequests", _filter=filter_, interval="P1D")
    (metric,) = answer["value"]
    assert [value["name"]["value"] for value in metric["timeseries"][0]["metadatavalues"]] == [
        "modeldeploymentname",
        "statuscode",
    ]
    series = await monitor.list_series(metricnames="ModelRequests", _filter=filter_, rollupby="StatusCode")
    assert {values: points[0]["total"] for values, points in series.items()} == {("opus",): 2.0, ("haiku",): 1.0}


async def test_ten_series_at_most_unless_more_are_wished_the_largest_first(monitor: Monitor) -> None:
    for number in range(12):
        for _ in range(number + 1):
            monitor.add_exchange(deployment=f"d{number:02}")
    options = {"metricnames": "ModelRequests", "_filter": "ModelDeploymentName eq '*'"}
    assert [*await monitor.list_series(**options)] == [(f"d{number:02}",) for number in range(11, 1, -1)]
    rising = await monitor.list_series(**options, top="3", orderby="sum asc")
    assert [*rising] == [("d00",), ("d01",), ("d02",)]


async def test_metadata_says_which_series_there_are(monitor: Monitor) -> None:
    monitor.add_exchange()
    answer = await monitor.get_answer(
        metricnames="ModelRequests", resultType="metadata", _filter="ModelName eq '*'", interval="PT1M"
    )
    (series,) = answer["value"][0]["timeseries"]
    assert "data" not in series
    assert "interval" not in answer
    assert series["metadatavalues"][0]["value"] == "claude-opus-4-5"


async def test_an_interval_is_adjusted_where_that_is_wished(monitor: Monitor) -> None:
    answer = await monitor.get_answer(interval="PT3M", AutoAdjustTimegrain="true")
    assert answer["interval"] in {"PT1M", "PT5M"}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"metricnames": "Requests"},
            "Failed to find metric configuration for provider: Microsoft.CognitiveServices, resource Type: accounts, "
            "metric: Requests, Valid metrics: ModelRequests,ModelAvailabilityRate,",
        ),
        (
            {"interval": "PT3M"},
            "Invalid time grain duration: PT3M, supported ones are: 00:01:00,00:05:00,00:15:00,00:30:00,01:00:00,"
            "06:00:00,12:00:00,1.00:00:00, TraceId: {",
        ),
        (
            {"metricnamespace": "Microsoft.Web/sites"},
            "Detect invalid value: Microsoft.Web/sites for query parameter: 'metricnamespace', the value must be: "
            "Microsoft.CognitiveServices/accounts if",
        ),
        (
            {"metricnames": "InputTokens", "_filter": "StatusCode eq '*'"},
            "Metric: InputTokens does not support requested dimension combination: statuscode, supported ones are: "
            "apiname,region,modeldeploymentname,modelname,modelversion",
        ),
        ({"_filter": "StatusCode eq 200"}, "Invalid filter expression"),
        ({"_filter": "StatusCode eq '200' or Region eq 'x'"}, "Invalid filter expression"),
        ({"aggregation": "Median"}, "Detect invalid value: Median for query parameter: 'aggregation'"),
        (
            {"metricnames": "InputTokens", "aggregation": "Maximum"},
            "Metric: InputTokens does not support requested aggregation: Maximum, supported ones are: "
            "Total,Average,Count",
        ),
        ({"timespan": "yesterday"}, "Detect invalid value: yesterday for query parameter: 'timespan'"),
        ({"timespan": "2026-11-22T11:00:00Z/2026-11-22T10:00:00Z"}, "The start time"),
        ({"timespan": "P40D", "interval": "P1D"}, "The timespan must not be longer than 31 days"),
        ({"timespan": "1960-01-01T00:00:00Z/PT1H"}, "Detect invalid value"),
        ({"orderby": "price desc"}, "Detect invalid value: price desc for query parameter: 'orderby'"),
        ({"top": "-1"}, "Detect invalid value: -1 for query parameter: 'top'"),
        ({"resultType": "Everything"}, "Detect invalid value: Everything for query parameter: 'resultType'"),
        (
            {"metricnames": ",".join(["ModelRequests"] * 21)},
            "Requested metrics count: 21 bigger than allowed max: 20",
        ),
        ({"timespan": "P31D", "_filter": "Region eq '*'", "top": "1000"}, "The query would return more than"),
    ],
)
async def test_a_query_that_cannot_be_answered_is_refused(
    monitor: Monitor, parameters: dict[str, str], message: str
) -> None:
    assert (await monitor.get_error(**parameters)).startswith(message)


async def test_unknown_dimensions_are_passed_over_where_that_is_wished(monitor: Monitor) -> None:
    monitor.add_exchange()
    series = await monitor.list_series(
        metricnames="InputTokens", _filter="StatusCode eq '500'", ValidateDimensions="false"
    )
    assert [points[0]["total"] for points in series.values()] == [10.0]


async def test_a_resource_that_is_not_there_is_not_found(monitor: Monitor) -> None:
    got = await monitor.client.send("GET", f"{monitor.client.accounts_path}/nobody{METRICS}", api_version=API_VERSION)
    assert (got.status_code, got.json()["error"]["code"]) == (404, "ResourceNotFound")


async def test_definitions_say_what_can_be_asked(monitor: Monitor) -> None:
    path = f"{monitor.client.account_path}/providers/microsoft.insights/metricDefinitions"
    got = await monitor.client.send("GET", path, api_version="2018-01-01")
    definitions = {item["name"]["value"]: item for item in got.json()["value"]}
    assert [*definitions] == [definition.name for definition in METRIC_DEFINITIONS]
    latency = definitions["TimeToResponse"]
    assert latency["unit"] == "MilliSeconds"
    assert latency["primaryAggregationType"] == "Average"
    assert latency["metricAvailabilities"][0] == {"timeGrain": "PT1M", "retention": "P93D"}
    assert {"value": "StatusCode", "localizedValue": "StatusCode"} in latency["dimensions"]
    refused = await monitor.client.send("GET", path + "?metricnamespace=Microsoft.Web/sites")
    assert (refused.status_code, refused.json()["code"]) == (400, "BadRequest")


async def test_the_namespace_is_the_accounts(monitor: Monitor) -> None:
    path = f"{monitor.client.account_path}/providers/microsoft.insights/metricNamespaces"
    (item,) = (await monitor.client.send("GET", path, api_version="2017-12-01-preview")).json()["value"]
    assert item["properties"] == {"metricNamespaceName": "Microsoft.CognitiveServices/accounts"}


async def test_several_resources_in_one_batch(monitor: Monitor) -> None:
    await monitor.client.send("PUT", f"{monitor.client.accounts_path}/second", {"location": "swedencentral"})
    monitor.add_exchange()
    monitor.add_exchange(resource="second")
    monitor.add_exchange(resource="second")
    ids = [monitor.client.account_path, f"{monitor.client.accounts_path}/second"]
    query = "&starttime=2026-11-22T11:00:00.000Z&endtime=2026-11-22T12:00:00.000Z&interval=PT1H"
    got = await monitor.get_batch(ids, query)
    assert got.status_code == 200, got.text
    values = got.json()["values"]
    assert [(value["resourceid"], value["resourceregion"]) for value in values] == [
        (ids[0], "eastus2"),
        (ids[1], "swedencentral"),
    ]
    assert [value["value"][0]["timeseries"][0]["data"][0]["total"] for value in values] == [10.0, 20.0]
    assert values[0]["starttime"] == "2026-11-22T11:00:00Z"


async def test_a_batch_that_cannot_be_answered_is_refused(monitor: Monitor) -> None:
    elsewhere = monitor.client.account_path.replace(monitor.client.defaults.subscription_id, "x")
    for ids in ([], [elsewhere], [f"{monitor.client.accounts_path}/a{number}" for number in range(51)]):
        got = await monitor.get_batch(ids)
        assert (got.status_code, got.json()["error"]["code"]) == (400, "BadRequest")
    wrong = await monitor.get_batch([monitor.client.account_path], "&interval=PT7M")
    assert wrong.json()["error"]["message"].startswith("Invalid time grain duration: PT7M")
    missing = await monitor.get_batch([f"{monitor.client.accounts_path}/nobody"])
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")
    malformed = await monitor.client.send("POST", f"{monitor.client.subscription_path}/metrics:getBatch", [1])
    assert malformed.status_code == 400


async def test_a_subscription_is_the_sum_of_its_accounts_in_a_region(monitor: Monitor) -> None:
    for name, location in (("second", "eastus2"), ("third", "swedencentral")):
        await monitor.client.send("PUT", f"{monitor.client.accounts_path}/{name}", {"location": location})
        monitor.add_exchange(resource=name)
    monitor.add_exchange(status=500)
    path = f"{monitor.client.subscription_path}{METRICS}?metricnames=ModelRequests&interval=FULL&region=eastus2"

    async def ask(filter_: str) -> dict[tuple[str, ...], float]:
        got = await monitor.client.send("GET", f"{path}&{urlencode({'$filter': filter_})}", api_version=API_VERSION)
        assert got.status_code == 200, got.text
        return {
            tuple(value["value"] for value in series["metadatavalues"]): series["data"][0]["total"]
            for series in got.json()["value"][0]["timeseries"]
        }

    first, second = monitor.client.account_path, f"{monitor.client.accounts_path}/second"
    assert await ask("") == {(): 2.0}
    assert await ask("Microsoft.ResourceId eq '*'") == {(first,): 1.0, (second,): 1.0}
    assert await ask("StatusCode eq '*' and Microsoft.ResourceId eq '*'") == {
        ("500", first): 1.0,
        ("200", second): 1.0,
    }
    assert await ask(f"Microsoft.ResourceId eq '{second.upper()}'") == {(second,): 1.0}
    assert await ask("Microsoft.ResourceGroupName eq 'example-group'") == {("example-group",): 2.0}


async def test_a_subscription_is_asked_by_region(monitor: Monitor) -> None:
    for kind in ("metrics", "metricDefinitions"):
        path = f"{monitor.client.subscription_path}/providers/Microsoft.Insights/{kind}"
        refused = await monitor.client.send("GET", path)
        assert (refused.status_code, refused.json()["code"]) == (400, "BadRequest")
        assert (await monitor.client.send("GET", f"{path}?region=eastus2")).status_code == 200
    definitions = (await monitor.client.send("GET", f"{path}?region=East%20US%202")).json()["value"]
    assert {"value": "Microsoft.ResourceId", "localizedValue": "Microsoft.ResourceId"} in definitions[0]["dimensions"]


async def test_metrics_are_for_whoever_may_read_the_resource(monitor: Monitor) -> None:
    tenant = await Tenant.open(monitor.client)
    reader = await tenant.add_with_role(READER, monitor.client.account_path)
    stranger = await tenant.add("stranger")
    for path in (METRICS, "/providers/microsoft.insights/metricDefinitions"):
        allowed = await tenant.send(reader, "GET", monitor.client.account_path + path)
        refused = await tenant.send(stranger, "GET", monitor.client.account_path + path)
        assert (allowed.status_code, refused.status_code) == (200, 403), path
        assert refused.json()["error"]["code"] == "AuthorizationFailed"


async def test_a_batch_takes_a_token_of_its_own_and_a_role_on_each_resource(monitor: Monitor) -> None:
    tenant = await Tenant.open(monitor.client)
    await monitor.client.send("PUT", f"{monitor.client.accounts_path}/second", {"location": "eastus2"})
    mine, other = monitor.client.account_path, f"{monitor.client.accounts_path}/second"
    reader = await tenant.add_with_role(READER, mine)
    stranger = await tenant.add("stranger")
    token = tenant.issue(reader, aud=METRICS_AUDIENCE)
    assert (await monitor.get_batch([mine], token=token)).status_code == 200
    both = await monitor.get_batch([mine, other], token=token)
    assert (both.status_code, both.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert other in both.json()["error"]["message"]
    assert (await monitor.get_batch([mine], token=tenant.issue(reader))).status_code == 401
    assert (await monitor.get_batch([mine], token=tenant.issue(stranger, aud=METRICS_AUDIENCE))).status_code == 403
    assert (await monitor.client.send("GET", mine, token=token)).status_code == 401


async def test_a_scraper_has_a_token_that_serves_for_nothing_else(monitor: Monitor) -> None:
    monitor.add_exchange()
    got = await monitor.client.send("GET", "/metrics", token=SCRAPE_TOKEN, api_version=None)
    assert got.status_code == 200
    families = {family.name: family for family in text_string_to_metric_families(got.text)}
    assert families["ingate_requests"].samples[0].value == 1
    elsewhere = await monitor.client.send("GET", monitor.client.account_path, token=SCRAPE_TOKEN)
    assert elsewhere.status_code == 401
    assert (await monitor.client.send("GET", "/Metrics/", token=SCRAPE_TOKEN, api_version=None)).status_code == 200


@pytest.mark.parametrize("token", [None, "", "wrong"])
async def test_nobody_scrapes_without_a_token(monitor: Monitor, token: str | None) -> None:
    assert (await monitor.client.send("GET", "/metrics", token=token, api_version=None)).status_code == 401
    without = monitor.client.with_settings(scrape_token="")
    assert (await without.send("GET", "/metrics", token=token, api_version=None)).status_code == 401
    await without.close()


async def test_a_principal_that_reads_metrics_everywhere_may_scrape(monitor: Monitor) -> None:
    tenant = await Tenant.open(monitor.client)
    everywhere = await tenant.add_with_role(READER, "/", "everywhere")
    here = await tenant.add_with_role(READER, monitor.client.account_path, "here")
    for principal, status in ((everywhere, 200), (here, 403)):
        got = await monitor.client.send("GET", "/metrics", token=tenant.issue(principal), api_version=None)
        assert got.status_code == status


async def test_where_nothing_is_counted_it_is_said(client: ManagementClient) -> None:
    got = await client.send("GET", f"{client.account_path}{METRICS}", api_version=API_VERSION)
    assert (got.status_code, got.json()["code"]) == (503, "ServiceUnavailable")
    assert (await client.send("GET", "/metrics")).status_code == 503
