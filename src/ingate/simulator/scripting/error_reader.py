"""`error` of a response, read from a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import cast

import msgspec

from ingate.simulator.scripting.answer_headers import read_answer_headers
from ingate.simulator.scripting.responses import ScriptedError, Shape
from ingate.simulator.scripting.tree_reader import (
    Problems,
    integer_from,
    number_from,
    one_of,
    read_members,
    read_optional,
    read_string,
)
from ingate.simulator.scripting.yaml_tree import MapNode, Node, ScalarNode, get_value

ERRORS: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        400: ("invalid_request_error", "Invalid request"),
        401: ("authentication_error", "invalid x-api-key"),
        402: ("billing_error", "Your credit balance is too low"),
        403: ("permission_error", "Your API key does not have permission to use the specified resource"),
        404: ("not_found_error", "Not found"),
        409: ("conflict_error", "Conflict"),
        413: ("request_too_large", "Request exceeds the maximum size"),
        429: ("rate_limit_error", "Number of requests has exceeded your rate limit"),
        500: ("api_error", "Internal server error"),
        504: ("timeout_error", "Request timed out"),
        529: ("overloaded_error", "Overloaded"),
    }
)
"""Types as https://platform.claude.com/docs/en/api/errors lists them; the messages are only examples."""
AZURE_CODES: Mapping[int, str] = MappingProxyType(
    {401: "401", 403: "PermissionDenied", 404: "DeploymentNotFound", 429: "RateLimitReached"}
)
_KEYS = ("status", "type", "message", "shape", "headers", "retry_after", "body")
_read_status = integer_from(400, 599)


def read_error(node: Node, problems: Problems) -> ScriptedError | None:
    """A status alone, or a mapping."""
    if isinstance(node, ScalarNode):
        status = _read_status(node, problems)
        return None if status is None else make_error(status)
    members = read_members(node, problems, _KEYS, what="error")
    if members is None:
        return None
    status = read_optional(members, "status", _read_status, problems)
    if "status" not in members:
        problems.add(node, "error needs a `status`")
    if "body" in members:
        for name in ("type", "message", "shape"):
            if name in members:
                problems.add(members[name], f"'{name}' has no effect beside 'body'")
    shape = read_optional(members, "shape", one_of("anthropic", "azure"), problems)
    body = members.get("body")
    error = make_error(
        status or 500,
        error_type=read_optional(members, "type", read_string, problems),
        message=read_optional(members, "message", read_string, problems),
        shape=cast("Shape", shape or "anthropic"),
    )
    return replace(
        error,
        headers=read_optional(members, "headers", read_answer_headers, problems) or (),
        retry_after=read_optional(members, "retry_after", number_from(0), problems),
        body=None if body is None else render_body(body),
        body_is_json=not isinstance(body, ScalarNode),
    )


def make_error(
    status: int, *, error_type: str | None = None, message: str | None = None, shape: Shape = "anthropic"
) -> ScriptedError:
    default_type, default_message = get_default(status)
    if shape == "azure":
        default_type = AZURE_CODES.get(status, str(status))
    return ScriptedError(
        status=status,
        error_type=default_type if error_type is None else error_type,
        message=default_message if message is None else message,
        shape=shape,
    )


def get_default(status: int) -> tuple[str, str]:
    return ERRORS.get(status) or ERRORS[400 if status < 500 else 500]


def render_body(node: Node) -> bytes:
    """A mapping or a list as JSON, a text as it is."""
    if isinstance(node, ScalarNode):
        return node.text.encode("utf-8", "replace")
    return msgspec.json.encode(get_value(node))


def read_event_error(node: Node, problems: Problems) -> dict[str, object] | None:
    """`error` of an error event: a type, a message, and whatever else."""
    if not isinstance(node, MapNode):
        members = read_members(node, problems, ("type", "message"), what="error")
        return None if members is None else {}
    return {key.text: get_value(value) for key, value in node.items}
