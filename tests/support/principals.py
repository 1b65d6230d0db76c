"""Principals of a running Ingate, their roles and their tokens: what its administrator and its clients do."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx2

from .running import RunningIngate

PRINCIPALS = "/providers/Ingate.Identity/principals"
COGNITIVE_SERVICES = "https://cognitiveservices.azure.com"
MANAGEMENT = "https://management.azure.com"
HELLO = {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello!"}]}

ROLES = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "Cognitive Services Contributor": "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68",
    "Cognitive Services Usages Reader": "bba48692-92b0-4667-a9ad-c31c7b334ac2",
    "Cognitive Services User": "a97b65f3-24c7-4388-baec-2e87135dc908",
    "Cognitive Services OpenAI User": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "Azure AI User": "53ca6127-db72-4b80-b1b0-d745d6d5456d",
    "Azure AI Developer": "64702f94-c441-49e6-a78b-ef80e0188fee",
    "Cost Management Contributor": "434105ed-43f6-45c7-a02f-909b2ba83430",
}
"""Azure's own ids of its built-in roles."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    name: str
    object_id: str
    client_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Application(Principal):
    secret: str


def put_principal(ingate: RunningIngate, name: str, kind: str, **properties: object) -> Principal:
    made = ingate.manage("PUT", f"{PRINCIPALS}/{name}", {"properties": {"kind": kind, **properties}})["properties"]
    return Principal(name=name, object_id=made["objectId"], client_id=made.get("clientId") or "")


def put_application(ingate: RunningIngate, name: str, **properties: object) -> Application:
    """With one secret."""
    made = put_principal(ingate, name, "application", **properties)
    secret = ingate.manage("POST", f"{PRINCIPALS}/{name}/addSecret", {"displayName": "test"})["secretText"]
    return Application(name=name, object_id=made.object_id, client_id=made.client_id, secret=secret)


def assign_role(
    ingate: RunningIngate, object_id: str, role: str, scope: str, *, kind: str = "ServicePrincipal"
) -> str:
    """`role`: a name in ROLES, or a role definition's id. The assignment's path, the same for the same three."""
    role_id = ROLES.get(role, role)
    definitions = f"/subscriptions/{ingate.running['subscription_id']}/providers/Microsoft.Authorization"
    name = uuid5(NAMESPACE_URL, f"{object_id} {role_id} {scope}")
    path = f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}"
    properties = {
        "roleDefinitionId": f"{definitions}/roleDefinitions/{role_id}",
        "principalId": object_id,
        "principalType": kind,
    }
    ingate.manage("PUT", path, {"properties": properties})
    return path


def open_entra(ingate: RunningIngate) -> httpx2.Client:
    """A client of Entra's endpoints and of Resource Manager that trusts this Ingate and nobody else."""
    trust = ssl.create_default_context(cafile=str(ingate.ca_file))
    return httpx2.Client(base_url=ingate.tls_url, verify=trust, trust_env=False, timeout=20)


def get_token(ingate: RunningIngate, application: Application, resource: str = COGNITIVE_SERVICES) -> str:
    """By its secret."""
    form = {
        "grant_type": "client_credentials",
        "client_id": application.client_id,
        "client_secret": application.secret,
        "scope": f"{resource}/.default",
    }
    with open_entra(ingate) as entra:
        answer = entra.post(f"/{ingate.tenant_id}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def list_audit_events(ingate: RunningIngate, target: str = "") -> list[dict[str, Any]]:
    """The whole trail, or what was done to `target` and below it; the newest first."""
    events: list[dict[str, Any]] = []
    url = f"{ingate.management_url}/providers/Ingate.Audit/events?api-version=2025-09-01"
    with httpx2.Client(
        headers=bear((ingate.data_dir / "admin.token").read_text().strip()), trust_env=False
    ) as client:
        while url:
            answer = client.get(url)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            events += page["value"]
            url = page.get("nextLink")
    return [event for event in events if event["target"].lower().startswith(target.lower())]


def call_claude(
    ingate: RunningIngate, credential: Mapping[str, str], *, resource: str = "", client: httpx2.Client | None = None
) -> httpx2.Response:
    """One message. `credential` is the header that has it; `resource` is asked by its host name at Azure."""
    headers = {"anthropic-version": "2023-06-01", **credential}
    if resource:
        headers["host"] = f"{resource}.services.ai.azure.com"
    url = f"{ingate.base_url}/v1/messages"
    if client is not None:
        return client.post(url, json=HELLO, headers=headers)
    return httpx2.post(url, json=HELLO, headers=headers, trust_env=False, timeout=20)


def bear(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
