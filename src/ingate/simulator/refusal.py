"""Errors in Anthropic's envelope."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import msgspec

ErrorType = Literal["invalid_request_error", "not_found_error"]

_STATUS = MappingProxyType[ErrorType, int]({"invalid_request_error": 400, "not_found_error": 404})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request gets no answer."""

    error_type: ErrorType
    message: str

    @property
    def status(self) -> int:
        return _STATUS[self.error_type]


def refuse(message: str) -> Refusal:
    return Refusal(error_type="invalid_request_error", message=message)


def render_refusal(refusal: Refusal, request_id: str) -> bytes:
    return msgspec.json.encode(
        {
            "type": "error",
            "error": {"type": refusal.error_type, "message": refusal.message},
            "request_id": request_id,
        }
    )
