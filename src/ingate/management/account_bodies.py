"""An account's JSON: what Ingate reads of it, what it decides about it, and how it shows one."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ingate.domain.naming import RESOURCE_NAME_RULE, is_resource_name, parse_location
from ingate.domain.resource import RESOURCE_KIND, FoundryResource
from ingate.wire.arm.documents import JsonObject, get_object
from ingate.wire.arm.envelopes import render_system_data, render_time
from ingate.wire.arm.ids import ACCOUNT_TYPE

from .control_plane import ControlPlane
from .refusals import (
    KindNotSupported,
    LocationChanged,
    LocationInvalid,
    LocationMissing,
    ManagementRefusal,
    NameInvalid,
    PropertyImmutable,
    ProtectionNotEnforced,
)

READ_ONLY = frozenset({"id", "name", "type", "etag", "systemData", "location", "kind"})
READ_ONLY_PROPERTIES = frozenset(
    {
        "provisioningState",
        "endpoint",
        "endpoints",
        "internalId",
        "dateCreated",
        "capabilities",
        "callRateLimit",
        "privateEndpointConnections",
    }
)


class NetworkRules(msgspec.Struct, rename="camel"):
    default_action: str | None = None


class AccountProperties(msgspec.Struct, rename="camel"):
    custom_sub_domain_name: str | None = None
    disable_local_auth: bool | None = None
    public_network_access: str | None = None
    network_acls: NetworkRules | None = None


class AccountBody(msgspec.Struct):
    location: str | None = None
    kind: str | None = None
    sku: dict[str, object] | None = None
    tags: dict[str, str] | None = None
    properties: AccountProperties | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedAccount:
    location: str
    subdomain: str
    custom_subdomain: str | None
    """As its owner wrote it, now or before; None when it follows from the resource's name."""


def decide_account(
    name: str, resource_group: str, body: AccountBody, existing: FoundryResource | None
) -> DecidedAccount | ManagementRefusal:
    properties = body.properties or AccountProperties()
    if existing is None and not is_resource_name(name):
        return NameInvalid(noun="account", name=name, rule=RESOURCE_NAME_RULE)
    if body.kind is not None and body.kind.lower() != RESOURCE_KIND.lower():
        return KindNotSupported(given=body.kind)
    protection = _find_unenforced(properties)
    if protection is not None:
        return ProtectionNotEnforced(name=protection)
    location = _decide_location(name, resource_group, body.location, existing)
    if not isinstance(location, str):
        return location
    custom = _decide_custom_subdomain(properties.custom_sub_domain_name, existing)
    if isinstance(custom, NameInvalid | PropertyImmutable):
        return custom
    return DecidedAccount(
        location=location, subdomain=_choose_subdomain(name, custom, existing), custom_subdomain=custom
    )


def _choose_subdomain(name: str, custom: str | None, existing: FoundryResource | None) -> str:
    if custom is not None:
        return custom.lower()
    return name.lower() if existing is None else existing.subdomain


def _find_unenforced(properties: AccountProperties) -> str | None:
    rules = properties.network_acls or NetworkRules()
    if properties.disable_local_auth:
        return "properties.disableLocalAuth"
    if (properties.public_network_access or "Enabled").lower() != "enabled":
        return "properties.publicNetworkAccess"
    if (rules.default_action or "Allow").lower() != "allow":
        return "properties.networkAcls.defaultAction"
    return None


def _decide_location(
    name: str, resource_group: str, given: str | None, existing: FoundryResource | None
) -> str | LocationMissing | LocationInvalid | LocationChanged:
    if given is None:
        return LocationMissing() if existing is None else existing.location
    location = parse_location(given)
    if location is None:
        return LocationInvalid(given=given)
    if existing is not None and existing.location != location:
        return LocationChanged(name=name, resource_group=resource_group, location=existing.location, given=location)
    return location


def _decide_custom_subdomain(
    given: str | None, existing: FoundryResource | None
) -> str | None | NameInvalid | PropertyImmutable:
    """Chosen once, as in Azure: clients have its host name in their configuration."""
    before: str | None = None
    if existing is not None:
        before = get_object(existing.document, "properties").get("customSubDomainName")
    if given is None:
        return before
    if not is_resource_name(given):
        return NameInvalid(noun="custom subdomain", name=given, rule=RESOURCE_NAME_RULE)
    if before is not None and before.lower() != given.lower():
        return PropertyImmutable(name="properties.customSubDomainName")
    return before or given


def render_account(plane: ControlPlane, resource: FoundryResource) -> JsonObject:
    properties: JsonObject = {
        "customSubDomainName": resource.subdomain,
        "publicNetworkAccess": "Enabled",
        **get_object(resource.document, "properties"),
        **_render_computed(plane, resource),
    }
    return {
        "id": resource.resource_id,
        "name": resource.name,
        "type": ACCOUNT_TYPE,
        "etag": resource.etag,
        "kind": RESOURCE_KIND,
        "location": resource.location,
        "sku": {"name": "S0"},
        **resource.document,
        "systemData": render_system_data(resource.system_data),
        "properties": properties,
    }


def _render_computed(plane: ControlPlane, resource: FoundryResource) -> JsonObject:
    endpoint = plane.endpoint_for(resource.subdomain)
    return {
        "provisioningState": "Succeeded",
        "endpoint": endpoint,
        "endpoints": {"AI Foundry API": endpoint},
        "internalId": resource.internal_id,
        "dateCreated": render_time(resource.system_data.created_at),
    }
