"""Resource Manager's error envelope: {"error": {"code", "message", "target", "details", "additionalInfo"}}."""

from __future__ import annotations

from dataclasses import dataclass

from .documents import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmError:
    """One error. `target` names the property or resource at fault; absent members are left out of the envelope,
    as Azure does."""

    code: str
    message: str
    target: str | None = None


def render_error(error: ArmError) -> JsonObject:
    content: JsonObject = {"code": error.code, "message": error.message}
    if error.target is not None:
        content["target"] = error.target
    return {"error": content}
