"""What an OpenTelemetry collector gets, read with OpenTelemetry's own protocol library."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator, Sequence
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.exchange_records import NOON, make_exchange, make_mixed_load, make_refused
from tests.support.http_receiver import Received, Receiver, receiving

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.usage import TokenUsage
from ingate.telemetry.otel_export import OtelExport
from ingate.telemetry.sinks.delivery import DeliveryFailed

TRACE = {"trace_id": "0af7651916cd43dd8448eb211c80319c", "parent_span_id": "b7ad6b7169203331"}


@pytest.fixture
def collector() -> Generator[Receiver]:
    with receiving(Receiver(answer=lambda _: (200, b""))) as receiver:
        yield receiver


def deliver(collector: Receiver, *batches: Sequence[ExchangeRecord]) -> None:
    export = OtelExport(collector.url + "/", version="1.0")
    for batch in batches:
        assert export.deliver(batch) == 0
    export.close()


def read_spans(collector: Receiver) -> list[Any]:
    spans: list[Any] = []
    for request in collector.requests:
        if request.path == "/v1/traces":
            decoded = ExportTraceServiceRequest.FromString(request.body)
            spans += [span for one in decoded.resource_spans for scope in one.scope_spans for span in scope.spans]
    return spans


def read_metrics(collector: Receiver) -> dict[str, Any]:
    """The last that was sent: histograms are cumulative."""
    body = [request.body for request in collector.requests if request.path == "/v1/metrics"][-1]
    decoded = ExportMetricsServiceRequest.FromString(body)
    return {
        metric.name: metric
        for one in decoded.resource_metrics
        for scope in one.scope_metrics
        for metric in scope.metrics
    }


def read_attributes(of: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in of.attributes:
        kind = attribute.value.WhichOneof("value")
        value = getattr(attribute.value, kind)
        found[attribute.key] = [one.string_value for one in value.values] if kind == "array_value" else value
    return found


def test_an_exchange_is_a_span_of_its_server(collector: Receiver) -> None:
    usage = TokenUsage(
        input_tokens=10,
        output_tokens=20,
        cache_read_input_tokens=300,
        cache_creation_5m_input_tokens=4,
        cache_creation_1h_input_tokens=1,
        thinking_tokens=7,
    )
    record = make_exchange(
        **TRACE, usage=usage, stop_reason="end_turn", response_model="claude-opus-4-5-20251101", streaming=True,
        first_token_ms=40.0,
    )  # fmt: skip
    deliver(collector, [record])
    (span,) = read_spans(collector)
    assert span.name == "chat opus"
    assert span.kind == 2  # a server's
    assert span.trace_id.hex() == TRACE["trace_id"]
    assert span.parent_span_id.hex() == TRACE["parent_span_id"]
    assert span.span_id.hex() == "1111111111111111"
    assert span.start_time_unix_nano == int(NOON) * 10**9
    assert span.end_time_unix_nano == span.start_time_unix_nano + 100 * 10**6
    assert span.status.code == 0
    attributes = read_attributes(span)
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "opus",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "claude-opus-4-5-20251101",
        "gen_ai.response.finish_reasons": ["end_turn"],
        "gen_ai.response.time_to_first_chunk": 0.04,
        "gen_ai.usage.input_tokens": 315,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 300,
        "gen_ai.usage.cache_creation.input_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 7,
        "server.address": "r1.services.ai.azure.com",
        "server.port": 443,
        "http.response.status_code": 200,
        "ingate.model": "claude-opus-4-5",
    }
    assert {name: attributes.get(name) for name in expected} == expected
    assert "error.type" not in attributes


def test_without_a_clients_trace_an_exchange_has_its_own(collector: Receiver) -> None:
    deliver(collector, [make_exchange(), make_exchange(apim_request_id="no GUID")])
    spans = read_spans(collector)
    assert spans[0].trace_id.hex() == "11111111111111111111111111111112"
    assert spans[0].parent_span_id == b""
    assert len(spans[1].trace_id) == 16
    assert any(spans[1].trace_id)


@pytest.mark.parametrize(
    ("fields", "error", "status"),
    [
        ({"status": 429, "error_code": "RateLimitReached"}, "RateLimitReached", 0),
        ({"status": 500, "outcome": "refused-by-upstream"}, "500", 2),
        ({"outcome": "upstream-failed"}, "upstream-failed", 2),
        ({"outcome": "client-gone"}, "client-gone", 0),
    ],
)
def test_what_failed_says_why(collector: Receiver, fields: dict[str, Any], error: str, status: int) -> None:
    deliver(collector, [make_exchange(**fields)])
    (span,) = read_spans(collector)
    assert read_attributes(span)["error.type"] == error
    assert span.status.code == status


def test_a_mixed_load_agrees_to_the_token(collector: Receiver) -> None:
    records = make_mixed_load(1000)
    deliver(collector, records[:300], records[300:])
    metrics = read_metrics(collector)
    sums = {"input": 0.0, "output": 0.0}
    for point in metrics["gen_ai.client.token.usage"].histogram.data_points:
        sums[read_attributes(point)["gen_ai.token.type"]] += point.sum
    usages = [record.usage for record in records if record.usage is not None]
    assert sums["output"] == sum(usage.output_tokens for usage in usages)
    assert sums["input"] == sum(usage.uncached_input_tokens + usage.cache_read_input_tokens for usage in usages)
    assert sum(p.count for p in metrics["gen_ai.server.request.duration"].histogram.data_points) == 1000
    streams = [record for record in records if record.first_token_ms is not None]
    points = metrics["gen_ai.server.time_to_first_token"].histogram.data_points
    assert sum(point.count for point in points) == len(streams)
    assert len(read_spans(collector)) == 1000


def test_names_that_nothing_is_deployed_under_become_no_series(collector: Receiver) -> None:
    deliver(collector, [make_refused(status=404, deployment=f"guess-{number}") for number in range(50)])
    (point,) = read_metrics(collector)["gen_ai.server.request.duration"].histogram.data_points
    assert "gen_ai.request.model" not in read_attributes(point)
    assert point.count == 50


def test_a_repeated_batch_is_counted_once(collector: Receiver) -> None:
    is_down = True

    def answer(request: Received) -> tuple[int, bytes]:
        return (400, b"") if is_down and request.path == "/v1/metrics" else (200, b"")

    collector.answer = answer
    export = OtelExport(collector.url, version="1.0")
    batch = [make_exchange(), make_exchange()]
    with pytest.raises(DeliveryFailed, match="metrics"):
        export.deliver(batch)
    is_down = False
    assert export.deliver(batch) == 0
    export.close()
    (point,) = read_metrics(collector)["gen_ai.server.request.duration"].histogram.data_points
    assert point.count == 2


def test_redirects_are_a_failure(collector: Receiver) -> None:
    collector.answer = lambda _: (302, b"")
    export = OtelExport(collector.url, version="1.0")
    with pytest.raises(DeliveryFailed, match="spans"):
        export.deliver([make_exchange()])
    export.close()


def test_the_sdk_is_loaded_only_when_something_is_exported() -> None:
    program = (
        "import sys; from ingate.telemetry.otel_export import make_otel_export; "
        "make_otel_export('http://127.0.0.1:1', version='1'); "
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
