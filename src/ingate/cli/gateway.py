"""A client of the gateway: the Messages API below `/anthropic`, as an application calls it."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .address import is_loopback, open_http_client
from .failure import CommandFailed, NothingRunning, Refused
from .invocation import Invocation
from .json_value import JsonObject, get_object, get_text
from .server_sent_events import parse_events

if TYPE_CHECKING:
    import httpx2

ANTHROPIC_VERSION = "2023-06-01"
READ_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayTarget:
    """Where to send, as whom, and to which resource."""

    base_url: str
    """As clients take it: ends with `/anthropic`."""
    api_key: str = field(repr=False)
    access_token: str = field(repr=False, default="")
    """In place of the key, when there is one."""
    resource: str | None = None
    """Chosen by the Host header, for a gateway on this machine; None for the one that the address serves."""

    def headers(self) -> dict[str, str]:
        headers = {"anthropic-version": ANTHROPIC_VERSION}
        headers |= (
            {"authorization": f"Bearer {self.access_token}"} if self.access_token else {"x-api-key": self.api_key}
        )
        parts = urlsplit(self.base_url)
        if self.resource and is_loopback(parts.hostname):
            headers["host"] = f"{self.resource}.localhost" + (f":{parts.port}" if parts.port else "")
        return headers


@contextmanager
def stream_message(
    invocation: Invocation, target: GatewayTarget, body: JsonObject
) -> Generator[Iterable[JsonObject]]:
    """The events of one streamed answer as they come. Leaving early hangs up, which ends the answer upstream."""
    import httpx2

    with open_http_client(invocation, target.base_url, read_timeout=READ_TIMEOUT) as client:
        try:
            with client.stream(
                "POST",
                f"{target.base_url}/v1/messages",
                headers=target.headers(),
                json=body | {"stream": True},
            ) as response:
                if not response.is_success:
                    response.read()
                    raise parse_refusal(response)
                yield (_parse_data(event.data) for event in parse_events(response.iter_bytes()))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise NothingRunning(f"no gateway answers at {target.base_url}.") from error
        except httpx2.TransportError as error:
            raise CommandFailed(f"the answer broke off ({type(error).__name__}).") from error


def parse_refusal(response: httpx2.Response) -> Refused:
    """A refusal in any of the shapes that the data plane has: Anthropic's, Azure's, and that of Azure's front."""
    try:
        body: object = response.json()
    except ValueError:
        body = None
    error = get_object(body, "error") or get_object(body)
    return Refused(
        status=response.status_code,
        code=get_text(error, "code") or get_text(error, "type") or str(response.status_code),
        message=get_text(error, "message") or "an answer that is not from the Messages API.",
    )


def _parse_data(data: str) -> JsonObject:
    try:
        return get_object(json.loads(data))
    except ValueError as error:
        raise CommandFailed("the answer holds an event that is not JSON.") from error
