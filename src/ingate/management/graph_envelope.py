"""Microsoft Graph's envelopes: its lists, and its errors.

https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ingate.wire.arm.documents import JsonObject

from .access_refusals import (
    NotAuthorized,
    PrincipalUnusable,
    TokenAudienceWrong,
    TokenExpired,
    TokenMissing,
    TokenNotYetValid,
    TokenTenantWrong,
    TokenWrong,
)
from .control_plane import Answer, Outcome, render_json
from .refusals import ManagementRefusal
from .render_refusal import render_refusal
from .request_ids import find_base_url, get_ids


def render_graph_outcome(request: Request, outcome: Outcome) -> Response:
    if isinstance(outcome, Answer):
        return render_json(outcome.status, outcome.document)
    status, code, message = _render_refusal(outcome)
    ids = get_ids(request.scope)
    inner = {"request-id": ids.request_id, "client-request-id": ids.correlation_id}
    return render_json(status, {"error": {"code": code, "message": message, "innerError": inner}})


def _render_refusal(refusal: ManagementRefusal) -> tuple[int, str, str]:
    match refusal:
        case TokenMissing():
            return 401, "InvalidAuthenticationToken", "Access token is empty."
        case TokenExpired() | TokenNotYetValid():
            return 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
        case TokenAudienceWrong():
            return 401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience."
        case TokenWrong() | TokenTenantWrong():
            return 401, "InvalidAuthenticationToken", "Access token validation failure. Invalid issuer or signature."
        case PrincipalUnusable():
            return 401, "InvalidAuthenticationToken", "The principal of the access token is disabled or was deleted."
        case NotAuthorized():
            return 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        case _:
            status, error = render_refusal(refusal)
            return status, error.code, error.message


def render_collection(request: Request, collection: str, items: list[JsonObject]) -> JsonObject:
    return {"@odata.context": f"{find_base_url(request.scope)}/v1.0/$metadata#{collection}", "value": items}


def render_entity(request: Request, collection: str, item: JsonObject) -> JsonObject:
    context = f"{find_base_url(request.scope)}/v1.0/$metadata#{collection}/$entity"
    return {"@odata.context": context, **item}
