"""Metrics of a known load as Azure's SDKs and Prometheus' own parser read them: the same numbers, to the token."""

from __future__ import annotations

import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anthropic
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.azure_sdk_script import run_azure_sdk_script
from tests.support.clients_matrix_entries import AZURE_METRICS, exercises
from tests.support.principals import assign_role, put_application
from tests.support.running import RunningIngate, start_ingate

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    exercises(AZURE_METRICS, "metrics of one and several resources, definitions, namespaces, refusals"),
]  # the first run installs the clients
HERE = Path(__file__).parent
PATIENCE = 15.0

OPUS, HAIKU = "claude-opus-4-5", "claude-haiku-4-5"
LONG_TEXT = "All of this is worth remembering. " * 1500
"""Enough for a prompt to be cached."""

Seen = dict[str, Any]


@dataclass
class Load:
    """What the answers themselves said."""

    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    tokens: Counter[str] = field(default_factory=lambda: Counter[str]())
    output_by_deployment: Counter[str] = field(default_factory=lambda: Counter[str]())
    succeeded: int = 0
    failed: int = 0

    def add(self, deployment: str, usage: Any) -> None:
        self.succeeded += 1
        self.output_by_deployment[deployment] += usage.output_tokens
        split = usage.cache_creation
        self.tokens.update(
            InputTokens=usage.input_tokens,
            OutputTokens=usage.output_tokens,
            TotalTokens=usage.input_tokens + usage.output_tokens,
            cacheReadInputTokens=usage.cache_read_input_tokens or 0,
            ephemeral5mInputTokens=split.ephemeral_5m_input_tokens if split else 0,
            ephemeral1hInputTokens=split.ephemeral_1h_input_tokens if split else 0,
        )


@pytest.fixture(scope="module")
def ingate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngate]:
    with start_ingate(tmp_path_factory.mktemp("metered") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def load(ingate: RunningIngate) -> Load:
    load = Load()
    client = anthropic.AnthropicFoundry(api_key=ingate.api_key, base_url=ingate.base_url, max_retries=0)
    for number in range(12):
        deployment = HAIKU if number % 3 else OPUS
        message = client.messages.create(
            model=deployment, max_tokens=16 + number, messages=[{"role": "user", "content": f"Question {number}"}]
        )
        load.add(deployment, message.usage)
    for ttl in ("5m", "5m", "1h"):
        message = client.messages.create(
            model=OPUS,
            max_tokens=8,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "text",
                            "text": f"{LONG_TEXT} {ttl}",
                            "cache_control": {"type": "ephemeral", "ttl": ttl},
                        }
                    ],
                }
            ],
        )
        load.add(OPUS, message.usage)
    for _ in range(4):
        with client.messages.stream(
            model=HAIKU, max_tokens=64, messages=[{"role": "user", "content": "Stream."}]
        ) as stream:
            load.add(HAIKU, stream.get_final_message().usage)
    for _ in range(3):
        with pytest.raises(anthropic.NotFoundError):
            client.messages.create(model="nobody", max_tokens=8, messages=[{"role": "user", "content": "Hi"}])
        load.failed += 1
    client.close()
    wait_until_counted(ingate, load.succeeded + load.failed)
    return load


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


def wait_until_counted(ingate: RunningIngate, requests: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while (counted := sum_samples(scrape(ingate), "ingate_requests_total")) < requests:
        assert time.monotonic() < deadline, f"{counted:.0f} of {requests} requests were counted in {PATIENCE} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def seen(ingate: RunningIngate, load: Load, azure_sdk_python: Path) -> Seen:
    reader = put_application(ingate, "metrics-reader")
    assign_role(ingate, reader.object_id, "Reader", ingate.group_path)
    settings = {
        "client_id": reader.client_id,
        "secret": reader.secret,
        "resource_id": ingate.account_path("example-resource"),
        "start": (load.started - timedelta(minutes=1)).isoformat(),
        "end": datetime.now(UTC).isoformat(),
        "metrics": [*load.tokens, "ModelRequests", "SuccessfulCalls", "ClientErrors", "TotalCalls"],
    }
    return run_azure_sdk_script(azure_sdk_python, HERE / "read_metrics.py", ingate, settings)


def test_the_load_has_tokens_of_every_class(load: Load) -> None:
    """Otherwise the comparisons below would compare nothing."""
    assert all(load.tokens.values()), load.tokens


@pytest.mark.parametrize("form", ["totals", "batch"])
def test_totals_agree_with_what_the_answers_said(seen: Seen, load: Load, form: str) -> None:
    assert seen[form] == {
        **load.tokens,
        "ModelRequests": load.succeeded + load.failed,
        "SuccessfulCalls": load.succeeded,
        "ClientErrors": load.failed,
        "TotalCalls": load.succeeded + load.failed,
    }


@pytest.mark.parametrize("form", ["by deployment", "batch by deployment"])
def test_series_split_by_deployment_agree(seen: Seen, load: Load, form: str) -> None:
    assert {name: total for name, total in seen[form].items() if total} == load.output_by_deployment


def test_latencies_are_those_of_the_requests_that_succeeded(seen: Seen, load: Load) -> None:
    latency = seen["latency"]
    assert latency["count"] == load.succeeded
    assert 0 < latency["minimum"] <= latency["average"] <= latency["maximum"]


def test_a_metric_that_there_is_not_is_refused_by_name(seen: Seen) -> None:
    error = seen["error"]
    assert (error["status"], error["code"]) == (400, "BadRequest")
    assert "Failed to find metric configuration" in error["message"]
    assert "ModelRequests" in error["message"]


def test_definitions_and_namespaces_are_listed(seen: Seen, load: Load) -> None:
    assert {*load.tokens, "ModelRequests", "TimeToResponse", "TotalCalls"} <= set(seen["definitions"])
    assert seen["namespaces"] == ["Microsoft.CognitiveServices/accounts"]


def test_prometheus_reads_the_same_numbers(ingate: RunningIngate, load: Load) -> None:
    text = scrape(ingate)
    types = {
        "input": "InputTokens",
        "output": "OutputTokens",
        "cache_read": "cacheReadInputTokens",
        "cache_write_5m": "ephemeral5mInputTokens",
        "cache_write_1h": "ephemeral1hInputTokens",
    }
    for type_, metric in types.items():
        assert sum_samples(text, "ingate_tokens_total", type=type_) == load.tokens[metric], type_
    assert sum_samples(text, "ingate_requests_total", status="2xx") == load.succeeded
    assert sum_samples(text, "ingate_requests_total", status="4xx") == load.failed
    assert sum_samples(text, "ingate_request_duration_seconds_count") == load.succeeded + load.failed
    assert sum_samples(text, "ingate_time_to_first_token_seconds_count") == 4
