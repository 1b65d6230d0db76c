"""Asks for the same numbers everywhere: logs, metrics, costs and usage details, each with Azure's own client.

Run by test_numbers_agree.py in an environment that holds Azure's SDKs. Takes its settings as JSON on standard input
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
Logs: Any = import_module("azure.monitor.query").LogsQueryClient
Monitor: Any = import_module("azure.mgmt.monitor").MonitorManagementClient
Metrics: Any = import_module("azure.monitor.querymetrics").MetricsClient
cost_models: Any = import_module("azure.mgmt.costmanagement.models")
CostManagement: Any = import_module("azure.mgmt.costmanagement").CostManagementClient
Consumption: Any = import_module("azure.mgmt.consumption").ConsumptionManagementClient

NAMESPACE = "Microsoft.CognitiveServices/accounts"


class Reader:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.span = (datetime.fromisoformat(settings["start"]), datetime.fromisoformat(settings["end"]))
        url = settings["tls_url"]
        credential = identity.ClientSecretCredential(
            tenant_id=settings["tenant_id"],
            client_id=settings["client_id"],
            client_secret=settings["secret"],
            authority=url,
            disable_instance_discovery=True,
        )
        arm = {
            "base_url": url,
            "credential_scopes": ["https://management.azure.com/.default"],
            "retry_total": 0,
        }
        self.logs = Logs(credential, endpoint=f"{url}/v1", retry_total=0)
        self.monitor = Monitor(credential, settings["subscription_id"], **arm)
        self.metrics = Metrics(url, credential, retry_total=0)
        self.costs = CostManagement(credential, **arm)
        self.consumption = Consumption(credential, settings["subscription_id"], **arm)

    def read_logs(self, text: str) -> list[list[Any]]:
        (table,) = self.logs.query_workspace(self.settings["workspace"], text, timespan=self.span).tables
        return [list(row) for row in table.rows]

    def read_metrics(self, names: list[str], dimension: str) -> dict[str, dict[str, float]]:
        """Through azure-mgmt-monitor, split."""
        answer = self.monitor.metrics.list(
            self.settings["resource_id"],
            metricnames=",".join(names),
            timespan="/".join(moment.isoformat() for moment in self.span),
            interval="PT1H",
            aggregation="Total",
            filter=f"{dimension} eq '*'",
            top=100,
        )
        return {metric.name.value: _split(metric.timeseries, "metadatavalues") for metric in answer.value}

    def read_batch(self, names: list[str], dimension: str) -> dict[str, dict[str, float]]:
        """Through azure-monitor-querymetrics, split."""
        (answer,) = self.metrics.query_resources(
            resource_ids=[self.settings["resource_id"]],
            metric_namespace=NAMESPACE,
            metric_names=names,
            timespan=self.span,
            granularity=timedelta(hours=1),
            aggregations=["Total"],
            filter=f"{dimension} eq '*'",
            max_results=100,
        )
        return {metric.name: _split(metric.timeseries, "metadata_values") for metric in answer.metrics}

    def read_costs(self, *dimensions: str) -> list[list[Any]]:
        dataset = cost_models.QueryDataset(
            granularity="None",
            aggregation={
                "totalCost": cost_models.QueryAggregation(name="Cost", function="Sum"),
                "usage": cost_models.QueryAggregation(name="UsageQuantity", function="Sum"),
            },
            grouping=[cost_models.QueryGrouping(type="Dimension", name=name) for name in dimensions],
        )
        period = cost_models.QueryTimePeriod(from_property=self.span[0], to=self.span[1])
        definition = cost_models.QueryDefinition(
            type="ActualCost", timeframe="Custom", time_period=period, dataset=dataset
        )
        return self.costs.query.usage(self.settings["scope"], definition).properties.rows

    def list_usage(self) -> list[dict[str, Any]]:
        found = self.consumption.usage_details.list(self.settings["scope"], expand="meterDetails")
        return [json.loads(json.dumps(item.as_dict(), default=str)) for item in found]


def _split(series: Any, values: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in series:
        names: Any = getattr(one, values)
        (name,) = names.values() if values == "metadata_values" else [names[0].value]
        found[name] = sum(getattr(point, "total", None) or 0 for point in one.data)
    return found


def main() -> None:
    settings = json.load(sys.stdin)
    reader = Reader(settings)
    by_deployment = "ModelDeploymentName"
    json.dump(
        {
            "logs": {name: reader.read_logs(text) for name, text in settings["queries"].items()},
            "metrics by deployment": reader.read_metrics(settings["metrics"], by_deployment),
            "batch by deployment": reader.read_batch(settings["metrics"], by_deployment),
            "requests by status": reader.read_metrics(["ModelRequests"], "StatusCode"),
            "batch requests by status": reader.read_batch(["ModelRequests"], "StatusCode"),
            "costs by deployment and meter": reader.read_costs("Deployment", "Meter"),
            "costs by deployment and principal": reader.read_costs("Deployment", "Principal"),
            "usage": reader.list_usage(),
        },
        sys.stdout,
    )


main()
