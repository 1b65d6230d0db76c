"""Principals as Microsoft Graph shows them.

https://learn.microsoft.com/graph/api/resources/serviceprincipal
"""

from __future__ import annotations

from ingate.domain.principal import Principal
from ingate.wire.arm.documents import JsonObject
from ingate.wire.arm.envelopes import render_time

_ODATA_TYPES = {
    "User": "#microsoft.graph.user",
    "Group": "#microsoft.graph.group",
    "ServicePrincipal": "#microsoft.graph.servicePrincipal",
}


def list_service_principal_names(principal: Principal) -> list[str]:
    """By which an application is found: its client id, its default address, and its name."""
    if principal.client_id is None:
        return []
    return [principal.client_id, f"api://{principal.client_id}", principal.name]


def render_directory_object(principal: Principal, *, is_typed: bool = False) -> JsonObject:
    """As what it is. `is_typed` says so in the document, for lists of all kinds."""
    type_: JsonObject = {"@odata.type": _ODATA_TYPES[principal.principal_type]} if is_typed else {}
    match principal.kind:
        case "user":
            return {**type_, **_render_user(principal)}
        case "group":
            return {**type_, **_render_group(principal)}
        case "application" | "managed-identity":
            return {**type_, **render_service_principal(principal)}


def _render_user(principal: Principal) -> JsonObject:
    return {
        "id": principal.object_id,
        "displayName": principal.name,
        "userPrincipalName": principal.user_principal_name,
        "mail": principal.user_principal_name,
        "accountEnabled": principal.is_enabled,
        "givenName": None,
        "surname": None,
        "businessPhones": [],
        "createdDateTime": render_time(principal.created_at),
    }


def _render_group(principal: Principal) -> JsonObject:
    return {
        "id": principal.object_id,
        "displayName": principal.name,
        "mail": None,
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
        "createdDateTime": render_time(principal.created_at),
    }


def render_service_principal(principal: Principal) -> JsonObject:
    is_managed = principal.kind == "managed-identity"
    explicit = principal.resource_id is None
    return {
        "id": principal.object_id,
        "appId": principal.client_id,
        "displayName": principal.name,
        "appDisplayName": None if is_managed else principal.name,
        "appOwnerOrganizationId": principal.tenant_id,
        "accountEnabled": principal.is_enabled,
        "servicePrincipalType": "ManagedIdentity" if is_managed else "Application",
        "servicePrincipalNames": list_service_principal_names(principal),
        "alternativeNames": [f"isExplicit={explicit}", *([principal.resource_id] if principal.resource_id else [])]
        if is_managed
        else [],
        "replyUrls": list(principal.redirect_uris),
        "createdDateTime": render_time(principal.created_at),
    }


def render_application(principal: Principal) -> JsonObject:
    """An application's registration. Ingate keeps one object for it and its service principal, with one id."""
    return {
        "id": principal.object_id,
        "appId": principal.client_id,
        "displayName": principal.name,
        "identifierUris": [f"api://{principal.client_id}"],
        "signInAudience": "AzureADMyOrg",
        "publisherDomain": None,
        "web": {"redirectUris": list(principal.redirect_uris)},
        "createdDateTime": render_time(principal.created_at),
    }
