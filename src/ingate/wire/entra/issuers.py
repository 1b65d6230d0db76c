"""How Entra ID's tokens name whoever issued them.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

AUTHORITY_HOST = "login.microsoftonline.com"
"""The host in v2 issuers, wherever a token was asked for: clients compare it with what they know."""


def render_issuers(tenant_id: str) -> tuple[str, str]:
    """The issuers of a tenant's v1 and v2 tokens."""
    return render_v1_issuer(tenant_id), render_v2_issuer(tenant_id)


def render_v1_issuer(tenant_id: str) -> str:
    return f"https://sts.windows.net/{tenant_id}/"


def render_v2_issuer(tenant_id: str) -> str:
    return f"https://{AUTHORITY_HOST}/{tenant_id}/v2.0"
