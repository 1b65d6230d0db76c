"""The form that a client or a sign-in page posts."""

from __future__ import annotations

from typing import TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request

from ingate.wire.entra.errors import EntraError, parameter_invalid, request_malformed

LARGEST_FORM = 64 * 1024
"""Bytes: two tokens of the largest kind and everything beside them."""
_MOST_FIELDS = 64

Form: TypeAlias = dict[str, str]
"""Fields that were left empty are not in it."""


async def read_form(request: Request) -> Form | EntraError:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        return request_malformed("The request body is not application/x-www-form-urlencoded.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return request_malformed("The request body is too large.")
    return parse_form(bytes(body))


def parse_form(body: bytes) -> Form | EntraError:
    """Of a body or a query. A field that comes twice could mean one thing here and another elsewhere (RFC 6749,
    section 3.1)."""
    try:
        fields = parse_qsl(body.decode("utf-8"), max_num_fields=_MOST_FIELDS, errors="strict")
    except (UnicodeDecodeError, ValueError):
        return request_malformed("The parameters cannot be read.")
    form: Form = {}
    for name, value in fields:
        if name in form:
            return parameter_invalid(name)
        form[name] = value
    return form
