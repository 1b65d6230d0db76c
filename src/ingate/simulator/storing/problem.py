"""Why a request to the simulated storage gets an error, in Anthropic's envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from ingate.wire.messages.errors import STATUS_OF

ProblemType = Literal[
    "invalid_request_error", "not_found_error", "permission_error", "request_too_large", "api_error"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    error_type: ProblemType
    message: str
    error_code: str | None = None
    """`error.details.error_code`, of the few errors that have one."""

    @property
    def status(self) -> int:
        return STATUS_OF[self.error_type]


def refuse(message: str, error_code: str | None = None) -> Problem:
    return Problem(error_type="invalid_request_error", message=message, error_code=error_code)


def miss(message: str, error_code: str | None = None) -> Problem:
    return Problem(error_type="not_found_error", message=message, error_code=error_code)


def render_problem(problem: Problem, request_id: str) -> bytes:
    error: dict[str, object] = {"type": problem.error_type, "message": problem.message}
    if problem.error_code is not None:
        error["details"] = {"error_code": problem.error_code}
    return msgspec.json.encode({"type": "error", "error": error, "request_id": request_id})
