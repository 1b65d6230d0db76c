"""A client of the management API: Azure Resource Manager's envelopes, and what can go wrong on the way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin, urlsplit

from .address import open_http_client, origin
from .advice import explain
from .entra import describe_transport_error
from .failure import CommandFailed, Refused
from .invocation import Invocation
from .json_value import JsonObject, get_object, get_objects, get_text

if TYPE_CHECKING:
    import httpx2

RESOURCE_MANAGER_VERSION = "2022-12-01"
PROVIDER_VERSION = "2025-09-01"
"""Of Microsoft.CognitiveServices and of Ingate's own."""
VERSIONS = {
    "microsoft.authorization": "2022-04-01",
    "microsoft.insights": "2015-04-01",
    "microsoft.costmanagement": "2025-03-01",
    "microsoft.consumption": "2024-08-01",
    "microsoft.operationalinsights": "2025-02-01",
}
"""Of other providers."""
READ_TIMEOUT = 30.0
CONNECT_TIMEOUT = 5.0
QUERY_TIMEOUT = 200.0
"""Seconds of silence; the server ends a log query after 180."""
SETTLE_DEADLINE = 60.0
"""Seconds to wait for a resource to leave a passing state such as Creating."""
SETTLE_INTERVAL = 0.5
PASSING_STATES = frozenset({"Accepted", "Creating", "Updating", "Deleting", "Moving", "ResolvingDNS"})


class Management:
    """Speaks to one management API with one token.

    Every failure ends the command; no failure's text holds the token.
    """

    def __init__(
        self,
        invocation: Invocation,
        url: str,
        token: str,
        *,
        token_source: str,
        ca_file: Path | None = None,
        needed_role: str | None = None,
    ) -> None:
        """`needed_role` as for `explain`."""
        self.url = url
        self._token = token
        self._token_source = token_source
        self._needed_role = needed_role
        self._client = open_http_client(invocation, url, read_timeout=READ_TIMEOUT, ca_file=ca_file)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str) -> JsonObject:
        return self._body(self._send("GET", path))

    def list(self, path: str, **query: str) -> list[JsonObject]:
        """Every item, over all pages. A next page elsewhere than on the same server is not followed."""
        items: list[JsonObject] = []
        next_url = path
        while next_url:
            page = self._body(self._send("GET", next_url, query=query if next_url == path else None))
            items += get_objects(page, "value")
            next_url = get_text(page, "nextLink")
        return items

    def put(self, path: str, body: JsonObject) -> tuple[bool, JsonObject]:
        """Whether it is new, and the resource once it has left its passing states."""
        response = self._send("PUT", path, body)
        return response.status_code == 201, self._settle(path, response)

    def patch(self, path: str, body: JsonObject, *, etag: str = "") -> JsonObject:
        """The resource once it has left its passing states. With its `etag`, only if nobody changed it meanwhile."""
        return self._settle(path, self._send("PATCH", path, body, headers={"if-match": etag} if etag else None))

    def _settle(self, path: str, response: httpx2.Response) -> JsonObject:
        resource = self._body(response)
        remaining = SETTLE_DEADLINE
        while get_text(resource, "properties", "provisioningState") in PASSING_STATES and remaining > 0:
            time.sleep(SETTLE_INTERVAL)
            remaining -= SETTLE_INTERVAL
            resource = self.get(path)
        return resource

    def post(self, path: str, body: JsonObject | None = None) -> JsonObject:
        """What it answers; an empty object when it answers nothing."""
        response = self._send("POST", path, body)
        return self._body(response) if response.content else {}

    def ask_exactly(self, path: str, body: JsonObject) -> JsonObject:
        """A POST that changes nothing. Numbers with a point are Decimals, as they were written; an empty object when
        it answers nothing."""
        response = self._send("POST", path, body)
        return self._body(response, parse_float=Decimal) if response.content else {}

    def query_logs(self, path: str, body: JsonObject) -> JsonObject:
        """What Log Analytics' API answers, with what the query says about a chart."""
        headers = {"prefer": "include-render=true"}
        return self._body(self._send("POST", path, body, headers=headers, read_timeout=QUERY_TIMEOUT))

    def download(self, path: str, **query: str) -> bytes:
        """What is no JSON."""
        return self._send("GET", path, query=query).content

    def delete(self, path: str) -> bool:
        """Whether there was anything to delete. Returns when it is gone."""
        response = self._send("DELETE", path)
        remaining = SETTLE_DEADLINE if response.status_code == 202 else 0.0
        while remaining > 0 and self._exists(path):
            time.sleep(SETTLE_INTERVAL)
            remaining -= SETTLE_INTERVAL
        return response.status_code != 204

    def _exists(self, path: str) -> bool:
        try:
            self._send("GET", path)
        except Refused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    def _send(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> httpx2.Response:
        import httpx2

        url = self._locate(path)
        try:
            response = self._client.request(
                method,
                url,
                params=None if "api-version=" in url else {"api-version": _api_version(path), **(query or {})},
                headers={"authorization": f"Bearer {self._token}", **(headers or {})},
                json=body,
                timeout=httpx2.Timeout(read_timeout, connect=CONNECT_TIMEOUT),
            )
        except httpx2.TransportError as error:
            raise describe_transport_error(error, self.url, "no management API answers") from error
        if not response.is_success:
            raise self._refusal(response)
        return response

    def _locate(self, path: str) -> str:
        url = urljoin(self.url + "/", path)
        if origin(urlsplit(url)) != origin(urlsplit(self.url)):
            raise CommandFailed(f"{self.url} points to a next page on another server; it is not followed.")
        return url

    def _body(self, response: httpx2.Response, **options: Any) -> JsonObject:
        try:
            body: object = response.json(**options)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise CommandFailed(f"what answers at {self.url} is not Ingate's management API.")
        return cast(JsonObject, body)

    def _refusal(self, response: httpx2.Response) -> CommandFailed:
        try:
            error = get_object(response.json(), "error")
        except ValueError:
            error = {}
        message = get_text(error, "message").replace(self._token, "[token]")
        if not message:
            return CommandFailed(
                f"what answers at {self.url} is not Ingate's management API (status {response.status_code})."
            )
        if response.status_code == 401:
            message += f" (The token came from {self._token_source}; is this the Ingate at {self.url}?)"
        code = get_text(error, "code")
        return Refused(
            status=response.status_code,
            code=code,
            message=explain(code, message, needed_role=self._needed_role),
            inner=get_object(error, "innererror"),
        )


def _api_version(path: str) -> str:
    _, found, provider = path.rpartition("/providers/")
    if not found:
        return RESOURCE_MANAGER_VERSION
    return VERSIONS.get(provider.partition("/")[0].lower(), PROVIDER_VERSION)
