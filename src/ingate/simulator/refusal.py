"""Errors in Anthropic's envelope."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import msgspec

from ingate.simulator.json_value import JsonObject

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

STATUSES = MappingProxyType[ErrorType, int](
    {
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
)
"""https://platform.claude.com/docs/en/api/errors"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request gets no answer."""

    error_type: ErrorType
    message: str
    details: JsonObject | None = None
    """What some errors say for programs to read: `error_code` and more."""

    @property
    def status(self) -> int:
        return STATUSES[self.error_type]


def refuse(message: str, *, details: JsonObject | None = None) -> Refusal:
    return Refusal(error_type="invalid_request_error", message=message, details=details)


def render_refusal(refusal: Refusal, request_id: str) -> bytes:
    error: JsonObject = {"type": refusal.error_type, "message": refusal.message}
    if refusal.details is not None:
        error["details"] = refusal.details
    return msgspec.json.encode({"type": "error", "error": error, "request_id": request_id})
