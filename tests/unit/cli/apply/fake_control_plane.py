"""A management API in memory with all that `ingate apply` changes: objects by id, in Azure's shapes."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import unquote

import httpx2
from tests.unit.cli.fake_ingate import SUBSCRIPTION, group_path

JsonObject = dict[str, Any]

SUBSCRIPTION_PATH = f"/subscriptions/{SUBSCRIPTION}"
GROUP = group_path()
ACCOUNTS = "/providers/Microsoft.CognitiveServices/accounts"
PRINCIPALS = "/providers/Ingate.Identity/principals"
ROLES = f"{SUBSCRIPTION_PATH}/providers/Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
UPSTREAMS = "/providers/Ingate.Gateway/upstreams"
TENANT = "11111111-1111-1111-1111-111111111111"
USER_ROLE = "a97b65f3-24c7-4388-baec-2e87135dc908"
SECRET = "the-secret-that-only-its-file-may-hold"


def make_guid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)))


class FakeControlPlane:
    """Starts with a resource group, the built-in role `Cognitive Services User` and nothing else."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.objects: dict[str, JsonObject] = {}
        self.members: dict[str, list[str]] = {}
        self.credentials: dict[str, list[JsonObject]] = {}
        self.refusals: dict[tuple[str, str], httpx2.Response] = {}
        """By method and the end of the path."""
        self._store(GROUP, {"location": "eastus2"})
        self._store(f"{GROUP}{UPSTREAMS}/simulator", {"properties": {"kind": "simulator"}})
        role = {"roleName": "Cognitive Services User", "type": "BuiltInRole", "assignableScopes": ["/"]}
        self._store(f"{ROLES}/{USER_ROLE}", {"properties": role})

    @property
    def writes(self) -> list[str]:
        """What was asked for besides reading, such as `PUT .../accounts/team-a`."""
        return [f"{r.method} {unquote(r.url.path)}" for r in self.requests if r.method != "GET"]

    def get(self, path: str) -> JsonObject:
        return self.objects[path.lower()]

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        path = unquote(request.url.path)
        for (method, end), refusal in self.refusals.items():
            if method == request.method and path.endswith(end):
                return refusal
        body: JsonObject = json.loads(request.content) if request.content else {}
        match request.method:
            case "PUT":
                return self._put(path, body)
            case "POST":
                return self._post(path, body)
            case "DELETE":
                return self._delete(path)
            case _:
                return self._get(path)

    def _get(self, path: str) -> httpx2.Response:
        if path.lower() in self.objects:
            return httpx2.Response(200, json=self.objects[path.lower()])
        return httpx2.Response(200, json={"value": self._list(path)})

    def _list(self, path: str) -> list[JsonObject]:
        parent, _, collection = path.rpartition("/")
        if path.startswith(PRINCIPALS) and collection == "members":
            return [self.objects[key] for key in self.members.get(parent.lower(), [])]
        if path.startswith(PRINCIPALS) and collection == "credentials":
            return self.credentials.get(parent.lower(), [])
        everywhere = f"/{collection}/".lower()
        if path.lower() in (f"{SUBSCRIPTION_PATH}{ACCOUNTS}".lower(), f"{SUBSCRIPTION_PATH}{ASSIGNMENTS}".lower()):
            return [
                value
                for key, value in self.objects.items()
                if everywhere in key and "/" not in key.rpartition(everywhere)[2]
            ]
        prefix = f"{path.lower()}/"
        return [v for key, v in self.objects.items() if key.startswith(prefix) and "/" not in key[len(prefix) :]]

    def _put(self, path: str, body: JsonObject) -> httpx2.Response:
        is_new = path.lower() not in self.objects
        if path.startswith(PRINCIPALS):
            self._store_principal(path, body)
        else:
            self._store(path, body)
        return httpx2.Response(201 if is_new else 200, json=self.objects[path.lower()])

    def _store(self, path: str, body: JsonObject) -> None:
        value = {**body, "id": path, "name": path.rpartition("/")[2], "etag": str(len(self.requests))}
        properties: JsonObject = {"provisioningState": "Succeeded", **body.get("properties", {})}
        if ACCOUNTS in path and "/deployments/" in path:
            value["sku"] = {"name": "GlobalStandard", "capacity": 10, **body.get("sku", {})}
            ingate = {"upstream": "simulator", "upstreamModel": properties["model"]["name"]}
            properties["ingate"] = ingate | properties.get("ingate", {})
            properties["model"] = {"version": "1", **properties["model"]}
        if body.get("identity", {}).get("type") == "SystemAssigned":
            value["identity"] = {"type": "SystemAssigned", "principalId": make_guid(path, "identity")}
        if ASSIGNMENTS in path:
            properties["scope"] = path[: path.index(ASSIGNMENTS)]
        self.objects[path.lower()] = value | {"properties": properties}

    def _store_principal(self, path: str, body: JsonObject) -> None:
        given = {key: value for key, value in body["properties"].items() if key != "password"}
        name = path.rpartition("/")[2]
        ids = {"objectId": make_guid(name, "object"), "tenantId": TENANT}
        if given["kind"] in ("application", "managed-identity"):
            ids["clientId"] = make_guid(name, "client")
        properties: JsonObject = {"displayName": name, "enabled": True, **ids, **given}
        self.objects[path.lower()] = {"id": path, "name": name, "properties": properties}

    def _post(self, path: str, body: JsonObject) -> httpx2.Response:
        principal, _, action = path.rpartition("/")
        key = principal.lower()
        match action:
            case "addMember" | "removeMember":
                member = next(
                    name
                    for name, value in self.objects.items()
                    if value["properties"].get("objectId", "") == body["memberId"]
                )
                members = self.members.setdefault(key, [])
                members.append(member) if action == "addMember" else members.remove(member)
                return httpx2.Response(200, json={})
            case "addFederatedCredential":
                self.credentials.setdefault(key, []).append({"keyId": make_guid(path, body["name"]), **body})
                return httpx2.Response(200, json=self.credentials[key][-1])
            case "addSecret":
                hint = {"keyId": make_guid(path, "secret"), "hint": SECRET[:3]}
                self.credentials.setdefault(key, []).append(hint)
                return httpx2.Response(200, json={**hint, "secretText": SECRET})
            case _:
                return httpx2.Response(404, json={"error": {"code": "NotFound", "message": path}})

    def _delete(self, path: str) -> httpx2.Response:
        principal, _, key_id = path.rpartition("/credentials/")
        if principal:
            kept = [item for item in self.credentials.get(principal.lower(), []) if item["keyId"] != key_id]
            self.credentials[principal.lower()] = kept
            return httpx2.Response(200, json={})
        gone = [key for key in self.objects if key == path.lower() or key.startswith(f"{path.lower()}/")]
        for key in gone:
            del self.objects[key]
        return httpx2.Response(200 if gone else 204)


def refuse(status: int, code: str, message: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": code, "message": message}})
