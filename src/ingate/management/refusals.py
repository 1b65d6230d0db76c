"""Why the management API refuses a request. Values that know no HTTP; `render_refusal.py` gives them one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ingate.domain.deployment import CapacityOutOfRange, DeploymentTypeNotSupported, ModelNotSupported
from ingate.domain.quota_allocation import QuotaInsufficient
from ingate.domain.upstream_rules import UpstreamInvalid

from .access_refusals import AccessRefusal
from .costs.cost_refusals import CostRefusal
from .directory_refusals import DirectoryRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiVersionMissing:
    """No `api-version`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiVersionInvalid:
    """An `api-version` that is no date."""

    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteNotFound:
    """A path that nothing answers."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodNotAllowed:
    method: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyTooLarge:
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyInvalid:
    """Not a JSON object, or not of this resource's shape. `reason` never repeats a value."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameInvalid:
    noun: str
    name: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionIdInvalid:
    subscription_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionNotFound:
    subscription_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceGroupNotFound:
    resource_group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceNotFound:
    type: str
    name: str
    resource_group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentResourceNotFound:
    """Something is to be created in a resource that does not exist."""

    type: str
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentNotFound:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreconditionFailed:
    """`If-Match` or `If-None-Match` does not fit what is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationMissing:
    """A new resource needs one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationInvalid:
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationChanged:
    name: str
    resource_group: str
    location: str
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KindNotSupported:
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubdomainInUse:
    subdomain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyImmutable:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionNotEnforced:
    """A property that would close the resource to callers, which Ingate does not enforce yet. To keep it and go on
    serving would be a lie about security."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNameInvalid:
    """Neither Key1 nor Key2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamUnknown:
    """A deployment names an upstream that does not exist."""

    name: str
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamInUse:
    name: str
    deployment_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamBuiltIn:
    """The simulator can be neither changed nor deleted."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamElsewhere:
    """Another resource group has an upstream of this name."""

    name: str
    upstream_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryParameterInvalid:
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterInvalid:
    """A `$filter` in words that this list does not understand."""

    known: tuple[str, ...]
    """The members that it may compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyInvalid:
    """`reason` never repeats a value."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuNotSupported:
    given: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDeleted:
    """The name belongs to a deleted resource, which could be restored."""

    resource_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToRestore:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBusy:
    """An earlier change of the account appears to be under way still."""

    resource_id: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentBusy:
    """A change of another part of the account appears to be under way still."""

    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDataInvalid:
    """`modelProviderData` is missing or not complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectManagementDisabled:
    """The account does not allow projects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderNotFound:
    """No resource provider of this namespace."""

    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationNotFound:
    """Not the id of an operation that this Ingate began."""


RequestRefusal: TypeAlias = (
    ApiVersionMissing
    | ApiVersionInvalid
    | RouteNotFound
    | MethodNotAllowed
    | BodyTooLarge
    | BodyInvalid
    | NameInvalid
    | QueryParameterInvalid
    | FilterInvalid
    | PropertyInvalid
    | PreconditionFailed
)
LookupRefusal: TypeAlias = (
    SubscriptionIdInvalid
    | SubscriptionNotFound
    | ResourceGroupNotFound
    | ResourceNotFound
    | ParentResourceNotFound
    | DeploymentNotFound
    | ProviderNotFound
    | OperationNotFound
)
AccountRefusal: TypeAlias = (
    LocationMissing
    | LocationInvalid
    | LocationChanged
    | KindNotSupported
    | SkuNotSupported
    | SubdomainInUse
    | PropertyImmutable
    | ProtectionNotEnforced
    | KeyNameInvalid
    | ResourceDeleted
    | NothingToRestore
    | AccountBusy
    | ParentBusy
    | ProjectManagementDisabled
)
DeploymentRefusal: TypeAlias = (
    ModelNotSupported | DeploymentTypeNotSupported | CapacityOutOfRange | QuotaInsufficient | ProviderDataInvalid
)
UpstreamRefusal: TypeAlias = UpstreamInvalid | UpstreamUnknown | UpstreamInUse | UpstreamBuiltIn | UpstreamElsewhere

ManagementRefusal: TypeAlias = (
    AccessRefusal
    | CostRefusal
    | DirectoryRefusal
    | RequestRefusal
    | LookupRefusal
    | AccountRefusal
    | DeploymentRefusal
    | UpstreamRefusal
)
