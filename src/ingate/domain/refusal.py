"""Refusals: the expected ways in which a request does not become an exchange. They know no HTTP; each plane renders
them in its own shape (gateway/refusals.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .network import AddressNotAllowed, PublicAccessDisabled
from .upstream import UpstreamFailure

if TYPE_CHECKING:
    from .token import TokenFault  # which imports the directory, which imports quotas, which refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceNotFound:
    """No resource answers to this host name."""

    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unauthenticated:
    """No credential, or none that is valid here. Which of the two is not told."""

    presented: Literal["nothing", "key", "token"]
    fault: TokenFault | None = None
    """Of a token. For the record: the caller is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysDisabled:
    """The resource takes tokens only (`disableLocalAuth`). Whether the key is one of its own is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequired:
    """Foundry serves this deployment's model to callers with a token only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionDenied:
    """A caller whose token is good, and whose roles do not let it call Claude here."""

    principal_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationNotSupported:
    """A path that Foundry does not serve, such as Models, Message Batches or Admin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodNotAllowed:
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidRequest:
    """The model service would not accept this, whatever the deployment."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTooLarge:
    limit: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentNotFound:
    """The resource has no deployment of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentPaused:
    """Its owner has paused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetExceeded:
    """What its owner meant to spend is spent, and the budget is to be enforced."""

    budget: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureNotHosted:
    """Foundry has this feature only where a model is hosted on Anthropic, and the resource has no such deployment."""

    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralUpstreams:
    """The request names no deployment, and the resource's deployments do not agree on an upstream."""

    feature: str
    upstream_names: tuple[str, ...]


QuotaBucket = Literal["Requests", "UncachedInputTokens", "OutputTokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaExceeded:
    """A deployment's limit is used up for now."""

    bucket: QuotaBucket
    limit: int
    """Per minute."""
    retry_after: int
    """Whole seconds until the same request would be admitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUnavailable:
    """The shared quota cannot be asked, and the operator chose to refuse rather than to oversell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamUnavailable:
    """The upstream gave no whole answer."""

    failure: UpstreamFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRecordable:
    """The usage record could not be written, so nothing is admitted: an exchange is never served unrecorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuttingDown:
    """This worker takes no new requests."""


Refusal = (
    ResourceNotFound
    | PublicAccessDisabled
    | AddressNotAllowed
    | Unauthenticated
    | KeysDisabled
    | PermissionDenied
    | OperationNotSupported
    | MethodNotAllowed
    | InvalidRequest
    | RequestTooLarge
    | DeploymentNotFound
    | TokenRequired
    | DeploymentPaused
    | BudgetExceeded
    | FeatureNotHosted
    | SeveralUpstreams
    | QuotaExceeded
    | QuotaUnavailable
    | UpstreamUnavailable
    | NotRecordable
    | ShuttingDown
)
