"""The operations that Foundry serves, by path.

Messages name a deployment, and their two paths are looked up as they are. Files and Skills name none; their paths
hold ids. Foundry serves these two only where the model is hosted on Anthropic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ingate.domain.refusal import MethodNotAllowed, OperationNotSupported

StorageFeature = Literal["files", "skills"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation."""

    operation: str
    upstream_path: bytes
    takes_quota: bool
    """Whether it counts against the deployment's tokens and requests. Token counting is free and has a limit of
    requests of its own."""
    feature: StorageFeature | None = None
    """What it belongs to when it names no deployment: then it has no quota at all."""
    takes_upload: bool = False
    """Whether its body may be as long as a file."""


ENDPOINTS = {
    b"/anthropic/v1/messages": Endpoint(operation="messages", upstream_path=b"/v1/messages", takes_quota=True),
    b"/anthropic/v1/messages/count_tokens": Endpoint(
        operation="count_tokens", upstream_path=b"/v1/messages/count_tokens", takes_quota=False
    ),
}

STORAGE_ENDPOINTS: dict[str, dict[bytes, str]] = {
    "/anthropic/v1/files": {b"GET": "files.list", b"POST": "files.create"},
    "/anthropic/v1/files/{id}": {b"DELETE": "files.delete", b"GET": "files.get"},
    "/anthropic/v1/files/{id}/content": {b"GET": "files.content"},
    "/anthropic/v1/skills": {b"GET": "skills.list", b"POST": "skills.create"},
    "/anthropic/v1/skills/{id}": {b"DELETE": "skills.delete", b"GET": "skills.get"},
    "/anthropic/v1/skills/{id}/versions": {b"GET": "skills.versions.list", b"POST": "skills.versions.create"},
    "/anthropic/v1/skills/{id}/versions/{id}": {
        b"DELETE": "skills.versions.delete",
        b"GET": "skills.versions.get",
    },
    "/anthropic/v1/skills/{id}/versions/{id}/content": {b"GET": "skills.versions.content"},
}
"""The operation of each method. `{id}` is one segment."""

_PREFIX = b"/anthropic"
_SEGMENT = "[A-Za-z0-9_-]{1,128}"
"""What ids are made of. No dots and no escapes, so that no upstream can read the path as another one."""
_PATTERNS = [
    (re.compile(path.replace("{id}", _SEGMENT).encode() + rb"\Z"), operations)
    for path, operations in STORAGE_ENDPOINTS.items()
]


def find_storage_endpoint(method: bytes, path: bytes) -> Endpoint | MethodNotAllowed | OperationNotSupported:
    """For a path that is none of `ENDPOINTS`."""
    operations = next((operations for pattern, operations in _PATTERNS if pattern.match(path) is not None), None)
    if operations is None:
        return OperationNotSupported()
    operation = operations.get(method)
    if operation is None:
        return MethodNotAllowed(allowed=b", ".join(operations).decode())
    return Endpoint(
        operation=operation,
        upstream_path=path.removeprefix(_PREFIX),
        takes_quota=False,
        feature="files" if operation.startswith("files.") else "skills",
        takes_upload=operation == "files.create",
    )
