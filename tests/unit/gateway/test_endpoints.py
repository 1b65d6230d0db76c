"""Which paths are operations of Files and Skills, and which only look so."""

from __future__ import annotations

import pytest

from ingate.domain.refusal import MethodNotAllowed, OperationNotSupported
from ingate.gateway.endpoints import Endpoint, find_storage_endpoint


@pytest.mark.parametrize(
    ("method", "path", "operation", "upstream_path"),
    [
        (b"POST", b"/anthropic/v1/files", "files.create", b"/v1/files"),
        (b"GET", b"/anthropic/v1/files", "files.list", b"/v1/files"),
        (b"GET", b"/anthropic/v1/files/file_011C", "files.get", b"/v1/files/file_011C"),
        (b"DELETE", b"/anthropic/v1/files/file_011C", "files.delete", b"/v1/files/file_011C"),
        (b"GET", b"/anthropic/v1/files/file_1/content", "files.content", b"/v1/files/file_1/content"),
        (b"POST", b"/anthropic/v1/skills", "skills.create", b"/v1/skills"),
        (b"GET", b"/anthropic/v1/skills", "skills.list", b"/v1/skills"),
        (b"GET", b"/anthropic/v1/skills/pptx", "skills.get", b"/v1/skills/pptx"),
        (b"DELETE", b"/anthropic/v1/skills/skill_1", "skills.delete", b"/v1/skills/skill_1"),
        (b"POST", b"/anthropic/v1/skills/s/versions", "skills.versions.create", b"/v1/skills/s/versions"),
        (b"GET", b"/anthropic/v1/skills/s/versions", "skills.versions.list", b"/v1/skills/s/versions"),
        (b"GET", b"/anthropic/v1/skills/s/versions/latest", "skills.versions.get", b"/v1/skills/s/versions/latest"),
        (b"DELETE", b"/anthropic/v1/skills/s/versions/1", "skills.versions.delete", b"/v1/skills/s/versions/1"),
        (
            b"GET",
            b"/anthropic/v1/skills/s/versions/1/content",
            "skills.versions.content",
            b"/v1/skills/s/versions/1/content",
        ),
    ],
)
def test_an_operation_is_found_by_method_and_path(
    method: bytes, path: bytes, operation: str, upstream_path: bytes
) -> None:
    endpoint = find_storage_endpoint(method, path)
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.operation, endpoint.upstream_path) == (operation, upstream_path)
    assert endpoint.feature == operation.partition(".")[0]
    assert not endpoint.takes_quota
    assert endpoint.takes_upload == (operation == "files.create")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        (b"PUT", b"/anthropic/v1/files", "GET, POST"),
        (b"HEAD", b"/anthropic/v1/files/file_1", "DELETE, GET"),
        (b"DELETE", b"/anthropic/v1/files/file_1/content", "GET"),
        (b"PATCH", b"/anthropic/v1/skills/s", "DELETE, GET"),
        (b"POST", b"/anthropic/v1/skills/s/versions/1", "DELETE, GET"),
    ],
)
def test_another_method_is_told_which_ones_are_allowed(method: bytes, path: bytes, allowed: str) -> None:
    assert find_storage_endpoint(method, path) == MethodNotAllowed(allowed=allowed)


@pytest.mark.parametrize(
    "path",
    [
        b"/v1/files",
        b"/anthropic/v1/files/",
        b"/anthropic/v1/files//content",
        b"/anthropic/v1/files/..",
        b"/anthropic/v1/files/../messages",
        b"/anthropic/v1/files/%2e%2e/content",
        b"/anthropic/v1/files/a%2Fb",
        b"/anthropic/v1/files/a.b",
        b"/anthropic/v1/files/a/contents",
        b"/anthropic/v1/files/a/content/b",
        b"/anthropic/v1/files/" + b"a" * 129,
        b"/anthropic/v1/files\n",
        b"/anthropic/v1/Files",
        b"/anthropic/v1/skills/s/versions/1/content/x",
        b"/anthropic/v1/skills/s/files",
        b"/anthropic/v1/models",
    ],
)
def test_what_could_be_read_as_another_path_is_none(path: bytes) -> None:
    assert find_storage_endpoint(b"GET", path) == OperationNotSupported()
