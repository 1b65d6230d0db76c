"""The OpenTelemetry SDK's exporters. Imported only when an endpoint is set."""

from __future__ import annotations

from collections.abc import Sequence

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExportResult

from ingate.domain.exchange import ExchangeRecord

from .otel_metrics import ExchangeHistograms
from .otel_spans import render_span

TIMEOUT = 5.0
"""Seconds, the SDK's own repetitions included."""


class Exporters:
    """For one thread."""

    def __init__(self, endpoint: str, *, version: str) -> None:
        self._resource = Resource.create({"service.name": "ingate", "service.version": version})
        self._histograms = ExchangeHistograms(self._resource)
        self._session = requests.Session()
        # The exporters take a redirect's page for success.
        self._session.max_redirects = 0
        self._spans = OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=TIMEOUT, session=self._session)
        self._metrics = OTLPMetricExporter(f"{endpoint}/v1/metrics", timeout=TIMEOUT, session=self._session)

    def count(self, records: Sequence[ExchangeRecord]) -> None:
        for record in records:
            self._histograms.add(record)

    def export_spans(self, records: Sequence[ExchangeRecord]) -> bool:
        spans = [render_span(record, self._resource) for record in records]
        return self._spans.export(spans) is SpanExportResult.SUCCESS

    def export_metrics(self) -> bool:
        data = self._histograms.collect()
        if data is None:
            return True
        return self._metrics.export(data) is MetricExportResult.SUCCESS  # pyright: ignore[reportUnknownMemberType]

    def close(self) -> None:
        self._spans.shutdown()
        self._metrics.shutdown()  # pyright: ignore[reportUnknownMemberType]
        self._histograms.close()
        self._session.close()
