"""An upstream's answer head: which of its headers a client may see, and what kind of body follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ingate.wire.http1 import Header

from .header_plan import HeaderPlanner, classify_by, drop_nominated


class AnswerHead(NamedTuple):
    status: int
    headers: tuple[Header, ...]
    """End-to-end, without what is the upstream's own affair, framing and request ids."""
    content_length: int | None
    request_id: str | None
    is_stream: bool
    content_coding: bytes | None
    """Compressed, and how: nothing can be added to it."""


_HOP_BY_HOP = [
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

_READ = {
    b"content-length": "content_length",
    b"request-id": "request_id",
    b"content-type": "content_type",
    b"content-encoding": "content_encoding",
    b"connection": "connection",
}
_planner = HeaderPlanner(
    classify_by(_READ, frozenset(name.encode() for name in (*_HOP_BY_HOP, *_IDENTITY)), _PREFIXES),
    frozenset(("content_type", "content_encoding")),
)


def read_answer_head(status: int, headers: Sequence[Header]) -> AnswerHead:
    forward, read = _planner.get_plan(headers)
    content_length: int | None = None
    request_id: str | None = None
    is_stream = False
    content_coding: bytes | None = None
    nominating = b""
    for attribute, index in read:
        value = headers[index][1]
        if attribute == "content_length":
            content_length = int(value) if value.isdigit() else None
        elif attribute == "request_id":
            request_id = value.decode("latin-1")
        elif attribute == "content_type":
            is_stream = value[:17].lower() == b"text/event-stream"
        elif attribute == "connection":
            nominating = value
        elif value.lower() != b"identity":
            content_coding = value
    chosen = forward(headers)
    if nominating:
        chosen = drop_nominated(chosen, nominating)
    return AnswerHead(status, chosen, content_length, request_id, is_stream, content_coding)
