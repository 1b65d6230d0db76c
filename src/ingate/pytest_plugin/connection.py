"""HTTP to a running Ingate: the management API, and the simulator's administration on the gateway."""

from __future__ import annotations

import json
import time
from typing import Any, cast

import httpx2

from .starting import Addresses

API_VERSION = "2025-09-01"
SESSION_HEADER = "x-ingate-session"
ADMINISTRATION = "/_ingate/simulator/"
_SERVED_SECONDS = 5.0


class Refused(Exception):
    """Ingate said no. `answer` is its JSON, or empty where it sent none."""

    def __init__(self, method: str, path: str, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.answer = _parse_object(response.content)
        said = self.answer.get("error", {}).get("message") or response.text
        super().__init__(f"{method} {path}: {response.status_code}: {said}")


class Connection:
    """Calls with the local administrator's token."""

    def __init__(self, addresses: Addresses, *, transport: httpx2.BaseTransport | None = None) -> None:
        self.addresses = addresses
        self._client = httpx2.Client(
            headers={"authorization": f"Bearer {addresses.admin_token}"},
            transport=transport,
            trust_env=False,  # no proxy between this machine and itself
            timeout=10.0,
        )

    def administer(
        self, method: str, what: str, session: str, content: str | None = None, **query: str
    ) -> dict[str, Any]:
        """The simulator's: `script`, `requests`, `verdict`, `reset`. Raises Refused."""
        url = f"{self.addresses.gateway_url}{ADMINISTRATION}{what}"
        return self._call(method, url, params={"session": session, **query}, content=content)

    def get_api_key(self) -> str:
        return self._manage("POST", "/listKeys")["key1"]

    def has_deployment(self, name: str) -> bool:
        try:
            self._manage("GET", f"/deployments/{name}")
        except Refused as refused:
            if refused.status != 404:
                raise
            return False
        return True

    def put_deployment(self, name: str, *, model: str, capacity: int) -> None:
        """Known to the gateway a moment later. Raises Refused."""
        properties = {"model": {"format": "Anthropic", "name": model}, "ingate": {"upstream": "simulator"}}
        body = {"sku": {"name": "GlobalStandard", "capacity": capacity}, "properties": properties}
        self._manage("PUT", f"/deployments/{name}", json.dumps(body))

    def delete_deployment(self, name: str) -> None:
        self._manage("DELETE", f"/deployments/{name}")

    def wait_until_served(self, name: str, api_key: str) -> None:
        """Raises TimeoutError."""
        url = f"{self.addresses.gateway_url}/anthropic/v1/messages/count_tokens"  # takes no quota
        headers = {"api-key": api_key, "anthropic-version": "2023-06-01", SESSION_HEADER: "ingate-itself"}
        question = {"model": name, "messages": [{"role": "user", "content": "Are you there?"}]}
        deadline = time.monotonic() + _SERVED_SECONDS
        while self._client.post(url, headers=headers, json=question).status_code == 404:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the gateway does not serve deployment {name} after {_SERVED_SECONDS:g} s")
            time.sleep(0.02)

    def close(self) -> None:
        self._client.close()

    def _manage(self, method: str, below_account: str, content: str | None = None) -> dict[str, Any]:
        url = f"{self.addresses.management_url}{self.addresses.account_path}{below_account}"
        return self._call(method, url, params={"api-version": API_VERSION}, content=content)

    def _call(self, method: str, url: str, *, params: dict[str, str], content: str | None = None) -> dict[str, Any]:
        headers = {} if content is None else {"content-type": "application/json"}
        response = self._client.request(method, url, params=params, content=content, headers=headers)
        if not response.is_success:
            raise Refused(method, response.request.url.path, response)
        return _parse_object(response.content)


def _parse_object(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
