"""Files and Skills with official clients of both ages, against an Ingate with two workers.

`anthropic` 0.75.0 sends the beta headers and is typed to the beta's shapes; the newest one and the TypeScript client
send none and are typed to the present ones.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Generator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anthropic
import pytest
from anthropic import AnthropicFoundry
from tests.support.clients import find_node
from tests.support.clients_matrix_entries import ANTHROPIC, ANTHROPIC_OF_2025, FOUNDRY_SDK, exercises
from tests.support.raw_client import exchange, render_request
from tests.support.recording_upstream import RecordingUpstream, recording_upstream
from tests.support.running import RunningIngate, inherit_environment, start_ingate
from tests.support.upstream_script import answer

pytestmark = pytest.mark.timeout(600)  # the first run installs the clients

HERE = Path(__file__).parent
SKILL_MD = b"---\nname: greeting\ndescription: How to greet.\n---\n# Hello\n"
PDF = b"%PDF-1.7 " + bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def storing_ingate(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningIngate]:
    with start_ingate(tmp_path_factory.mktemp("storing") / "data", "--workers", "2") as ingate:
        ingate.wait_until_served()
        yield ingate


@pytest.fixture
def client(storing_ingate: RunningIngate) -> Generator[AnthropicFoundry]:
    with connect(storing_ingate) as made:
        yield made


def connect(ingate: RunningIngate) -> AnthropicFoundry:
    return AnthropicFoundry(api_key=ingate.api_key, base_url=ingate.base_url, max_retries=0)


# The newest Python client


@exercises(ANTHROPIC, "files, skills")
def test_python_uploads_lists_and_deletes_files(client: AnthropicFoundry) -> None:
    files = client.beta.files
    ids = [files.upload(file=(f"{n}.pdf", PDF, "application/pdf"), expires_in_seconds=3600).id for n in range(5)]

    file = files.retrieve_metadata(ids[0])
    assert (file.type, file.filename, file.mime_type, file.size_bytes) == (
        "file",
        "0.pdf",
        "application/pdf",
        len(PDF),
    )
    assert file.downloadable is False
    assert file.expires_at is not None
    assert (file.expires_at - file.created_at).total_seconds() == 3600

    assert [listed.id for listed in files.list(limit=2)] == ids[::-1], "over all pages"
    assert [listed.id for listed in files.list(ids=[ids[3], "file_gone", ids[1]])] == [ids[3], ids[1]]

    for file_id in ids:
        assert files.delete(file_id).type == "file_deleted"
    assert list(files.list()) == []


@exercises(ANTHROPIC, "files, skills")
def test_python_raises_its_own_errors(client: AnthropicFoundry) -> None:
    files = client.beta.files
    file_id = files.upload(file=("a.txt", b"a")).id

    with pytest.raises(anthropic.BadRequestError) as refused:
        files.download(file_id)
    assert "File is not downloadable" in str(refused.value)
    assert type(refused.value).__name__ == "FileNotDownloadableError"
    files.delete(file_id)
    with pytest.raises(anthropic.NotFoundError) as missing:
        files.retrieve_metadata(file_id)
    assert missing.value.type == "not_found_error"
    assert (missing.value.request_id or "").startswith("req_")
    with pytest.raises(anthropic.AuthenticationError):
        client.with_options(api_key="wrong").beta.files.list()


@exercises(ANTHROPIC, "files, skills")
def test_python_keeps_versions_of_a_skill(client: AnthropicFoundry) -> None:
    skills = client.beta.skills
    files = [
        ("greeting/SKILL.md", SKILL_MD, "text/markdown"),
        ("greeting/scripts/hi.py", b"print('hi')", "text/x-python"),
    ]
    skill = skills.create(display_name="Greeting people", files=files)

    assert (skill.display_name, skill.source.type) == ("Greeting people", "custom")
    newer = skills.versions.create(skill.id, files=files)
    assert [version.id for version in skills.versions.list(skill.id, limit=1)] == [newer.id, skill.latest_version_id]
    assert skills.versions.retrieve("latest", skill_id=skill.id) == newer
    assert (newer.name, newer.description) == ("greeting", "How to greet.")
    with zipfile.ZipFile(BytesIO(skills.versions.download(newer.id, skill_id=skill.id).read())) as archive:
        assert archive.read("greeting/SKILL.md") == SKILL_MD
        assert archive.read("greeting/scripts/hi.py") == b"print('hi')"
    assert skills.versions.delete(newer.id, skill_id=skill.id).type == "skill_version_deleted"
    assert skills.retrieve(skill.id).latest_version_id == skill.latest_version_id

    assert skill.id in [listed.id for listed in skills.list(limit=2)]
    assert {listed.id for listed in skills.list(source="anthropic")} == {"pptx", "xlsx", "docx", "pdf"}
    assert skills.delete(skill.id).type == "skill_deleted"
    with pytest.raises(anthropic.NotFoundError):
        skills.retrieve(skill.id)


# What Ingate does beside answering


def test_uploads_are_journalled_without_a_deployment(storing_ingate: RunningIngate, client: AnthropicFoundry) -> None:
    uploaded = client.beta.files.with_raw_response.upload(file=("a.txt", b"secret content"))
    client.beta.files.delete(uploaded.parse().id)

    [record] = [
        record
        for record in storing_ingate.read_journal()
        if record["apim_request_id"] == uploaded.headers["apim-request-id"]
    ]
    assert (record["operation"], record["outcome"], record["upstream"]) == ("files.create", "completed", "simulator")
    assert not {"deployment", "model", "usage"} & record.keys()
    assert "secret content" not in json.dumps(record)


def test_what_is_stored_outlives_a_restart(tmp_path: Path) -> None:
    ids: list[str] = []
    for _ in range(2):
        with start_ingate(tmp_path / "data") as ingate, connect(ingate) as client:
            ingate.wait_until_served()
            assert [file.id for file in client.beta.files.list()] == ids[::-1]
            ids.append(client.beta.files.upload(file=("a.txt", b"a")).id)


@pytest.fixture
def relayed(ingate: RunningIngate) -> Generator[RecordingUpstream]:
    """The upstream of all deployments of the shared Ingate's resource `relayed-resource`."""
    with recording_upstream() as upstream:
        ingate.put_upstream("relay", upstream.base_url)
        ingate.put_resource("relayed-resource")
        ingate.put_deployment("any-name", resource="relayed-resource", upstream="relay")
        ingate.wait_until_served()
        yield upstream
        ingate.delete_deployment("any-name", resource="relayed-resource")
        ingate.delete_upstream("relay")
        ingate.delete_resource("relayed-resource")


@pytest.mark.parametrize(
    ("method", "target", "body", "content"),
    [
        (b"POST", b"/v1/files?beta=true", b"--b\r\n\0\xff no form at all", b'{"id" : "file_1"}'),
        (b"GET", b"/v1/files/file_1/content", b"", bytes(range(256)) * 999),
        (b"DELETE", b"/v1/skills/skill_1", b"", b'{"type":"skill_deleted"}'),
    ],
)
def test_requests_and_answers_pass_byte_for_byte(
    ingate: RunningIngate, relayed: RecordingUpstream, method: bytes, target: bytes, body: bytes, content: bytes
) -> None:
    parts = urlsplit(ingate.gateway_url)
    headers = (
        (b"host", b"relayed-resource.localhost"),
        (b"api-key", ingate.get_keys("relayed-resource")["key1"].encode()),
        (b"anthropic-version", b"2026-10-21"),
        (b"content-type", b"a/b; c=d"),
    )
    relayed.answer_with(answer(200, content, headers=((b"content-type", b"x/y"), (b"x-own", b"1"))))
    request = render_request(method, b"/anthropic" + target, headers, body)
    response = exchange((str(parts.hostname), int(parts.port or 0)), request, method=method)

    assert (response.status, response.body) == (200, content)
    assert response.values(b"x-own") == [b"1"]
    [got] = relayed.requests
    assert (got.method, got.target, got.body) == (method, target, body)
    assert got.values(b"content-type") == [b"a/b; c=d"]
    assert got.values(b"content-length") == ([b"%d" % len(body)] if body else [])
    assert not got.values(b"api-key")
    assert relayed.violations == []


# Clients that run elsewhere


@exercises(ANTHROPIC_OF_2025, "files, skills")
def test_python_0_75_has_the_beta_s_shapes(storing_ingate: RunningIngate, anthropic_0_75: Path) -> None:
    seen = observe([str(anthropic_0_75), str(HERE / "observe_storage.py")], HERE, storing_ingate)

    assert seen["version"] == "0.75.0"
    assert seen["listed"] == seen["uploaded"][::-1]
    assert seen["page"] == {"ids": seen["uploaded"][:0:-1], "has_more": True}
    assert seen["file"]["filename"] == "0.pdf"
    assert "expires_at" not in seen["file"]
    assert seen["not_downloadable"] == [400, "File is not downloadable"]
    assert seen["not_found"] == [404, f"File not found: {seen['uploaded'][0]}"]

    assert (seen["skill"]["display_title"], seen["skill"]["source"]) == ("Greeting in the beta", "custom")
    assert seen["skill"]["latest_version"].isdecimal()
    assert (seen["version_1"]["directory"], seen["version_1"]["version"]) == (
        "greeting",
        seen["skill"]["latest_version"],
    )
    assert seen["title_taken"] == [400, "Skill cannot reuse an existing display_title: Greeting in the beta"]
    assert seen["versions_remain"] == [400, "Cannot delete skill with existing versions. Delete all versions first."]
    assert seen["versions"] == [seen["skill"]["latest_version"], seen["version_2"]]
    assert seen["deleted"] == "skill_deleted"


@exercises(FOUNDRY_SDK, "files, skills")
def test_typescript_uploads_files_and_skills(storing_ingate: RunningIngate, foundry_sdk: Path) -> None:
    seen = observe([str(find_node()), str(HERE / "foundry_storage.mjs")], foundry_sdk, storing_ingate)

    assert seen["listed"][:3] == seen["uploaded"][::-1]
    assert (seen["file"]["filename"], seen["file"]["size_bytes"]) == ("0.pdf", 9)
    assert seen["file"]["expires_at"] is None
    assert seen["notDownloadable"] == [400, "file_not_downloadable"]
    assert seen["deleted"] == "file_deleted"
    assert (seen["skill"]["display_name"], seen["skill"]["source"]) == ("greeting", {"type": "custom"})
    assert seen["versions"] == [seen["newer"], seen["skill"]["latest_version_id"]]
    assert seen["archive"] == "PK"
    assert seen["skillDeleted"] == "skill_deleted"


def observe(command: list[str], directory: Path, ingate: RunningIngate) -> dict[str, Any]:
    environment = inherit_environment({"BASE_URL": ingate.base_url, "API_KEY": ingate.api_key})
    finished = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
