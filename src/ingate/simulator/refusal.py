"""Errors in Anthropic's envelope."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from ingate.simulator.json_value import JsonObject
from ingate.wire.messages.errors import STATUS_OF, ErrorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request gets no answer."""

    error_type: ErrorType
    message: str
    details: JsonObject | None = None
    """What some errors say for programs to read: `error_code` and more."""

    @property
    def status(self) -> int:
        return STATUS_OF[self.error_type]


def refuse(message: str, *, details: JsonObject | None = None) -> Refusal:
    return Refusal(error_type="invalid_request_error", message=message, details=details)


def render_refusal(refusal: Refusal, request_id: str) -> bytes:
    error: JsonObject = {"type": refusal.error_type, "message": refusal.message}
    if refusal.details is not None:
        error["details"] = refusal.details
    return msgspec.json.encode({"type": "error", "error": error, "request_id": request_id})
