"""10,000 mixed calls: what their answers said is what logs, metrics, costs and usage details say, to the token.

Azure's own clients ask (read_numbers.py), Prometheus' own parser reads the scrape. Each number is compared with the
sum of what the load's client was told.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.http_receiver import Receiver, receiving
from tests.support.mixed_load import CLASSES, Truth, plan_calls, run_mixed_load
from tests.support.principals import assign_role, get_token, put_application
from tests.support.running import RunningIngate, inherit_environment, start_ingate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first run installs the clients
HERE = Path(__file__).parent
CALLS = 10_000
PATIENCE = 30.0
LOAD_SECONDS = 60.0

PRICES = {
    "sonnet": ("claude-sonnet-4-5", ("3", "15", "0.3", "3.75", "6")),
    "opus": ("claude-opus-4-1", ("15", "75", "1.5", "18.75", "30")),
    "haiku": ("claude-haiku-4-5", ("1", "5", "0.1", "1.25", "2")),
}
"""Each deployment's model, and its list prices in US dollars for a million tokens, in the order of `CLASSES`."""
METERS = (
    "Input tokens",
    "Output tokens",
    "Cache read tokens",
    "Cache write tokens (5 minutes)",
    "Cache write tokens (1 hour)",
)
METRICS = (
    "InputTokens",
    "OutputTokens",
    "cacheReadInputTokens",
    "ephemeral5mInputTokens",
    "ephemeral1hInputTokens",
)
COLUMNS = ("InputTokens", "OutputTokens", "CacheReadTokens", "CacheWrite5mTokens", "CacheWrite1hTokens")
_SUMS = ", ".join(f"sum({name})" for name in COLUMNS)
QUERIES = {
    "calls": "FoundryRequests | summarize count() by DeploymentName, OperationName, StatusCode, IsStreaming",
    "tokens": f"FoundryRequests | where isnotnull(InputTokens) | summarize {_SUMS}, sum(CostUsd) by DeploymentName",
    "tokens of callers": "FoundryRequests | where isnotnull(InputTokens) "
    f"| summarize {_SUMS} by DeploymentName, PrincipalId",
    "diagnostics": 'AzureDiagnostics | where Category == "RequestResponse" | extend p = parse_json(properties_s) '
    '| where p.apiName == "" | summarize sum(tolong(p.promptTokens)), sum(tolong(p.completionTokens)), count()',
    "distinct": "FoundryRequests | summarize count_distinct(RequestId), count()",
}
OTEL_CLASSES = {
    "input_tokens": ("input", "cache_read", "cache_write_5m", "cache_write_1h"),
    "output_tokens": ("output",),
    "cache_read.input_tokens": ("cache_read",),
    "cache_creation.input_tokens": ("cache_write_5m", "cache_write_1h"),
}
"""OpenTelemetry's input has what the cache served and took in it."""
KEYED, TOKENS, STRANGER = "", ("load-a", "load-b"), "stranger"

Seen = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Loaded:
    ingate: RunningIngate
    collector: Receiver
    """Of OpenTelemetry."""
    truth: Truth
    started: datetime
    seconds: float
    callers: dict[str, str]
    """The name of each caller in the truth, by the object id that Ingate shows; the key's is empty."""

    def cost(self, deployment: str, class_: str, caller: str | None = None) -> Decimal:
        price = dict(zip(CLASSES, PRICES[deployment][1], strict=True))[class_]
        tokens = sum(
            many
            for (of, who, name), many in self.truth.tokens.items()
            if (of, name) == (deployment, class_) and caller in {None, who}
        )
        return Decimal(price) * tokens / 1_000_000

    def sum_costs(self, deployment: str, caller: str | None = None) -> Decimal:
        return sum((self.cost(deployment, class_, caller) for class_ in CLASSES), Decimal(0))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    started = datetime.now(UTC)
    data_dir = tmp_path_factory.mktemp("agreeing") / "data"
    with (
        receiving(Receiver(answer=lambda _: (200, b""))) as collector,
        start_ingate(data_dir, "--workers", "2", environment={"INGATE_OTLP_ENDPOINT": collector.url}) as ingate,
    ):
        for name, (model, _) in PRICES.items():
            ingate.put_deployment(name, model=model, capacity=1_000_000)
        applications = [put_application(ingate, name) for name in TOKENS]
        for application in applications:
            assign_role(ingate, application.object_id, "Cognitive Services User", ingate.group_path)
        ingate.wait_until_served()
        credentials = {KEYED: f"x-api-key: {ingate.api_key}", STRANGER: f"x-api-key: {'0' * 84}"}
        for application in applications:
            credentials[application.name] = f"authorization: Bearer {get_token(ingate, application)}"
        calls = plan_calls(("sonnet", "opus", "haiku"), KEYED, TOKENS, STRANGER)
        began = time.monotonic()
        truth = asyncio.run(run_mixed_load(ingate, calls, credentials, count=CALLS))
        seconds = time.monotonic() - began
        wait_until_counted(ingate)
        callers = {"": KEYED, "api-key": KEYED} | {
            application.object_id: application.name for application in applications
        }
        yield Loaded(
            ingate=ingate, collector=collector, truth=truth, started=started, seconds=seconds, callers=callers
        )


def scrape(ingate: RunningIngate) -> str:
    token = (ingate.data_dir / "metrics.token").read_text().strip()
    request = urllib.request.Request(  # noqa: S310 - a loopback address
        f"{ingate.management_url}/metrics", headers={"authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return answer.read().decode()


def sum_samples(text: str, name: str, **labels: str) -> float:
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def find_workspace(ingate: RunningIngate) -> str:
    path = f"{ingate.group_path}/providers/Microsoft.OperationalInsights/workspaces/example-workspace"
    return ingate.manage("GET", path)["properties"]["customerId"]


def wait_until_counted(ingate: RunningIngate) -> None:
    deadline = time.monotonic() + PATIENCE
    while (counted := sum_samples(scrape(ingate), "ingate_requests_total")) < CALLS:
        assert time.monotonic() < deadline, f"{counted:.0f} of {CALLS} calls were counted in {PATIENCE} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def seen(loaded: Loaded, azure_sdk_python: Path) -> Seen:
    ingate = loaded.ingate
    reader = put_application(ingate, "numbers-reader")
    subscription = f"/subscriptions/{ingate.running['subscription_id']}"
    assign_role(ingate, reader.object_id, "Owner", subscription)
    settings = {
        "tenant_id": ingate.tenant_id,
        "subscription_id": ingate.running["subscription_id"],
        "tls_url": ingate.tls_url,
        "client_id": reader.client_id,
        "secret": reader.secret,
        "resource_id": ingate.account_path("example-resource"),
        "workspace": find_workspace(ingate),
        "scope": ingate.group_path.lstrip("/"),
        "start": (loaded.started - timedelta(minutes=1)).isoformat(),
        "end": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
        "metrics": METRICS,
        "queries": QUERIES,
    }
    finished = subprocess.run(
        [str(azure_sdk_python), str(HERE / "read_numbers.py")],
        input=json.dumps(settings),
        env=inherit_environment({"REQUESTS_CA_BUNDLE": str(ingate.ca_file), "NO_PROXY": "*"}),
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_the_load_has_calls_and_tokens_of_every_kind(loaded: Loaded) -> None:
    """Otherwise the comparisons below would compare nothing."""
    truth = loaded.truth
    assert sum(truth.calls.values()) == CALLS
    assert {status for _, _, status, _ in truth.calls} == {200, 400, 401, 404}
    kinds = {
        (name, caller, class_) for name in PRICES for caller in (KEYED, *TOKENS) for class_ in ("input", "output")
    }
    assert kinds <= truth.tokens.keys()
    for name in ("sonnet", "opus"):  # Haiku 4.5's prompts are too short for its cache
        assert all(truth.sum_tokens(class_, name) for class_ in CLASSES), truth.tokens
    assert loaded.seconds < LOAD_SECONDS


def test_logs_have_every_call_of_a_known_caller_once(seen: Seen, loaded: Loaded) -> None:
    found = {(name, operation, status, streamed): n for name, operation, status, streamed, n in seen["logs"]["calls"]}
    assert found == {key: n for key, n in loaded.truth.calls.items() if key[2] != 401}
    ((distinct, rows),) = seen["logs"]["distinct"]
    assert distinct == rows == sum(found.values())


def test_only_the_administrator_sees_calls_of_nobody(loaded: Loaded) -> None:
    """A wrong key belongs to no resource, so no role on one lets anybody read of it."""
    ingate = loaded.ingate
    body = {"query": "FoundryRequests | summarize count() by StatusCode"}
    (table,) = ingate.manage("POST", f"/v1/workspaces/{find_workspace(ingate)}/query", body)["tables"]
    assert dict(table["rows"]) == {status: loaded.truth.count_calls(status=status) for status in (200, 400, 401, 404)}


def test_logs_have_every_token(seen: Seen, loaded: Loaded) -> None:
    found = {row[0]: row[1:-1] for row in seen["logs"]["tokens"]}
    assert found == {name: [loaded.truth.sum_tokens(class_, name) for class_ in CLASSES] for name in PRICES}


def test_logs_tell_callers_apart(seen: Seen, loaded: Loaded) -> None:
    found = {
        (name, loaded.callers[principal], class_): tokens
        for name, principal, *sums in seen["logs"]["tokens of callers"]
        for class_, tokens in zip(CLASSES, sums, strict=True)
        if tokens
    }
    assert found == loaded.truth.tokens


def test_logs_have_every_cost(seen: Seen, loaded: Loaded) -> None:
    """A `real` in KQL: to its 15 digits."""
    found = {row[0]: row[-1] for row in seen["logs"]["tokens"]}
    assert found == {name: pytest.approx(float(loaded.sum_costs(name)), rel=1e-12) for name in PRICES}


def test_diagnostics_have_every_token(seen: Seen, loaded: Loaded) -> None:
    ((prompt, completion, rows),) = seen["logs"]["diagnostics"]
    truth = loaded.truth
    assert (prompt, completion) == (truth.sum_tokens("input"), truth.sum_tokens("output"))
    assert rows == truth.count_calls(operation="messages", status=200)


@pytest.mark.parametrize("form", ["metrics by deployment", "batch by deployment"])
def test_azure_monitor_has_every_token(seen: Seen, loaded: Loaded, form: str) -> None:
    for metric, class_ in zip(METRICS, CLASSES, strict=True):
        found = {name: tokens for name, tokens in seen[form][metric].items() if tokens}
        expected = {name: loaded.truth.sum_tokens(class_, name) for name in PRICES}
        assert found == {name: tokens for name, tokens in expected.items() if tokens}, metric


@pytest.mark.parametrize("form", ["requests by status", "batch requests by status"])
def test_azure_monitor_has_every_request_of_a_known_caller(seen: Seen, loaded: Loaded, form: str) -> None:
    found = {status: n for status, n in seen[form]["ModelRequests"].items() if n}
    assert found == {str(status): loaded.truth.count_calls(status=status) for status in (200, 400, 404)}


def test_prometheus_has_every_request_and_token(loaded: Loaded) -> None:
    text, truth = scrape(loaded.ingate), loaded.truth
    for name in PRICES:
        for class_ in CLASSES:
            expected = truth.sum_tokens(class_, name)
            assert sum_samples(text, "ingate_tokens_total", deployment=name, type=class_) == expected, (name, class_)
    succeeded = truth.count_calls(status=200)
    assert sum_samples(text, "ingate_requests_total", status="2xx") == succeeded
    assert sum_samples(text, "ingate_requests_total", status="4xx") == CALLS - succeeded
    streams = truth.count_calls(status=200, streamed=True)
    assert sum_samples(text, "ingate_requests_total", status="2xx", streaming="true") == streams
    assert sum_samples(text, "ingate_request_duration_seconds_count") == CALLS
    assert sum_samples(text, "ingate_time_to_first_token_seconds_count") == streams


def test_cost_management_has_every_token_and_cost(seen: Seen, loaded: Loaded) -> None:
    rows = seen["costs by deployment and meter"]
    found = {(name, meter): (_exact(cost), _exact(quantity)) for cost, quantity, name, meter, _ in rows}
    expected = {
        (name, meter): (loaded.cost(name, class_), Decimal(loaded.truth.sum_tokens(class_, name)) / 1_000_000)
        for name in PRICES
        for class_, meter in zip(CLASSES, METERS, strict=True)
    }
    assert found == {key: value for key, value in expected.items() if value[1]}


def test_cost_management_tells_callers_apart(seen: Seen, loaded: Loaded) -> None:
    rows = seen["costs by deployment and principal"]
    found = {(name, loaded.callers[principal]): _exact(cost) for cost, _, name, principal, _ in rows}
    assert found == {(name, who): loaded.sum_costs(name, who) for name in PRICES for who in (KEYED, *TOKENS)}


def test_usage_details_have_every_token_and_cost(seen: Seen, loaded: Loaded) -> None:
    found: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for item in seen["usage"]:
        of = item["properties"]
        key = of["meterDetails"]["meterName"], json.loads(of["additionalInfo"])["Deployment"]
        cost, quantity = found.get(key, (Decimal(0), Decimal(0)))
        found[key] = cost + _exact(of["cost"]), quantity + _exact(of["quantity"])
    expected = {
        (meter, name): (loaded.cost(name, class_), Decimal(loaded.truth.sum_tokens(class_, name)) / 1_000_000)
        for name in PRICES
        for class_, meter in zip(CLASSES, METERS, strict=True)
    }
    assert found == {key: value for key, value in expected.items() if value[1]}


def test_an_opentelemetry_collector_has_every_call_and_token(loaded: Loaded) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(spans := read_spans(loaded.collector)) < CALLS and time.monotonic() < deadline:
        time.sleep(0.5)
    truth = loaded.truth
    assert len(spans) == len({span["ingate.apim_request_id"] for span in spans}) == CALLS
    statuses = Counter(span["http.response.status_code"] for span in spans)
    assert statuses == {status: truth.count_calls(status=status) for status in (200, 400, 401, 404)}
    sums = {name: sum(span.get(f"gen_ai.usage.{name}", 0) for span in spans) for name in OTEL_CLASSES}
    assert sums == {name: sum(map(truth.sum_tokens, classes)) for name, classes in OTEL_CLASSES.items()}


def read_spans(collector: Receiver) -> list[dict[str, Any]]:
    """Their attributes."""
    found: list[dict[str, Any]] = []
    for request in [*collector.requests]:
        if request.path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(request.body).resource_spans:
                spans = [span for scope in resource.scope_spans for span in scope.spans]
                found += [{one.key: _read_value(one.value) for one in span.attributes} for span in spans]
    return found


def _read_value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


def _exact(number: float) -> Decimal:
    """The clients read numbers as binary floating point; of up to 15 digits the shortest form is what was sent."""
    return Decimal(repr(number))
