"""Refusals as the data plane answers them: Azure's envelope for what Foundry's gateway decides, Anthropic's for what
the model service would decide. docs/reference/errors.md lists them all; tests/golden/gateway holds the bytes.
"""

from __future__ import annotations

from typing import NamedTuple, assert_never

import msgspec

from ingate.domain.network import AddressNotAllowed, PublicAccessDisabled
from ingate.domain.refusal import (
    BudgetExceeded,
    DeploymentNotFound,
    DeploymentPaused,
    FeatureNotHosted,
    InvalidRequest,
    KeysDisabled,
    MethodNotAllowed,
    NotRecordable,
    OperationNotSupported,
    PermissionDenied,
    QuotaExceeded,
    QuotaUnavailable,
    Refusal,
    RequestTooLarge,
    ResourceNotFound,
    SeveralUpstreams,
    ShuttingDown,
    TokenRequired,
    Unauthenticated,
    UpstreamUnavailable,
)
from ingate.domain.upstream import UpstreamFailure
from ingate.wire.http1 import Header
from ingate.wire.messages.errors import STATUS_OF, ErrorType, render_error


class RenderedRefusal(NamedTuple):
    status: int
    body: bytes
    code: str
    """For the record: the envelope's own code or type."""
    headers: tuple[Header, ...] = ()


_INVALID_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
_INVALID_TOKEN = (
    "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), "  # noqa: S105
    "or have expired."
)
_NO_KEYS = "AuthenticationTypeDisabled"
_NOT_SUPPORTED = "Requested API is currently not supported"
_NO_DEPLOYMENT = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again."
)

_FAILURES: dict[UpstreamFailure, tuple[ErrorType, str]] = {
    UpstreamFailure.NOT_CONFIGURED: ("api_error", "The upstream of this deployment is not configured."),
    UpstreamFailure.UNREACHABLE: ("api_error", "The upstream of this deployment cannot be reached."),
    UpstreamFailure.RESET: ("api_error", "The upstream of this deployment broke off before its answer was whole."),
    UpstreamFailure.MALFORMED: ("api_error", "The upstream of this deployment did not answer in a valid form."),
    UpstreamFailure.CUT: ("api_error", "The simulator was told to break off."),
    UpstreamFailure.TIMEOUT: ("timeout_error", "The upstream of this deployment took too long to answer."),
}


def render_refusal(refusal: Refusal, request_id: str) -> RenderedRefusal:
    match refusal:
        case ResourceNotFound(host=host):
            return _azure(404, "ResourceNotFound", f"No Foundry resource answers to the host name '{host}'.")
        case Unauthenticated(presented="token"):
            body = msgspec.json.encode({"statusCode": 401, "message": _INVALID_TOKEN})
            return RenderedRefusal(401, body, "401")
        case Unauthenticated():
            return _azure(401, "401", _INVALID_KEY)
        case PublicAccessDisabled():
            return _azure(403, "403", "Public access is disabled. Please configure private endpoint.")
        case AddressNotAllowed():
            return _azure(403, "403", "Access denied due to Virtual Network/Firewall rules.")
        case KeysDisabled():
            return _azure(403, _NO_KEYS, "Key based authentication is disabled for this resource.")
        case TokenRequired():
            message = "Key based authentication is disabled for this model. Use Microsoft Entra ID."
            return _azure(403, _NO_KEYS, message)
        case PermissionDenied():
            return _azure(403, "PermissionDenied", "Principal does not have access to API/Operation.")
        case OperationNotSupported():
            return _azure(404, "api_not_supported", _NOT_SUPPORTED, details=_NOT_SUPPORTED)
        case MethodNotAllowed(allowed=allowed):
            body = render_error("invalid_request_error", "Method Not Allowed", request_id)
            return RenderedRefusal(405, body, "invalid_request_error", ((b"Allow", allowed.encode()),))
        case InvalidRequest(message=message):
            return _anthropic("invalid_request_error", message, request_id)
        case RequestTooLarge():
            return _anthropic("request_too_large", "Request exceeds the maximum allowed number of bytes.", request_id)
        case DeploymentNotFound():
            return _azure(404, "DeploymentNotFound", _NO_DEPLOYMENT, type="invalid_request_error")
        case DeploymentPaused():
            return _azure(423, "DeploymentPaused", "The deployment is paused. Resume it to serve requests again.")
        case BudgetExceeded(budget=budget):
            message = f"The budget '{budget}' is spent. The deployment serves again when it is raised or renewed."
            return _azure(403, "budget_exceeded", message)
        case FeatureNotHosted(feature=feature):
            return _anthropic("invalid_request_error", f"{feature} not supported in your workspace.", request_id)
        case SeveralUpstreams(feature=feature, upstream_names=names):
            message = (
                f"{feature}: the deployments of this resource that are hosted on Anthropic use several upstreams "
                f"({', '.join(names)}). Requests that name no deployment need them to share one."
            )
            return _anthropic("invalid_request_error", message, request_id)
        case QuotaExceeded(bucket=bucket, limit=limit, retry_after=seconds):
            message = (
                f"Rate limit of {limit} per 60s exceeded for UserByModelByMinute{bucket}. "
                f"Please wait {seconds} seconds before retrying."
            )
            rendered = _azure(429, "RateLimitReached", message)
            return rendered._replace(headers=((b"Retry-After", b"%d" % seconds),))
        case QuotaUnavailable():
            return _azure(503, "ServiceUnavailable", "Rate limits cannot be checked at the moment. Please retry.")
        case UpstreamUnavailable(failure=failure):
            return _anthropic(*describe_failure(failure), request_id)
        case NotRecordable():
            return _azure(503, "ServiceUnavailable", "Usage cannot be recorded at the moment, so nothing is served.")
        case ShuttingDown():
            return _azure(503, "ServiceUnavailable", "The service is shutting down. Please retry.")
        case _:
            assert_never(refusal)


def describe_failure(failure: UpstreamFailure) -> tuple[ErrorType, str]:
    """The error that tells a client of an upstream's failure, before or within a stream."""
    return _FAILURES[failure]


def _anthropic(error_type: ErrorType, message: str, request_id: str) -> RenderedRefusal:
    return RenderedRefusal(STATUS_OF[error_type], render_error(error_type, message, request_id), error_type)


def _azure(
    status: int, code: str, message: str, *, type: str | None = None, details: str | None = None
) -> RenderedRefusal:
    error = {"type": type, "code": code, "message": message, "details": details}
    error = {name: value for name, value in error.items() if value is not None}
    return RenderedRefusal(status, msgspec.json.encode({"error": error}), code)
