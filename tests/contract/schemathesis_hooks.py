"""What every answer of the management API must be like, as a check of schemathesis's.

Loaded by schemathesis, which test_management_schemathesis.py runs in an environment of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# By name: it is no part of the environment that this project's own checks run in.
schemathesis: Any = import_module("schemathesis")


@schemathesis.check
def arm_envelope(ctx: Any, response: Any, case: Any) -> None:
    """A refusal is {"error": {"code", "message"}} in JSON, of metrics also what is inside alone, as Azure Monitor
    has it; and every answer has Azure's ids."""
    del ctx
    assert response.headers.get("x-ms-request-id"), "an answer without x-ms-request-id"
    if response.status_code < 400 or case.method.upper() == "HEAD":
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind.startswith("application/json"), f"a refusal of type {kind}"
    document: dict[str, Any] = response.json()
    if "/Microsoft.Insights/metric" in case.path and "error" not in document:
        document = {"error": document}
    assert "error" in document, f"a refusal without an error: {document}"
    error: Any = document["error"]
    assert error["code"], f"a refusal without a code: {document}"
    assert error["message"], f"a refusal without a message: {document}"
    assert "Traceback" not in error["message"]
