"""Entra ID's discovery documents (OpenID Connect Discovery 1.0, Microsoft's instance discovery, user realms).

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
"""

from __future__ import annotations

from typing import Any

from .issuers import AUTHORITY_HOST, render_v1_issuer, render_v2_issuer

AUTHORITY_ALIASES = (AUTHORITY_HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net")
"""Entra ID's own host names."""
_MICROSOFTS = {
    "preferred_network": AUTHORITY_HOST,
    "preferred_cache": "login.windows.net",
    "aliases": list(AUTHORITY_ALIASES),
}
_ANY_TENANT = "{tenantid}"
"""Stands in issuers of documents that no one tenant was asked for."""


def render_openid_configuration(*, authority: str, tenant: str, tenant_id: str | None, is_v2: bool) -> dict[str, Any]:
    """`authority` is the URL that the client used, without a path; `tenant` is as it wrote it; `tenant_id` is None
    for `common` and `organizations`. The endpoints are on the client's host, and so reachable; the issuer is
    Microsoft's, as in the tokens."""
    root = f"{authority}/{tenant}"
    version = "/v2.0" if is_v2 else ""
    return {
        "token_endpoint": f"{root}/oauth2{version}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        # Microsoft's document leaves it out; RFC 8414 demands it beside private_key_jwt.
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256"],
        "jwks_uri": f"{root}/discovery{version}/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "grant_types_supported": [
            "authorization_code",
            "client_credentials",
            "password",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": _render_issuer(tenant_id or _ANY_TENANT, is_v2=is_v2),
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"{root}/openid/userinfo",
        "authorization_endpoint": f"{root}/oauth2{version}/authorize",
        "device_authorization_endpoint": f"{root}/oauth2{version}/devicecode",
        "http_logout_supported": False,
        "end_session_endpoint": f"{root}/oauth2{version}/logout",
        "claims_supported": [
            *("sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "oid"),
        ],
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    }


def _render_issuer(tenant_id: str, *, is_v2: bool) -> str:
    return render_v2_issuer(tenant_id) if is_v2 else render_v1_issuer(tenant_id)


def render_instance_discovery(*, authority: str, host: str, tenant: str, api_version: str) -> dict[str, Any]:
    """Tells a client that this host is Entra ID, and where the tenant's own document is."""
    own = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    return {
        "tenant_discovery_endpoint": f"{authority}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": api_version,
        "metadata": [_MICROSOFTS] if host in AUTHORITY_ALIASES else [own, _MICROSOFTS],
    }


def render_user_realm(user_name: str) -> dict[str, str]:
    """Every user's password is checked here rather than at another organisation's server (`Managed`)."""
    return {
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": user_name.rpartition("@")[2],
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }
