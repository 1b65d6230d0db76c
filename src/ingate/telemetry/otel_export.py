"""Every exchange to an OpenTelemetry collector: a span each, and histograms, over OTLP/HTTP by the OpenTelemetry SDK.

The SDK is loaded by the thread that exports, with the first exchange. Its own variables apply as well, such as
OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_CERTIFICATE and OTEL_RESOURCE_ATTRIBUTES.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingate.domain.exchange import ExchangeRecord

from .sinks.delivery import DeliveryFailed
from .sinks.keeper import Export

if TYPE_CHECKING:
    from .otel_exporters import Exporters

EXPORT_NAME = "opentelemetry"


def make_otel_export(endpoint: str, *, version: str) -> Export:
    """`endpoint` is the collector's base URL, to which `/v1/traces` and `/v1/metrics` are added."""
    export = OtelExport(endpoint, version=version)
    return Export(EXPORT_NAME, export.deliver, export.close)


class OtelExport:
    """For one thread."""

    def __init__(self, endpoint: str, *, version: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._version = version
        self._exporters: Exporters | None = None
        self._counted: Sequence[ExchangeRecord] | None = None
        """A batch that is in the histograms, and not yet delivered."""

    def deliver(self, records: Sequence[ExchangeRecord]) -> int:
        """Raises DeliveryFailed: the next call is then with the same batch, or that was let go."""
        exporters = self._exporters = self._exporters or _make_exporters(self._endpoint, self._version)
        if self._counted is not records:
            exporters.count(records)
            self._counted = records
        if not exporters.export_spans(records):
            raise DeliveryFailed("the collector did not take the spans")
        if not exporters.export_metrics():
            raise DeliveryFailed("the collector did not take the metrics")
        self._counted = None
        return 0

    def close(self) -> None:
        if self._exporters is not None:
            self._exporters.close()


def _make_exporters(endpoint: str, version: str) -> Exporters:
    from .otel_exporters import Exporters

    # They log every failure; ours is logged once.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    return Exporters(endpoint, version=version)
