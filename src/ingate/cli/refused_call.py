"""What a gateway's refusal means where the fix is known from its code alone."""

from __future__ import annotations

from .diagnosis import Finding, problem
from .failure import Refused


def diagnose_refused_call(refusal: Refused, resource: str, deployment: str) -> Finding | None:
    """`resource` is the name of the one that was called; empty when it is not known. None for other refusals."""
    name = resource or "NAME"
    if refusal.code == "AuthenticationTypeDisabled":
        return problem(
            "API key",
            refusal.message,
            f"call with a token (ingate login, ingate token), or: ingate resource update {name} --enable-local-auth",
        )
    if refusal.code == "DeploymentPaused":
        return problem("deployment", refusal.message, f"ingate deployment resume {deployment} --resource {name}")
    if refusal.status == 403 and ("Firewall" in refusal.message or "Public access" in refusal.message):
        return problem("network", refusal.message, f"ingate network show {name}; then allow this machine's address")
    return None
