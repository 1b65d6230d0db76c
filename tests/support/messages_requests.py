"""The requests that tests of the data plane send: one resource, its key, one deployment per upstream."""

from __future__ import annotations

import json

from .raw_client import render_request
from .strict_http import Headers

API_KEY = b"front-tests-key-1-" + b"k" * 40
OTHER_API_KEY = b"front-tests-key-2-" + b"k" * 40
RESOURCE_NAME = "front-tests"
HOST = b"front-tests.localhost"
DEPLOYMENT_NAME = "front-deployment"
"""Served by the recording upstream."""
UPSTREAM_MODEL = "upstream-model"
UPSTREAM_CREDENTIAL = b"recording-upstream-credential"
MESSAGES_TARGET = b"/anthropic/v1/messages"

BASE_HEADERS: Headers = (
    (b"host", HOST),
    (b"api-key", API_KEY),
    (b"anthropic-version", b"2023-06-01"),
    (b"content-type", b"application/json"),
)


def render_body(*, deployment_name: str = DEPLOYMENT_NAME, stream: bool = False, text: str = "hello") -> bytes:
    body: dict[str, object] = {
        "model": deployment_name,
        "max_tokens": 16,
        "messages": [{"role": "user", "content": text}],
    }
    if stream:
        body["stream"] = True
    return json.dumps(body, separators=(",", ":")).encode()


def messages_request(
    marker: bytes = b"",
    *,
    body: bytes | None = None,
    headers: Headers = (),
    base: Headers = BASE_HEADERS,
    target: bytes = MESSAGES_TARGET,
) -> bytes:
    """A POST to the Messages API; `marker` comes back as the id of the recording upstream's default answer."""
    marked = ((b"x-marker", marker),) if marker else ()
    return render_request(b"POST", target, (*base, *marked, *headers), render_body() if body is None else body)


def health_request(headers: Headers = ()) -> bytes:
    return render_request(b"GET", b"/healthz", ((b"host", HOST), *headers))
