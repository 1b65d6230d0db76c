"""An account's JSON: what Ingate reads of it and what it decides about it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ingate.domain.naming import RESOURCE_NAME_RULE, is_resource_name, parse_location
from ingate.domain.resource import RESOURCE_KIND, FoundryResource
from ingate.wire.arm.documents import JsonObject, get_object, without

from .account_network import NetworkRulesBody, decide_network
from .refusals import (
    KindNotSupported,
    LocationChanged,
    LocationInvalid,
    LocationMissing,
    ManagementRefusal,
    NameInvalid,
    PropertyImmutable,
    PropertyInvalid,
    SkuNotSupported,
)

ACCOUNT_SKU = "S0"
IDENTITY_TYPES = ("None", "SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned")

_READ_ONLY = frozenset({"id", "name", "type", "etag", "systemData", "location", "kind"})
_READ_ONLY_IDENTITY = frozenset({"principalId", "tenantId"})
_READ_ONLY_PROPERTIES = frozenset(
    {
        "provisioningState",
        "endpoint",
        "endpoints",
        "internalId",
        "dateCreated",
        "capabilities",
        "callRateLimit",
        "privateEndpointConnections",
        "isMigrated",
        "skuChangeInfo",
        "quotaLimit",
        "deletionDate",
        "scheduledPurgeDate",
        "abusePenalty",
        "restore",
    }
)


class SkuBody(msgspec.Struct):
    name: str | None = None


class IdentityBody(msgspec.Struct):
    type: str | None = None


class AccountProperties(msgspec.Struct, rename="camel"):
    custom_sub_domain_name: str | None = None
    disable_local_auth: bool | None = None
    allow_project_management: bool | None = None
    restore: bool | None = None
    public_network_access: str | None = None
    network_acls: NetworkRulesBody | None = None


class AccountBody(msgspec.Struct):
    location: str | None = None
    kind: str | None = None
    sku: SkuBody | None = None
    identity: IdentityBody | None = None
    tags: dict[str, str] | None = None
    properties: AccountProperties | None = None

    @property
    def restores(self) -> bool:
        return self.properties is not None and self.properties.restore is True


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
    refusal = _decide_members(body, properties)
    if refusal is not None:
        return refusal
    location = _decide_location(name, resource_group, body.location, existing)
    if not isinstance(location, str):
        return location
    custom = _decide_custom_subdomain(properties.custom_sub_domain_name, existing)
    if isinstance(custom, NameInvalid | PropertyImmutable):
        return custom
    return DecidedAccount(
        location=location, subdomain=_choose_subdomain(name, custom, existing), custom_subdomain=custom
    )


def _decide_members(body: AccountBody, properties: AccountProperties) -> ManagementRefusal | None:
    if body.kind is not None and body.kind.lower() != RESOURCE_KIND.lower():
        return KindNotSupported(given=body.kind)
    if body.sku is not None and body.sku.name is not None and body.sku.name.upper() != ACCOUNT_SKU:
        return SkuNotSupported(given=body.sku.name)
    if body.identity is not None and parse_identity_type(body.identity.type) is None:
        return PropertyInvalid(name="identity.type", reason=f"must be one of: {'; '.join(IDENTITY_TYPES)}")
    return decide_network(properties.public_network_access, properties.network_acls)


def parse_identity_type(given: str | None) -> str | None:
    """As Azure spells it; None for what is none of IDENTITY_TYPES."""
    wanted = (given or "None").replace(" ", "").lower()
    return next((known for known in IDENTITY_TYPES if known.replace(" ", "").lower() == wanted), None)


def wants_system_identity(resource: FoundryResource) -> bool:
    kept = get_object(resource.document, "identity").get("type")
    return isinstance(kept, str) and "systemassigned" in kept.lower()


def allows_projects(resource: FoundryResource) -> bool:
    return get_object(resource.document, "properties").get("allowProjectManagement") is True


def _choose_subdomain(name: str, custom: str | None, existing: FoundryResource | None) -> str:
    if custom is not None:
        return custom.lower()
    return name.lower() if existing is None else existing.subdomain


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


def keep_account_document(document: JsonObject, custom_subdomain: str | None) -> JsonObject:
    """What the owner wrote, less what only Ingate says."""
    properties = without(get_object(document, "properties"), _READ_ONLY_PROPERTIES)
    if custom_subdomain is not None:
        properties["customSubDomainName"] = custom_subdomain
    absent = frozenset(name for name in ("identity", "sku", "tags") if document.get(name) is None)
    kept = without(document, _READ_ONLY | absent) | {"properties": properties}
    if isinstance(document.get("identity"), dict):
        identity = without(get_object(document, "identity"), _READ_ONLY_IDENTITY)
        kept["identity"] = identity | {"type": parse_identity_type(identity.get("type")) or "None"}
    return kept
