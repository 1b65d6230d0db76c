"""The Messages API's error envelope, as an answer's body and as the event that ends a broken stream.

https://platform.claude.com/docs/en/api/errors
"""

from __future__ import annotations

from typing import Literal

import msgspec

ErrorType = Literal[
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "conflict_error",
    "request_too_large",
    "rate_limit_error",
    "api_error",
    "timeout_error",
    "overloaded_error",
]

STATUS_OF: dict[ErrorType, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def render_error(error_type: ErrorType, message: str, request_id: str) -> bytes:
    return msgspec.json.encode(
        {"type": "error", "error": {"type": error_type, "message": message}, "request_id": request_id}
    )


def render_error_event(error_type: ErrorType, message: str, request_id: str, *, after: bytes) -> bytes:
    """The event with which a stream ends that cannot go on. `after` is the end of what was already sent.

    When that is the middle of an event, the error joins it: the last `event:` line names the event, so a client
    sees one `error` event and never takes the torn one for a whole one.
    """
    line_end = b"" if after.endswith((b"\n", b"\r")) or not after else b"\n"
    return b"%bevent: error\ndata: %b\n\n" % (line_end, render_error(error_type, message, request_id))
