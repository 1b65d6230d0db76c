"""Which requests are the storage's, and what is checked before Files and Skills are asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.storage_client import StorageClient

from ingate.simulator.incoming import SimulatorRequest


@pytest.mark.parametrize("path", [b"/v1/messages", b"/v1/messages/count_tokens", b"/v1/file", b"/files", b"/", b""])
def test_other_paths_are_not_its_business(client: StorageClient, path: bytes) -> None:
    assert client.storage.answer(SimulatorRequest(path=path)) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/files"),
        ("POST", "/v1/files/file_1"),
        ("GET", "/v1/files/file_1/content/more"),
        ("PATCH", "/v1/skills"),
        ("GET", "/v1/skills/pptx/files"),
        ("PUT", "/v1/skills/pptx/versions"),
        ("GET", "/v1/skills/pptx/versions/latest/content/more"),
    ],
)
def test_what_it_does_not_have_is_not_found(client: StorageClient, method: str, path: str) -> None:
    assert client.ask(method, path).error == (404, "not_found_error", "Not Found")


@pytest.mark.parametrize("feature", ["files", "skills"])
def test_where_the_model_is_hosted_on_azure_there_is_none(client: StorageClient, feature: str) -> None:
    client.hosting = "azure"
    said = client.get(f"/v1/{feature}")
    assert said.error == (400, "invalid_request_error", f"{feature} not supported in your workspace.")


@pytest.mark.parametrize("feature", ["files", "skills"])
def test_both_api_versions_are_served_and_no_other(client: StorageClient, feature: str) -> None:
    for version in (b"2023-06-01", b"2026-10-21"):
        assert client.ask("GET", f"/v1/{feature}", version=version).status == 200
    said = client.ask("GET", f"/v1/{feature}", version=b"2031-01-01")
    assert said.error[:2] == (400, "invalid_request_error")


def test_a_query_of_countless_fields_is_refused(client: StorageClient) -> None:
    assert client.get("/v1/files?" + "&".join(["a=b"] * 1001)).status == 400


def test_a_disk_that_cannot_be_written_is_told(client: StorageClient) -> None:
    client.folder.mkdir()
    Path(client.folder / "files").write_bytes(b"in the way")
    said = client.post("/v1/files", [("file", ("a", b"", "text/plain"))])
    assert said.error[:2] == (500, "api_error")
    assert str(client.folder) not in said.error[2]


def test_answers_carry_a_request_id_of_their_own(client: StorageClient) -> None:
    first, second = client.get("/v1/files"), client.get("/v1/skills")
    assert first.headers["request-id"] != second.headers["request-id"]
    assert first.headers["request-id"].startswith("req_01")
