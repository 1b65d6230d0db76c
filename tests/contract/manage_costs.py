"""Asks Ingate for costs with azure-mgmt-costmanagement and azure-mgmt-consumption, and manages budgets with both.

Run by test_cost_clients.py in an environment that holds Azure's SDKs. Takes its settings as JSON on standard input
and writes what it saw as one JSON object: for each step its result, or {"error": {"type", "status", "code",
"message"}}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, cast

# By name: they are no part of the environment that this project's own checks run in.
identity: Any = import_module("azure.identity")
cost_models: Any = import_module("azure.mgmt.costmanagement.models")
CostManagement: Any = import_module("azure.mgmt.costmanagement").CostManagementClient
Consumption: Any = import_module("azure.mgmt.consumption").ConsumptionManagementClient


class Scenario:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.scope = settings["scope"]
        self.start = datetime.fromisoformat(settings["month"])
        self.seen: dict[str, Any] = {}
        credential = identity.ClientSecretCredential(
            tenant_id=settings["tenant_id"],
            client_id=settings["client_id"],
            client_secret=settings["secret"],
            authority=settings["tls_url"],
            disable_instance_discovery=True,
        )
        connect = {
            "base_url": settings["tls_url"],
            "credential_scopes": ["https://management.azure.com/.default"],
            "retry_total": 0,
        }
        self.costs = CostManagement(credential, **connect)
        self.consumption = Consumption(credential, settings["subscription_id"], **connect)

    def step(self, name: str, act: Callable[[], Any]) -> Any:
        try:
            result = act()
        except Exception as error:  # noqa: BLE001 - the test judges what a user would see
            status, inner = getattr(error, "status_code", None), getattr(error, "error", None)
            code = getattr(inner, "code", None)
            shown = {"type": type(error).__name__, "status": status, "code": code, "message": str(error)}
            self.seen[name] = {"error": shown}
            return None
        self.seen[name] = render(result)
        return result

    def run(self) -> dict[str, Any]:
        self.step("by deployment", lambda: self.query("MonthToDate", "Deployment"))
        self.step("by meter", lambda: self.query("MonthToDate", "Meter"))
        self.step("last month", lambda: self.query("TheLastMonth", "Meter"))
        self.step("no such dimension", lambda: self.query("MonthToDate", "Weather"))
        self.step("forecast", self.forecast)
        self.step("dimensions", lambda: [item.name for item in self.costs.dimensions.list(self.scope)])
        self.step("usage", lambda: list(self.consumption.usage_details.list(self.scope)))
        self.step("usage in pages", lambda: list(self.consumption.usage_details.list(self.scope, top=2)))
        for name, client in (("consumption", self.consumption), ("costs", self.costs)):
            self.manage_budgets(name, client)
        return self.seen

    def query(self, timeframe: str, dimension: str) -> Any:
        dataset = cost_models.QueryDataset(
            granularity="None",
            aggregation={"totalCost": cost_models.QueryAggregation(name="Cost", function="Sum")},
            grouping=[cost_models.QueryGrouping(type="Dimension", name=dimension)],
        )
        definition = cost_models.QueryDefinition(type="ActualCost", timeframe=timeframe, dataset=dataset)
        return self.costs.query.usage(self.scope, definition)

    def forecast(self) -> Any:
        dataset = cost_models.ForecastDataset(
            granularity="Daily",
            aggregation={"totalCost": cost_models.ForecastAggregation(name="Cost", function="Sum")},
        )
        period = cost_models.ForecastTimePeriod(from_property=self.start, to=datetime.now(UTC))
        definition = cost_models.ForecastDefinition(
            type="ActualCost", timeframe="Custom", time_period=period, dataset=dataset
        )
        return self.costs.forecast.usage(self.scope, definition)

    def manage_budgets(self, name: str, client: Any) -> None:
        month = f"{self.start.date().isoformat()}T00:00:00Z"
        notification = {
            "enabled": True,
            "operator": "GreaterThan",
            "threshold": 80,
            "contactEmails": ["somebody@example.com"],
        }
        body = {
            "properties": {
                "category": "Cost",
                "amount": 100.65,
                "timeGrain": "Monthly",
                "timePeriod": {"startDate": month},
                "notifications": {"most": notification},
            }
        }
        budgets = client.budgets
        self.step(f"{name}: create", lambda: budgets.create_or_update(self.scope, "sdk-budget", body))
        shown = self.step(f"{name}: get", lambda: budgets.get(self.scope, "sdk-budget"))
        self.step(f"{name}: put back", lambda: budgets.create_or_update(self.scope, "sdk-budget", shown))
        self.step(f"{name}: put back again", lambda: budgets.create_or_update(self.scope, "sdk-budget", shown))
        self.step(f"{name}: list", lambda: [item.name for item in budgets.list(self.scope)])
        self.step(f"{name}: delete", lambda: budgets.delete(self.scope, "sdk-budget"))
        self.step(f"{name}: get what is gone", lambda: budgets.get(self.scope, "sdk-budget"))


def render(value: Any) -> Any:
    if isinstance(value, list):
        return [render(item) for item in cast("list[Any]", value)]
    return json.loads(json.dumps(value.as_dict(), default=str)) if hasattr(value, "as_dict") else value


if __name__ == "__main__":
    json.dump(Scenario(json.load(sys.stdin)).run(), sys.stdout)
