"""Answers of the identity endpoints. None of them may be kept by anybody on the way."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from ingate.wire.entra.errors import EntraError, render_entra_error

from .turn import Turn


def answer_json(turn: Turn, document: object, *, status: int = 200) -> Response:
    response = Response(
        msgspec.json.encode(document), status_code=status, media_type="application/json; charset=utf-8"
    )
    return finish_answer(turn, response)


def answer_error(turn: Turn, error: EntraError, *, beside: dict[str, Any] | None = None) -> Response:
    document = render_entra_error(error, time=turn.time, trace_id=turn.trace_id, correlation_id=turn.correlation_id)
    response = answer_json(turn, {**document, **(beside or {})}, status=error.status)
    if error.status == 401:
        # RFC 6749, section 5.2, for clients that used the header; harmless for the others.
        response.headers["www-authenticate"] = 'Basic realm="ingate"'
    return response


def finish_answer(turn: Turn, response: Response) -> Response:
    response.headers["cache-control"] = "no-store, no-cache"
    response.headers["pragma"] = "no-cache"
    response.headers["x-content-type-options"] = "nosniff"
    response.headers["x-ms-request-id"] = turn.trace_id
    response.headers["client-request-id"] = turn.correlation_id
    return response
