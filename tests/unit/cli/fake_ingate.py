"""A management API and a gateway in memory, as the command line sees them: a transport that needs no socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx2
from tests.unit.cli.fake_entra import TENANT, FakeEntra

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
GATEWAY_URL = "http://127.0.0.1:8080"
MANAGEMENT_URL = "http://127.0.0.1:8081"
SECURE_URL = "https://localhost:8443"
TOKEN = "administrator-token-that-nobody-may-print"

PRINCIPALS = "/providers/Ingate.Identity/principals"

JsonObject = dict[str, Any]
Handler = Callable[[httpx2.Request], httpx2.Response]


def group_path(name: str = "example-group") -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}"


def account_path(name: str, group: str = "example-group") -> str:
    return f"{group_path(group)}/providers/Microsoft.CognitiveServices/accounts/{name}"


class FakeIngate:
    """Keeps ARM resources by their id. Tests read `requests`, and put into `answers` what should go wrong."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.subscriptions = [SUBSCRIPTION]
        self.groups = ["example-group"]
        self.arm: dict[str, JsonObject] = {}
        self.keys: dict[str, JsonObject] = {}
        self.page_size = 100
        self.answers: dict[tuple[str, str], httpx2.Response | Exception] = {}
        """By method and path; for the gateway the path begins with `/anthropic`."""
        self.default_resource = "example-resource"
        self.entra = FakeEntra()
        self.roles: list[JsonObject] = []
        self.events: list[JsonObject] = []
        self.actions: list[tuple[str, str, JsonObject]] = []
        """What was done to principals: the name, the verb and the body."""
        self.add_resource("example-resource")
        for name in ("claude-haiku-4-5", "claude-opus-4-5"):
            self.add_deployment("example-resource", name)

    def add_resource(self, name: str, group: str = "example-group") -> None:
        path = account_path(name, group)
        self.arm[path] = {
            "id": path,
            "name": name,
            "type": "Microsoft.CognitiveServices/accounts",
            "location": "eastus2",
            "properties": {
                "provisioningState": "Succeeded",
                "customSubDomainName": name.lower(),
                "endpoint": f"https://{name}.services.ai.azure.com/",
            },
        }
        self.keys[path] = {"key1": f"{name}-first-key", "key2": f"{name}-second-key"}

    def add_role(self, guid: str, name: str, kind: str = "BuiltInRole") -> None:
        permission = {"actions": ["a/read"], "notActions": [], "dataActions": ["b/*"], "notDataActions": []}
        self.roles.append(
            {
                "id": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
                "name": guid,
                "properties": {
                    "roleName": name,
                    "type": kind,
                    "permissions": [permission],
                    "assignableScopes": ["/"],
                },
            }
        )

    def add_principal(self, name: str, kind: str = "application", **properties: str) -> None:
        path = f"{PRINCIPALS}/{name}"
        self.arm[path] = {"id": path, "name": name, "properties": {"kind": kind, "enabled": True, **properties}}

    def add_deployment(self, resource: str, name: str) -> None:
        path = f"{account_path(resource)}/deployments/{name}"
        self.arm[path] = {
            "id": path,
            "name": name,
            "sku": {"name": "GlobalStandard", "capacity": 10000},
            "properties": {
                "provisioningState": "Succeeded",
                "model": {"format": "Anthropic", "name": name, "version": "1"},
                "ingate": {"upstream": "simulator", "upstreamModel": name},
            },
        }

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        path = unquote(request.url.path)
        if answer := self.answers.get((request.method, path)):
            if isinstance(answer, Exception):
                raise answer
            return answer
        if request.url.port in (8081, 8443):
            return self.entra.handle(request, path) or self._manage(request, path)
        if request.url.port == 8080 and request.url.scheme == "http":
            return self._serve(request, path)
        raise httpx2.ConnectError("refused")

    # Management

    def _manage(self, request: httpx2.Request, path: str) -> httpx2.Response:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        # Client libraries send no access token over plain http.
        if bearer != TOKEN and not (request.url.scheme == "https" and self.entra.is_good(bearer, "management")):
            return _arm_error(401, "AuthenticationFailed", "Authentication failed.")
        if "api-version" not in request.url.params:
            return _arm_error(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        method = request.method
        if method == "POST":
            return self._act(path, json.loads(request.content or b"{}"))
        if method == "PUT":
            is_new = path not in self.arm
            if not is_new and "/principals/" in path:
                # Of a principal, what is left out stays as it is.
                _merge(self.arm[path], json.loads(request.content))
                return httpx2.Response(200, json=self.arm[path])
            self.arm[path] = json.loads(request.content) | {"id": path, "name": path.rpartition("/")[2]}
            self._complete(path, self.arm[path]["properties"])
            return httpx2.Response(201 if is_new else 200, json=self.arm[path])
        if method == "PATCH":
            if request.headers.get("if-match", "1") != self.arm[path].get("etag", "1"):
                return _arm_error(412, "PreconditionFailed", "The etag does not match.")
            _merge(self.arm[path], json.loads(request.content))
            return httpx2.Response(200, json=self.arm[path])
        if method == "DELETE":
            return httpx2.Response(200 if self.arm.pop(path, None) else 204)
        if path in self.arm:
            return httpx2.Response(200, json=self.arm[path])
        items = self._list(path)
        if items is None:
            return _arm_error(404, "ResourceNotFound", f"The resource at '{path}' was not found.")
        start = int(request.url.params.get("$skip", 0))
        page: JsonObject = {"value": items[start : start + self.page_size]}
        if start + self.page_size < len(items):
            page["nextLink"] = f"{MANAGEMENT_URL}{path}?api-version=1&$skip={start + self.page_size}"
        return httpx2.Response(200, json=page)

    def _complete(self, path: str, properties: JsonObject) -> None:
        """What the server adds to what it was given."""
        if "/principals/" in path:
            name = path.rpartition("/")[2]
            properties |= {"objectId": f"oid-{name}", "tenantId": TENANT}
            if properties["kind"] in ("application", "managed-identity"):
                properties["clientId"] = f"client-of-{name}"
        if "/roleAssignments/" in path:
            properties["scope"] = path.partition("/providers/Microsoft.Authorization/")[0] or "/"

    def _act(self, path: str, body: JsonObject) -> httpx2.Response:
        account, _, action = path.rpartition("/")
        if action in ("pause", "resume"):
            self.arm[account]["properties"]["deploymentState"] = "Paused" if action == "pause" else "Running"
            return httpx2.Response(200)
        if "/principals/" in path:
            return self._act_on_principal(account, action, body)
        if action == "regenerateKey":
            self.keys[account][body["keyName"].lower()] = "fresh-key"
        return httpx2.Response(200, json=self.keys[account])

    def _act_on_principal(self, principal: str, action: str, body: JsonObject) -> httpx2.Response:
        self.actions.append((principal.rpartition("/")[2], action, body))
        answers: dict[str, JsonObject] = {
            "addSecret": {"keyId": "key-1", "secretText": "fresh~secret", "endDateTime": "2027-05-21T00:00:00Z"},
            "addCertificate": {"keyId": "key-2", "thumbprint": "AB" * 20, "endDateTime": "2027-11-22T00:00:00Z"},
            "addFederatedCredential": {"keyId": "key-3"},
        }
        return httpx2.Response(200, json=answers[action]) if action in answers else httpx2.Response(204)

    def _list(self, path: str) -> list[JsonObject] | None:
        if path == "/subscriptions":
            return [{"subscriptionId": item} for item in self.subscriptions]
        if path.lower().endswith("/resourcegroups"):
            return [{"name": name} for name in self.groups]
        if path.endswith("/models"):
            return [_model("claude-opus-4-5", "20251101"), _model("claude-haiku-4-5", "20251001")]
        kind = path.rpartition("/")[2]
        if kind == "roleDefinitions":
            return self.roles
        if path.endswith("/Ingate.Audit/events"):
            return self.events
        if kind in ("principals", "roleAssignments", "deletedAccounts", "credentials", "members"):
            return [item for key, item in self.arm.items() if key.split("/")[-2].lower() == kind.lower()]
        if kind not in ("accounts", "deployments", "upstreams", "projects"):
            return None
        parent = path.rpartition("/providers/" if kind == "accounts" else f"/{kind}")[0]
        return [item for key, item in self.arm.items() if key.startswith(f"{parent}/") and key.split("/")[-2] == kind]

    # Gateway

    def _serve(self, request: httpx2.Request, path: str) -> httpx2.Response:
        ids = {"request-id": "req_1", "apim-request-id": "1"}
        host = request.headers["host"].partition(":")[0]
        resource = host.removesuffix(".localhost") if host.endswith(".localhost") else self.default_resource
        keys = self.keys[account_path(resource)].values()
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        is_signed_in = self.entra.is_good(bearer, "cognitiveservices")
        if request.headers.get("x-api-key") not in keys and not is_signed_in:
            return _arm_error(401, "401", "Access denied due to invalid subscription key.", ids)
        if not path.startswith("/anthropic/v1/messages"):
            return _arm_error(404, "api_not_supported", "Requested API is currently not supported", ids)
        body = json.loads(request.content)
        if f"{account_path(resource)}/deployments/{body['model']}" not in self.arm:
            return _arm_error(404, "DeploymentNotFound", "The API deployment does not exist.", ids)
        if path.endswith("count_tokens"):
            return httpx2.Response(200, json={"input_tokens": 8}, headers=ids)
        return httpx2.Response(200, content=render_stream("A simulated ", "answer."), headers=ids)


def render_stream(*texts: str, stop_reason: str = "end_turn") -> bytes:
    """A streamed answer, as bytes."""
    events: list[JsonObject] = [{"type": "message_start", "message": {"content": []}}]
    events += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}} for text in texts
    ]
    events += [{"type": "message_delta", "delta": {"stop_reason": stop_reason}}, {"type": "message_stop"}]
    return b"".join(render_event(event) for event in events)


def render_event(event: JsonObject) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _model(name: str, version: str) -> JsonObject:
    capabilities = {"hostedOn": "anthropic", "maxContextToken": "200000", "maxOutputToken": "64000"}
    return {
        "format": "Anthropic",
        "name": name,
        "version": version,
        "isDefaultVersion": True,
        "capabilities": capabilities,
        "skus": [{"name": "GlobalStandard"}, {"name": "DataZoneStandard"}],
    }


def _merge(document: JsonObject, change: JsonObject) -> None:
    """As Resource Manager patches an account: properties one by one, everything else whole."""
    document["properties"] |= change.pop("properties", {})
    document |= change


def _arm_error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": code, "message": message}}, headers=headers)
