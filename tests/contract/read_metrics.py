"""Reads Ingate's metrics with azure-monitor-querymetrics and azure-mgmt-monitor.

Run by test_metrics_clients.py in an environment that holds Azure's SDKs. Takes its settings as JSON on standard input
and writes what it saw as one JSON object.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

# By name: they are no part of the environment that this project's own checks run in.
identity: Any = import_module("azure.identity")
core: Any = import_module("azure.core.exceptions")
Monitor: Any = import_module("azure.mgmt.monitor").MonitorManagementClient
Metrics: Any = import_module("azure.monitor.querymetrics").MetricsClient

NAMESPACE = "Microsoft.CognitiveServices/accounts"
BY_DEPLOYMENT = "ModelDeploymentName eq '*'"


def sum_points(series: Any) -> float:
    return sum(getattr(point, "total", None) or 0 for point in series.data)


class Reader:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.resource_id = settings["resource_id"]
        self.start = datetime.fromisoformat(settings["start"])
        self.end = datetime.fromisoformat(settings["end"])
        credential = identity.ClientSecretCredential(
            tenant_id=settings["tenant_id"],
            client_id=settings["client_id"],
            client_secret=settings["secret"],
            authority=settings["tls_url"],
            disable_instance_discovery=True,
        )
        self.monitor = Monitor(
            credential,
            settings["subscription_id"],
            base_url=settings["tls_url"],
            credential_scopes=["https://management.azure.com/.default"],
            retry_total=0,
        )
        self.metrics = Metrics(settings["tls_url"], credential, retry_total=0)

    def list(self, names: str, **options: Any) -> Any:
        span = f"{self.start.isoformat()}/{self.end.isoformat()}"
        return self.monitor.metrics.list(self.resource_id, metricnames=names, timespan=span, **options)

    def read_totals(self) -> dict[str, float]:
        answer = self.list(",".join(self.settings["metrics"]), interval="PT1H", aggregation="Total")
        return {metric.name.value: sum(map(sum_points, metric.timeseries)) for metric in answer.value}

    def read_by_deployment(self) -> dict[str, float]:
        (metric,) = self.list("OutputTokens", interval="PT1M", aggregation="Total", filter=BY_DEPLOYMENT).value
        return {series.metadatavalues[0].value: sum_points(series) for series in metric.timeseries}

    def read_batch(self) -> dict[str, float]:
        (answer,) = self._query(self.settings["metrics"])
        return {metric.name: sum(map(sum_points, metric.timeseries)) for metric in answer.metrics}

    def read_batch_by_deployment(self) -> dict[str, float]:
        (answer,) = self._query(["OutputTokens"], filter=BY_DEPLOYMENT)
        (metric,) = answer.metrics
        return {series.metadata_values["modeldeploymentname"]: sum_points(series) for series in metric.timeseries}

    def _query(self, names: list[str], **options: Any) -> Any:
        return self.metrics.query_resources(
            resource_ids=[self.resource_id],
            metric_namespace=NAMESPACE,
            metric_names=names,
            timespan=(self.start, self.end),
            granularity=timedelta(hours=1),
            aggregations=["Total"],
            **options,
        )

    def read_latency(self) -> dict[str, float]:
        answer = self.list("TimeToLastByte", interval="FULL", aggregation="Average,Minimum,Maximum,Count")
        (point,) = answer.value[0].timeseries[0].data
        return {
            "average": point.average,
            "minimum": point.minimum,
            "maximum": point.maximum,
            "count": point.count,
        }

    def read_error(self) -> dict[str, Any]:
        try:
            self.list("Requests")
        except core.HttpResponseError as error:
            return {"status": error.status_code, "code": error.error and error.error.code, "message": error.message}
        raise AssertionError("a metric that there is not was answered")

    def list_definitions(self) -> list[str]:
        return [definition.name.value for definition in self.monitor.metric_definitions.list(self.resource_id)]

    def list_namespaces(self) -> list[str]:
        found = self.monitor.metric_namespaces.list(self.resource_id)
        return [namespace.properties.metric_namespace_name for namespace in found]


def main() -> None:
    reader = Reader(json.load(sys.stdin))
    json.dump(
        {
            "totals": reader.read_totals(),
            "by deployment": reader.read_by_deployment(),
            "batch": reader.read_batch(),
            "batch by deployment": reader.read_batch_by_deployment(),
            "latency": reader.read_latency(),
            "error": reader.read_error(),
            "definitions": reader.list_definitions(),
            "namespaces": reader.list_namespaces(),
        },
        sys.stdout,
    )


main()
