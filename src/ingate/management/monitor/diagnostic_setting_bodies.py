"""A diagnostic setting's JSON: what Ingate reads of it, what it decides about it, and how it shows one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

import msgspec

from ingate.domain.diagnostic_setting import (
    CATEGORY_GROUPS,
    LOG_CATEGORIES,
    DiagnosticSetting,
    LogCategory,
    OtlpSink,
    WebhookSink,
)
from ingate.domain.upstream import CredentialReference
from ingate.domain.upstream_rules import UpstreamInvalid, decide_plain_http, parse_base_url, parse_credential
from ingate.management.refusals import PropertyInvalid
from ingate.wire.arm.documents import JsonObject, get_object

SETTING_TYPE = "Microsoft.Insights/diagnosticSettings"

_STORAGE_ACCOUNT = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Storage/storageAccounts/([a-z0-9]{3,24})",
    re.IGNORECASE,
)
_DESTINATIONS = "workspaceId, storageAccountId, ingate.webhook or ingate.otlp"


class LogBody(msgspec.Struct, rename="camel"):
    category: str | None = None
    category_group: str | None = None
    enabled: bool = False


class MetricBody(msgspec.Struct):
    category: str | None = None
    enabled: bool = False


class EndpointBody(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    credential: str | None = None


class IngateBody(msgspec.Struct, forbid_unknown_fields=True):
    """Our own: other kinds of destination."""

    webhook: EndpointBody | None = None
    otlp: EndpointBody | None = None


class SettingProperties(msgspec.Struct, rename="camel"):
    workspace_id: str | None = None
    storage_account_id: str | None = None
    event_hub_authorization_rule_id: str | None = None
    marketplace_partner_id: str | None = None
    logs: list[LogBody] | None = None
    metrics: list[MetricBody] | None = None
    ingate: IngateBody | None = None


class SettingBody(msgspec.Struct):
    properties: SettingProperties


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    categories: frozenset[LogCategory]
    metrics: bool
    workspace_id: str | None
    storage_account: str | None
    webhook: WebhookSink | None
    otlp: OtlpSink | None


def decide_routes(body: SettingBody) -> Routes | PropertyInvalid:
    properties = body.properties
    if properties.event_hub_authorization_rule_id or properties.marketplace_partner_id:
        name = "eventHubAuthorizationRuleId" if properties.event_hub_authorization_rule_id else "marketplacePartnerId"
        return PropertyInvalid(name=f"properties.{name}", reason="Ingate has no such destination; use ingate.webhook")
    categories = _decide_categories(properties.logs or [])
    if isinstance(categories, PropertyInvalid):
        return categories
    account = None
    if properties.storage_account_id is not None:
        match = _STORAGE_ACCOUNT.fullmatch(properties.storage_account_id)
        if match is None:
            return PropertyInvalid(
                name="properties.storageAccountId", reason="must be a storage account's resource id"
            )
        account = match[1].lower()
    ingate = properties.ingate or IngateBody()
    webhook, otlp = _decide_endpoint("webhook", ingate.webhook), _decide_endpoint("otlp", ingate.otlp)
    if isinstance(webhook, PropertyInvalid):
        return webhook
    if isinstance(otlp, PropertyInvalid):
        return otlp
    if properties.workspace_id is None and account is None and webhook is None and otlp is None:
        return PropertyInvalid(name="properties", reason=f"at least one destination is needed: {_DESTINATIONS}")
    return Routes(
        categories=categories,
        metrics=any(metric.enabled for metric in properties.metrics or []),
        workspace_id=properties.workspace_id,
        storage_account=account,
        webhook=None if webhook is None else WebhookSink(url=webhook[0], credential=webhook[1]),
        otlp=None if otlp is None else OtlpSink(endpoint=otlp[0], credential=otlp[1]),
    )


def _decide_categories(logs: list[LogBody]) -> frozenset[LogCategory] | PropertyInvalid:
    """The enabled ones."""
    found: set[LogCategory] = set()
    known = {name.lower(): name for name in LOG_CATEGORIES}
    groups = {name.lower(): members for name, members in CATEGORY_GROUPS.items()}
    for log in logs:
        if log.category_group is not None:
            members = groups.get(log.category_group.lower())
            if members is None:
                return PropertyInvalid(
                    name="properties.logs.categoryGroup", reason=f"must be one of: {', '.join(CATEGORY_GROUPS)}"
                )
            found |= set(members) if log.enabled else set()
            continue
        category = known.get((log.category or "").lower())
        if category is None:
            return PropertyInvalid(
                name="properties.logs.category", reason=f"must be one of: {', '.join(LOG_CATEGORIES)}"
            )
        found |= {cast("LogCategory", category)} if log.enabled else set()
    return frozenset(found)


def _decide_endpoint(
    kind: str, given: EndpointBody | None
) -> tuple[str, CredentialReference | None] | PropertyInvalid | None:
    if given is None:
        return None
    name = f"properties.ingate.{kind}"
    url = parse_base_url(given.url)
    if isinstance(url, UpstreamInvalid):
        return PropertyInvalid(name=f"{name}.url", reason=url.reason)
    credential = None if given.credential is None else parse_credential(given.credential)
    if isinstance(credential, UpstreamInvalid):
        return PropertyInvalid(name=f"{name}.credential", reason=credential.reason)
    refused = decide_plain_http(url, has_credential=credential is not None, allowed=False)
    if refused is not None:
        return PropertyInvalid(name=f"{name}.url", reason="would send the credential over plain http")
    return url, credential


def keep_setting_document(document: JsonObject) -> JsonObject:
    return {"properties": get_object(document, "properties")}


def render_setting(setting: DiagnosticSetting) -> JsonObject:
    return {
        "id": setting.setting_id,
        "name": setting.name,
        "type": SETTING_TYPE,
        "location": None,
        "kind": None,
        "tags": None,
        "identity": None,
        "properties": {"logs": [], "metrics": [], **get_object(setting.document, "properties")},
    }
