"""An upstream's answer head: which of its headers a client may see, and what kind of body follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ingate.wire.http1 import Header


class AnswerHead(NamedTuple):
    status: int
    headers: list[Header]
    """End-to-end, without what is the upstream's own affair, framing and request ids."""
    content_length: int | None
    request_id: str | None
    is_stream: bool
    is_encoded: bool
    """Compressed: nothing can be added to it."""


_HOP_BY_HOP = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "te",
    "trailer",
    "upgrade",
    "transfer-encoding",
]
_IDENTITY = [
    "server",
    "via",
    "x-powered-by",
    "set-cookie",
    "alt-svc",
    "strict-transport-security",
    "nel",
    "report-to",
    "reporting-endpoints",
    "anthropic-organization-id",
    "anthropic-workspace-id",
    "apim-request-id",
    "x-ms-region",
    "x-ms-client-request-id",
    "x-ms-deployment-name",
    "x-served-by",
    "x-runtime",
    "www-authenticate",
]
"""Who the upstream is, whose account it is on, and what holds for its own host name only."""
_PREFIXES = (b"anthropic-ratelimit-", b"cf-", b"x-envoy-", b"x-ratelimit-", b"x-amzn-", b"azureml-")
"""Limits are the deployment's own (the seed page: Foundry sends no rate limit headers)."""

_DROP = frozenset(name.encode() for name in (*_HOP_BY_HOP, *_IDENTITY))
_REQUEST_ID = b"request-id"
_CONTENT_LENGTH = b"content-length"
_CONTENT_TYPE = b"content-type"
_CONTENT_ENCODING = b"content-encoding"
_READ = frozenset((_REQUEST_ID, _CONTENT_LENGTH, _CONTENT_TYPE, _CONTENT_ENCODING))

_PASS = b""
_seen: dict[bytes, bytes | None] = {}
"""Spelling of a name -> None to drop it, `_PASS`, or the lower-case name of one that is read."""
_SEEN_LIMIT = 4096


def _get_use(name: bytes) -> bytes | None:
    if name in _seen:
        return _seen[name]
    lower = name.lower()
    use = None if lower in _DROP or lower.startswith(_PREFIXES) else lower if lower in _READ else _PASS
    if len(_seen) < _SEEN_LIMIT:
        _seen[name] = use
    return use


def read_answer_head(status: int, headers: Sequence[Header]) -> AnswerHead:
    forward: list[Header] = []
    content_length: int | None = None
    request_id: str | None = None
    is_stream = is_encoded = False
    for header in headers:
        name, value = header
        use = _get_use(name)
        if use is None:
            continue
        if use is _PASS:
            forward.append(header)
        elif use == _CONTENT_LENGTH:
            content_length = int(value) if value.isdigit() else None
        elif use == _REQUEST_ID:
            request_id = value.decode("latin-1")
        else:
            forward.append(header)
            if use == _CONTENT_TYPE:
                is_stream = value[:17].lower() == b"text/event-stream"
            else:
                is_encoded = value.lower() != b"identity"
    return AnswerHead(status, forward, content_length, request_id, is_stream, is_encoded)
