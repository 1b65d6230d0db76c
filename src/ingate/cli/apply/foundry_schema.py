"""The keys of foundry.yaml."""

from __future__ import annotations

from .schema import Key, any_object, boolean, list_of, number, section, text, texts_by_name, whole

GUID = r"(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"
CREDENTIAL = r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+"
CREDENTIAL_EXPECTED = "where the credential is, env:VARIABLE or file:PATH, and never the credential itself,"

_NAME = Key(read=text(), required=True)
_TEXT = Key(read=text())
_NULLABLE_TEXT = Key(read=text(), nullable=True)
_GUID = Key(read=text(pattern=GUID, expected="a GUID"))
_TEXTS = Key(read=list_of(text()))
_TAGS = Key(read=texts_by_name())
_FLAG = Key(read=boolean())
_LIMIT = Key(read=whole(least=1), nullable=True)

LIMITS = ("requestsPerMinute", "inputTokensPerMinute", "outputTokensPerMinute")

DEPLOYMENT = {
    "name": _NAME,
    "model": Key(read=text(), required=True),
    "version": _TEXT,
    "type": Key(read=text("GlobalStandard", "DataZoneStandard")),
    "capacity": Key(read=whole(least=1, most=1_000_000)),
    "limits": Key(read=section(dict.fromkeys(LIMITS, _LIMIT)), nullable=True),
    "upstream": _TEXT,
    "upstreamModel": _TEXT,
    "recordContent": Key(
        read=section({"retentionDays": Key(read=whole(least=1, most=365), required=True), "redact": _TEXTS}),
        nullable=True,
    ),
    "raiPolicyName": _TEXT,
    "versionUpgradeOption": Key(
        read=text("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")
    ),
    "properties": Key(read=any_object()),
    "modelProviderData": Key(
        read=section({"organizationName": _TEXT, "industry": _TEXT, "countryCode": _TEXT}), nullable=True
    ),
    "tags": _TAGS,
}

PROJECT = {
    "name": _NAME,
    "location": _TEXT,
    "displayName": _NULLABLE_TEXT,
    "description": _NULLABLE_TEXT,
    "tags": _TAGS,
}

NETWORK = {
    "publicAccess": _FLAG,
    "defaultAction": Key(read=text("Allow", "Deny")),
    "allow": _TEXTS,
}

RESOURCE = {
    "name": _NAME,
    "resourceGroup": _TEXT,
    "location": _TEXT,
    "subdomain": _TEXT,
    "tags": _TAGS,
    "identity": Key(read=text("SystemAssigned", "None")),
    "network": Key(read=section(NETWORK)),
    "disableLocalAuth": _FLAG,
    "allowProjectManagement": _FLAG,
    "properties": Key(read=any_object()),
    "deployments": Key(read=list_of(section(DEPLOYMENT))),
    "projects": Key(read=list_of(section(PROJECT))),
}

UPSTREAM = {
    "name": _NAME,
    "resourceGroup": _TEXT,
    "kind": Key(read=text("messages-api", "simulator")),
    "baseUrl": _TEXT,
    "credential": Key(read=text(pattern=CREDENTIAL, expected=CREDENTIAL_EXPECTED, is_quiet=True), nullable=True),
    "credentialHeader": Key(read=text("x-api-key", "api-key", "authorization")),
    "profile": Key(read=text("none", "llama.cpp", "vllm", "ollama", "lmstudio")),
    "connectTimeoutSeconds": Key(read=number()),
    "firstByteTimeoutSeconds": Key(read=number()),
    "idleTimeoutSeconds": Key(read=number()),
    "tlsCaFile": _NULLABLE_TEXT,
    "allowPlainHttp": _FLAG,
}

FEDERATED_CREDENTIAL = {
    "name": _NAME,
    "issuer": Key(read=text(), required=True),
    "subject": Key(read=text(), required=True),
    "audiences": Key(read=list_of(text()), required=True),
    "jwksFile": _TEXT,
}

PRINCIPAL = {
    "name": _NAME,
    "kind": Key(read=text("application", "user", "managed-identity", "group"), required=True),
    "userPrincipalName": _TEXT,
    "password": Key(read=text(pattern=CREDENTIAL, expected=CREDENTIAL_EXPECTED, is_quiet=True)),
    "enabled": _FLAG,
    "redirectUris": _TEXTS,
    "objectId": _GUID,
    "clientId": _GUID,
    "members": _TEXTS,
    "federatedCredentials": Key(read=list_of(section(FEDERATED_CREDENTIAL))),
    "secretFile": _TEXT,
}

ROLE = {
    "name": _NAME,
    "id": _GUID,
    "description": _TEXT,
    "actions": _TEXTS,
    "notActions": _TEXTS,
    "dataActions": _TEXTS,
    "notDataActions": _TEXTS,
    "scopes": _TEXTS,
}

ASSIGNMENT = {
    "role": Key(read=text(), required=True),
    "principal": _TEXT,
    "identityOf": _TEXT,
    "scope": Key(read=text(), required=True),
    "description": _NULLABLE_TEXT,
}

FOUNDRY = {
    "version": Key(read=whole(least=1, most=1), required=True),
    "upstreams": Key(read=list_of(section(UPSTREAM))),
    "principals": Key(read=list_of(section(PRINCIPAL))),
    "roles": Key(read=list_of(section(ROLE))),
    "resources": Key(read=list_of(section(RESOURCE))),
    "assignments": Key(read=list_of(section(ASSIGNMENT))),
}
