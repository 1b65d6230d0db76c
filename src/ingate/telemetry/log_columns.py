"""The tables that queries see, and their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ingate.domain.log_query import LogType


class TableColumn(NamedTuple):
    name: str
    type: LogType


TableColumns = tuple[TableColumn, ...]


def _parse(text: str) -> TableColumns:
    pairs = (entry.strip().partition(":") for entry in text.split(","))
    return tuple(TableColumn(name, _TYPES[kind]) for name, _, kind in pairs)


_TYPES: dict[str, LogType] = {
    "bool": "bool",
    "datetime": "datetime",
    "dynamic": "dynamic",
    "int": "int",
    "long": "long",
    "real": "real",
    "string": "string",
}

FOUNDRY_REQUESTS = _parse(
    "TimeGenerated:datetime, RequestId:string, CorrelationId:string, ResourceName:string, DeploymentName:string, "
    "ModelName:string, ModelVersion:string, OperationName:string, StatusCode:int, ErrorCode:string, Outcome:string, "
    "IsStreaming:bool, DurationMs:real, TtftMs:real, InputTokens:long, OutputTokens:long, CacheReadTokens:long, "
    "CacheWrite5mTokens:long, CacheWrite1hTokens:long, ThinkingTokens:long, WebSearchRequests:long, CostUsd:real, "
    "AuthType:string, PrincipalId:string, CallerIpAddress:string, UserAgent:string, StopReason:string, "
    "RequestBytes:long, ResponseBytes:long, Properties:dynamic, Message:string, _ResourceId:string, Type:string"
)
AZURE_DIAGNOSTICS = _parse(
    "TimeGenerated:datetime, ResourceId:string, Category:string, ResourceGroup:string, SubscriptionId:string, "
    "ResourceProvider:string, Resource:string, ResourceType:string, OperationName:string, DurationMs:long, "
    "CallerIPAddress:string, CorrelationId:string, ResultSignature:string, properties_s:string, event_s:string, "
    "location_s:string, Tenant_s:string, SourceSystem:string, _ResourceId:string, Type:string"
)
FOUNDRY_CONTENT = _parse(
    "TimeGenerated:datetime, CorrelationId:string, ResourceName:string, DeploymentName:string, OperationName:string, "
    "StatusCode:int, Outcome:string, Request:dynamic, Answer:dynamic, _ResourceId:string, Type:string"
)
AUDIT_EVENTS = _parse(
    "TimeGenerated:datetime, EventId:string, OperationName:string, TargetId:string, ActorId:string, "
    "ActorName:string, CallerIpAddress:string, CorrelationId:string, Result:string, StatusCode:int, "
    "Detail:string, _ResourceId:string, Type:string"
)
DEPLOYMENTS = _parse(
    "TimeGenerated:datetime, ResourceName:string, DeploymentName:string, ModelName:string, ModelVersion:string, "
    "SkuName:string, Capacity:long, ProvisioningState:string, Upstream:string, Properties:dynamic, "
    "_ResourceId:string, Type:string"
)

BROUGHT_TABLES: Mapping[str, TableColumns] = {"AuditEvents": AUDIT_EVENTS, "Deployments": DEPLOYMENTS}
"""Small ones, whose rows come with a query."""

TABLES: Mapping[str, TableColumns] = {
    "FoundryRequests": FOUNDRY_REQUESTS,
    "AzureDiagnostics": AZURE_DIAGNOSTICS,
    "FoundryContent": FOUNDRY_CONTENT,
    **BROUGHT_TABLES,
}
