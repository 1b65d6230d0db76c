"""Diagnostic settings: where what a resource reports goes, besides the log store.

https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from ingate.wire.arm.documents import JsonObject

from .change import SystemData
from .upstream import CredentialReference

LogCategory = Literal["Audit", "RequestResponse", "Trace", "AzureOpenAIRequestUsage", "ManagedNetworkEvent"]
"""Of a Foundry resource. Claude writes the first two; the others are accepted and stay empty, as on Azure."""

LOG_CATEGORIES: tuple[LogCategory, ...] = (
    "Audit",
    "RequestResponse",
    "Trace",
    "AzureOpenAIRequestUsage",
    "ManagedNetworkEvent",
)
CATEGORY_GROUPS: dict[str, tuple[LogCategory, ...]] = {"allLogs": LOG_CATEGORIES, "audit": ("Audit",)}

MOST_SETTINGS = 5
"""Of one resource, as on Azure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSink:
    """Gets batches as a JSON array."""

    url: str
    credential: CredentialReference | None = None
    """What goes into `Authorization: Bearer`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpSink:
    """Gets log records over OTLP/HTTP."""

    endpoint: str
    """The collector's base URL; `/v1/logs` is added."""
    credential: CredentialReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticSetting:
    resource_id: str
    """The resource that it is a setting of."""
    name: str
    categories: frozenset[LogCategory]
    """Those that are enabled."""
    metrics: bool
    workspace_id: str | None = None
    storage_account: str | None = None
    """The name of a folder of files in the layout of Azure's storage accounts."""
    webhook: WebhookSink | None = None
    otlp: OtlpSink | None = None
    etag: str
    system_data: SystemData
    document: JsonObject = field(default_factory=lambda: {})
    """What its owner wrote (properties)."""

    @property
    def setting_id(self) -> str:
        return f"{self.resource_id}/providers/microsoft.insights/diagnosticSettings/{self.name}"


class DiagnosticSettingStore(Protocol):
    """Keeps diagnostic settings. Names and ids are compared without regard to case."""

    async def get_setting(self, resource_id: str, name: str) -> DiagnosticSetting | None: ...

    async def list_settings(self, resource_id: str | None = None) -> list[DiagnosticSetting]:
        """By name; those of every resource without `resource_id`."""
        ...

    async def put_setting(self, setting: DiagnosticSetting) -> None: ...

    async def delete_setting(self, resource_id: str, name: str) -> bool:
        """False when there was none."""
        ...
