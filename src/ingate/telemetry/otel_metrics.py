"""Histograms of exchanges, by OpenTelemetry's conventions for generative AI. The SDK keeps them: cumulative, since
this process began. Imported only when an endpoint is set.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
"""

from __future__ import annotations

from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricsData
from opentelemetry.sdk.resources import Resource

from ingate.domain.exchange import ExchangeRecord

from .otel_spans import PROVIDER, Attributes, count_input, describe_server, name_error, name_operation

# The conventions' bounds.
TOKENS = [4**power for power in range(14)]
SECONDS = [0.01 * 2**power for power in range(14)]
FIRST_TOKEN_SECONDS = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
]  # fmt: skip


class ExchangeHistograms:
    """For one thread."""

    def __init__(self, resource: Resource) -> None:
        self._reader = InMemoryMetricReader()
        self._provider = MeterProvider(
            metric_readers=[self._reader],
            resource=resource,
            exemplar_filter=AlwaysOffExemplarFilter(),
            shutdown_on_exit=False,
        )
        meter = self._provider.get_meter("ingate")
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            unit="{token}",
            description="Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=TOKENS,
        )
        self._duration = meter.create_histogram(
            "gen_ai.server.request.duration",
            unit="s",
            description="From a request to the end of its answer.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._first_token = meter.create_histogram(
            "gen_ai.server.time_to_first_token",
            unit="s",
            description="From a request to the first token of its answer.",
            explicit_bucket_boundaries_advisory=FIRST_TOKEN_SECONDS,
        )

    def add(self, record: ExchangeRecord) -> None:
        attributes = _describe(record)
        error = name_error(record)
        self._duration.record(
            record.duration_ms / 1000, attributes if error is None else {**attributes, "error.type": error}
        )
        if record.first_token_ms is not None and error is None:
            self._first_token.record(record.first_token_ms / 1000, attributes)
        if record.usage is not None:
            self._tokens.record(count_input(record.usage), {**attributes, "gen_ai.token.type": "input"})
            self._tokens.record(record.usage.output_tokens, {**attributes, "gen_ai.token.type": "output"})

    def collect(self) -> MetricsData | None:
        return self._reader.get_metrics_data()

    def close(self) -> None:
        self._provider.shutdown()


def _describe(record: ExchangeRecord) -> Attributes:
    found: Attributes = {"gen_ai.operation.name": name_operation(record), "gen_ai.provider.name": PROVIDER}
    # Clients may ask for any name: only those that exist become series.
    if record.model is not None and record.deployment is not None:
        found["gen_ai.request.model"] = record.deployment
    if record.response_model is not None:
        found["gen_ai.response.model"] = record.response_model
    return found | describe_server(record)
