"""A request for each refusal of the management API, against the defaults of an empty data directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.support.control_plane import NOW

from ingate.domain.deployment import CapacityOutOfRange, DeploymentTypeNotSupported, ModelNotSupported
from ingate.domain.quota_allocation import QuotaInsufficient
from ingate.domain.upstream_rules import UpstreamInvalid
from ingate.management import refusals as r

GROUP = "{group}"
ACCOUNTS = "{accounts}"
ACCOUNT = "{account}"
UPSTREAMS = "{upstreams}"

OPUS: dict[str, Any] = {"format": "Anthropic", "name": "claude-opus-4-5"}
UPSTREAM: dict[str, Any] = {"kind": "messages-api", "baseUrl": "https://api.example.com"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str = "GET"
    path: str = ACCOUNT
    body: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=lambda: {})
    api_version: str | None = "2025-12-01"
    token: str | None = "test-administrator-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`before` is sent first and must succeed; `request` is refused. `settings` are the control plane's."""

    refusal: type[object]
    name: str
    request: Request
    before: Sequence[Request] = ()
    settings: dict[str, Any] = field(default_factory=lambda: {})


def put_account(**body: Any) -> Request:
    return Request(method="PUT", path=f"{ACCOUNTS}/another", body={"location": "eastus2", **body})


def put_deployment(*, model: Any = OPUS, name: str = "prod-a", **body: Any) -> Request:
    ingate = body.pop("ingate", None)
    properties = {"model": model} if ingate is None else {"model": model, "ingate": ingate}
    path = f"{ACCOUNT}/deployments/{name}"
    return Request(method="PUT", path=path, body={"properties": properties, **body})


def put_upstream(name: str = "other", group: str | None = None, **properties: Any) -> Request:
    path = f"{UPSTREAMS if group is None else group + '/providers/Ingate.Gateway/upstreams'}/{name}"
    return Request(method="PUT", path=path, body={"properties": {**UPSTREAM, **properties}})


OTHER_GROUP = GROUP.replace("}", "}-2")
COGNITIVE = "{subscription}/providers/Microsoft.CognitiveServices"
SLOW: dict[str, Any] = {"operation_seconds": 60.0, "operation_key": bytes(32)}

CASES: tuple[Case, ...] = (
    Case(refusal=r.ApiVersionMissing, name="api_version_missing", request=Request(api_version=None)),
    Case(refusal=r.ApiVersionInvalid, name="api_version_invalid", request=Request(api_version="latest")),
    Case(refusal=r.ApiVersionInvalid, name="api_version_no_date", request=Request(api_version="2025-13-45")),
    Case(refusal=r.RouteNotFound, name="route_not_found", request=Request(path="/nowhere")),
    Case(refusal=r.MethodNotAllowed, name="method_not_allowed", request=Request(method="POST")),
    Case(
        refusal=r.BodyTooLarge,
        name="body_too_large",
        request=Request(method="PUT", content=b'{"location":"' + b"x" * 1024 * 1024 + b'"}'),
    ),
    Case(refusal=r.BodyInvalid, name="body_not_json", request=Request(method="PUT", content=b"{'location'}")),
    Case(refusal=r.BodyInvalid, name="body_not_an_object", request=Request(method="PUT", body=[1])),
    Case(refusal=r.BodyInvalid, name="body_nested_too_deep", request=Request(method="PUT", content=b"[" * 99999)),
    Case(refusal=r.BodyInvalid, name="body_of_wrong_shape", request=put_account(tags={"a": 1})),
    Case(
        refusal=r.BodyInvalid,
        name="upstream_with_unknown_member",
        request=put_upstream(apiKey="sk-ant-CANARY-0123456789"),
    ),
    Case(
        refusal=r.NameInvalid,
        name="account_name_invalid",
        request=Request(method="PUT", path=f"{ACCOUNTS}/under_score", body={"location": "eastus2"}),
    ),
    Case(refusal=r.NameInvalid, name="deployment_name_invalid", request=put_deployment(name="-prod")),
    Case(
        refusal=r.NameInvalid,
        name="subdomain_invalid",
        request=put_account(properties={"customSubDomainName": "a.b"}),
    ),
    Case(
        refusal=r.SubscriptionIdInvalid,
        name="subscription_id_invalid",
        request=Request(path="/subscriptions/not-a-guid"),
    ),
    Case(
        refusal=r.SubscriptionNotFound,
        name="subscription_not_found",
        request=Request(path="/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups"),
    ),
    Case(refusal=r.ResourceGroupNotFound, name="resource_group_not_found", request=Request(path=OTHER_GROUP)),
    Case(refusal=r.ResourceNotFound, name="resource_not_found", request=Request(path=f"{ACCOUNTS}/nothing")),
    Case(refusal=r.ResourceNotFound, name="upstream_not_found", request=Request(path=f"{UPSTREAMS}/nothing")),
    Case(
        refusal=r.ParentResourceNotFound,
        name="parent_resource_not_found",
        request=Request(
            method="PUT", path=f"{ACCOUNTS}/nothing/deployments/a1", body={"properties": {"model": OPUS}}
        ),
    ),
    Case(
        refusal=r.DeploymentNotFound,
        name="deployment_not_found",
        request=Request(path=f"{ACCOUNT}/deployments/nothing"),
    ),
    Case(
        refusal=r.PreconditionFailed,
        name="precondition_failed",
        request=Request(method="DELETE", headers={"if-match": '"stale"'}),
    ),
    Case(
        refusal=r.LocationMissing,
        name="location_missing",
        request=Request(method="PUT", path=f"{ACCOUNTS}/another", body={}),
    ),
    Case(refusal=r.LocationInvalid, name="location_invalid", request=put_account(location="../eastus2")),
    Case(
        refusal=r.LocationChanged,
        name="location_changed",
        request=Request(method="PUT", body={"location": "swedencentral"}),
    ),
    Case(refusal=r.KindNotSupported, name="kind_not_supported", request=put_account(kind="SpeechServices")),
    Case(
        refusal=r.SubdomainInUse,
        name="subdomain_in_use",
        request=put_account(properties={"customSubDomainName": "EXAMPLE-resource"}),
    ),
    Case(
        refusal=r.PropertyImmutable,
        name="subdomain_changed",
        request=Request(method="PATCH", body={"properties": {"customSubDomainName": "renamed"}}),
    ),
    Case(
        refusal=r.PropertyImmutable,
        name="model_changed",
        before=(put_deployment(),),
        request=put_deployment(model={"name": "claude-haiku-4-5"}),
    ),
    Case(
        refusal=r.ProtectionNotEnforced,
        name="protection_not_enforced",
        request=Request(method="PATCH", body={"properties": {"publicNetworkAccess": "SecuredByPerimeter"}}),
    ),
    Case(
        refusal=r.PropertyInvalid,
        name="network_rule_invalid",
        request=put_account(properties={"networkAcls": {"ipRules": [{"value": "10.0.0.0/8"}, {"value": "CANARY"}]}}),
    ),
    Case(
        refusal=r.PropertyInvalid,
        name="identity_type_invalid",
        request=put_account(identity={"type": "CANARY"}),
    ),
    Case(
        refusal=r.PropertyInvalid,
        name="version_upgrade_option_invalid",
        request=Request(
            method="PUT",
            path=f"{ACCOUNT}/deployments/prod-a",
            body={"properties": {"model": OPUS, "versionUpgradeOption": "Never"}},
        ),
    ),
    Case(refusal=r.SkuNotSupported, name="sku_not_supported", request=put_account(sku={"name": "F0"})),
    Case(
        refusal=r.ResourceDeleted,
        name="resource_deleted",
        before=(Request(method="DELETE"),),
        request=Request(method="PUT", body={"location": "eastus2"}),
    ),
    Case(
        refusal=r.SubdomainInUse,
        name="subdomain_in_use_by_a_deleted_resource",
        before=(Request(method="DELETE"),),
        request=put_account(properties={"customSubDomainName": "example-resource"}),
    ),
    Case(
        refusal=r.NothingToRestore,
        name="nothing_to_restore",
        request=put_account(properties={"restore": True}),
    ),
    Case(
        refusal=r.ResourceNotFound,
        name="deleted_account_not_found",
        request=Request(path=f"{COGNITIVE}/locations/eastus2/resourceGroups/g1/deletedAccounts/nothing"),
    ),
    Case(
        refusal=r.AccountBusy,
        name="account_busy",
        settings=SLOW,
        before=(put_account(),),
        request=put_account(tags={"a": "b"}),
    ),
    Case(
        refusal=r.ParentBusy,
        name="parent_busy",
        settings={**SLOW, "clock": lambda: NOW + timedelta(hours=1)},
        before=(put_deployment(name="first-1"),),
        request=put_deployment(name="second-1"),
    ),
    Case(
        refusal=r.OperationNotFound,
        name="operation_not_found",
        request=Request(path=f"{COGNITIVE}/locations/eastus2/operationStatuses/AAAA"),
    ),
    Case(
        refusal=QuotaInsufficient,
        name="quota_insufficient",
        settings={"subscription_quota": "enterprise"},
        request=put_deployment(sku={"name": "GlobalStandard", "capacity": 1}),
    ),
    Case(
        refusal=r.ProviderDataInvalid,
        name="provider_data_incomplete",
        request=Request(
            method="PUT",
            path=f"{ACCOUNT}/deployments/prod-a",
            body={"properties": {"model": OPUS, "modelProviderData": {"industry": "technology"}}},
        ),
    ),
    Case(
        refusal=r.ProjectManagementDisabled,
        name="project_management_disabled",
        before=[put_account()],
        request=Request(method="PUT", path=f"{ACCOUNTS}/another/projects/first", body={"location": "eastus2"}),
    ),
    Case(
        refusal=r.ProviderNotFound,
        name="provider_not_found",
        request=Request(path="{subscription}/providers/Microsoft.Nothing"),
    ),
    Case(refusal=r.QueryParameterInvalid, name="top_invalid", request=Request(path=f"{ACCOUNTS}?$top=0")),
    Case(
        refusal=r.FilterInvalid,
        name="filter_invalid",
        request=Request(path="{subscription}/resources?$filter=name ne 'x'"),
    ),
    Case(
        refusal=r.KeyNameInvalid,
        name="key_name_invalid",
        request=Request(method="POST", path=f"{ACCOUNT}/regenerateKey", body={"keyName": "Key3"}),
    ),
    Case(refusal=ModelNotSupported, name="model_unknown", request=put_deployment(model={"name": "gpt-9"})),
    Case(
        refusal=ModelNotSupported,
        name="model_version_unknown",
        request=put_deployment(model={**OPUS, "version": "19990101"}),
    ),
    Case(
        refusal=DeploymentTypeNotSupported,
        name="deployment_type_unknown",
        request=put_deployment(sku={"name": "ProvisionedManaged", "capacity": 1}),
    ),
    Case(
        refusal=DeploymentTypeNotSupported,
        name="deployment_type_of_other_hosting",
        request=put_deployment(sku={"name": "DataZoneStandard", "capacity": 1}),
    ),
    Case(
        refusal=r.BodyInvalid,
        name="redaction_pattern_invalid",
        request=put_deployment(ingate={"recordContent": {"retentionDays": 7, "redact": ["ok", "CANARY-secret("]}}),
    ),
    Case(
        refusal=r.BodyInvalid,
        name="content_kept_too_long",
        request=put_deployment(ingate={"recordContent": {"retentionDays": 366}}),
    ),
    Case(
        refusal=CapacityOutOfRange,
        name="capacity_out_of_range",
        request=put_deployment(sku={"name": "GlobalStandard", "capacity": 0}),
    ),
    Case(
        refusal=UpstreamInvalid,
        name="credential_pasted",
        request=put_upstream(credential="sk-ant-CANARY-0123456789"),
    ),
    Case(
        refusal=UpstreamInvalid,
        name="base_url_with_password",
        request=put_upstream(baseUrl="https://user:CANARY@api.example.com"),
    ),
    Case(
        refusal=UpstreamInvalid,
        name="base_url_with_query",
        request=put_upstream(baseUrl="https://api.example.com/?key=CANARY"),
    ),
    Case(
        refusal=UpstreamInvalid,
        name="base_url_with_v1",
        request=put_upstream(baseUrl="https://api.example.com/v1/"),
    ),
    Case(
        refusal=UpstreamInvalid,
        name="plain_http_with_credential",
        request=put_upstream(baseUrl="http://api.example.com", credential="env:KEY"),
    ),
    Case(
        refusal=r.UpstreamUnknown,
        name="upstream_unknown",
        request=put_deployment(ingate={"upstream": "nowhere"}),
    ),
    Case(
        refusal=r.UpstreamInUse,
        name="upstream_in_use",
        before=(put_upstream(), put_deployment(ingate={"upstream": "OTHER"})),
        request=Request(method="DELETE", path=f"{UPSTREAMS}/other"),
    ),
    Case(
        refusal=r.UpstreamBuiltIn,
        name="upstream_built_in",
        request=Request(method="DELETE", path=f"{UPSTREAMS}/Simulator"),
    ),
    Case(
        refusal=r.UpstreamElsewhere,
        name="upstream_elsewhere",
        before=(
            Request(method="PUT", path=OTHER_GROUP, body={"location": "eastus2"}),
            put_upstream(group=OTHER_GROUP),
        ),
        request=put_upstream(),
    ),
)
