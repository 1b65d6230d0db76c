"""What a gateway says for itself: who listens, and whether a client's key and deployment are served."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from .address import is_untrusted, open_http_client
from .failure import Refused
from .gateway import ANTHROPIC_VERSION, parse_refusal
from .invocation import Invocation

if TYPE_CHECKING:
    import httpx2

PATH = "/v1/messages/count_tokens"
"""Costs nothing, and passes every check that a message does."""
READ_TIMEOUT = 10.0
NO_DEPLOYMENT = "ingate-doctor-names-no-deployment"

Listener = Literal["gateway", "stranger", "nobody", "silent", "plain-http", "tls", "untrusted", "unknown-host"]
"""Who listens: "plain-http" and "tls" when the other of the two was spoken; "untrusted" when its certificate is;
"unknown-host" when the host name has no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    listener: Listener
    detail: str = ""


def find_listener(invocation: Invocation, base_url: str) -> Presence:
    """Sends a request without a credential: a gateway refuses it, and signs the refusal with a request id."""
    try:
        response = _post(invocation, base_url, {}, NO_DEPLOYMENT)
    except _network_errors() as error:
        return _without_an_answer(invocation, base_url, error)
    if "apim-request-id" in response.headers:
        return Presence(listener="gateway")
    if urlsplit(base_url).scheme == "http" and response.status_code == 400 and "https" in response.text.lower():
        return Presence(listener="tls")
    return Presence(listener="stranger", detail=response.headers.get("server", ""))


def ask(invocation: Invocation, base_url: str, api_key: str, deployment: str | None) -> Refused | None:
    """The gateway's refusal of this key and deployment; None when it serves them.

    Without a deployment, only what precedes its lookup is checked: an unknown deployment is then no refusal.
    """
    headers = {"x-api-key": api_key, "anthropic-version": ANTHROPIC_VERSION}
    try:
        response = _post(invocation, base_url, headers, deployment or NO_DEPLOYMENT)
    except _network_errors() as error:
        return Refused(status=0, code="", message=f"no answer ({type(error).__name__}).")
    if response.is_success:
        return None
    refusal = parse_refusal(response)
    return None if deployment is None and refusal.code == "DeploymentNotFound" else refusal


def _post(invocation: Invocation, base_url: str, headers: dict[str, str], deployment: str) -> httpx2.Response:
    body = {"model": deployment, "messages": [{"role": "user", "content": "Hello"}]}
    with open_http_client(invocation, base_url, read_timeout=READ_TIMEOUT) as client:
        return client.post(base_url + PATH, headers=headers, json=body)


def _without_an_answer(invocation: Invocation, base_url: str, error: Exception) -> Presence:
    import httpx2

    if isinstance(error, httpx2.ConnectTimeout | httpx2.ReadTimeout):
        return Presence(listener="silent")
    if _has_no_address(error):
        return Presence(listener="unknown-host")
    scheme, _, rest = base_url.partition("://")
    if scheme == "https":
        if is_untrusted(error):
            return Presence(listener="untrusted")
        if _answers(invocation, f"http://{rest}"):
            return Presence(listener="plain-http")
        return Presence(listener="stranger" if "SSL" in str(error) else "nobody")
    if not isinstance(error, httpx2.ConnectError):
        return Presence(listener="tls" if _answers(invocation, f"https://{rest}") else "stranger")
    return Presence(listener="nobody")


def _answers(invocation: Invocation, base_url: str) -> bool:
    """Whether anything answers there. A certificate that is not trusted is an answer."""
    try:
        _post(invocation, base_url, {}, NO_DEPLOYMENT)
    except _network_errors() as error:
        return is_untrusted(error)
    return True


def _has_no_address(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False


def _network_errors() -> type[httpx2.TransportError]:
    import httpx2

    return httpx2.TransportError
